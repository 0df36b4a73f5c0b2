using System.Buffers.Binary;

namespace Grafting.Core.Imaging.Codecs.Jpeg;

/// <summary>Huffman-coded data as a stream of bits: undoes the stuffing of FF and stops at a marker, behind which it gives zeros.</summary>
/// <remarks>Hot loops copy <see cref="Bits"/> and <see cref="Count"/> into locals and write them back.</remarks>
sealed class BitReader(byte[] file)
{
    /// <summary>A code and its value have at most this many bits; <see cref="Refill"/> is due when fewer are there.</summary>
    public const int Needed = 32;

    /// <summary>The next bits, from the highest down; what stands below the first <see cref="Count"/> is undefined.</summary>
    public ulong Bits;

    public int Count;

    // Zeros at the end of Bits that stand for data beyond the marker.
    int _invented;
    int _position;

    public void Start(int position) => (Bits, Count, _invented, _position) = (0, 0, 0, position);

    /// <summary>To be called when a block has been read: its bits have to come from the file.</summary>
    public void CheckEnd()
    {
        if (Count < _invented) throw Damage.EndsEarly();
    }

    /// <returns>Where the next marker is to be looked for, and whether whole bytes before that place were not asked for.</returns>
    public (int Position, bool Stray) End() => (_position, Count - _invented >= 8);

    public int Take(int count)
    {
        if (Count < Needed) Refill();
        int value = (int)(Bits >> 63 - count >> 1);
        Skip(count);
        return value;
    }

    public void Skip(int count)
    {
        Bits <<= count;
        Count -= count;
    }

    public void Refill()
    {
        if (_position + sizeof(ulong) <= file.Length)
        {
            ulong next = BinaryPrimitives.ReadUInt64BigEndian(file.AsSpan(_position));
            if (!HasFF(next))
            {
                Bits |= next >> Count;
                int bytes = 63 - Count >> 3;
                _position += bytes;
                Count += 8 * bytes;
                return;
            }
        }
        RefillByBytes();
    }

    void RefillByBytes()
    {
        Bits &= ~(ulong.MaxValue >> Count);
        while (Count < 56)
        {
            if (NextByte() is var value and >= 0) Bits |= (ulong)value << 56 - Count;
            else _invented += 8;
            Count += 8;
        }
    }

    /// <returns>-1 in front of a marker or the end of the file.</returns>
    int NextByte()
    {
        if (_position >= file.Length) return -1;
        if (file[_position] != 0xFF) return file[_position++];
        int behind = _position + 1;
        while (behind < file.Length && file[behind] == 0xFF) behind++;
        if (behind >= file.Length || file[behind] != 0) return -1;
        _position = behind + 1;
        return 0xFF;
    }

    static bool HasFF(ulong bytes) => (~bytes - 0x0101010101010101 & bytes & 0x8080808080808080) != 0;
}
