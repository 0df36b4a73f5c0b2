namespace Grafting.Core.Imaging.Codecs.Jpeg;

/// <summary>A Huffman code, with tables that decode short codes at one look.</summary>
/// <remarks>
/// A symbol holds a run of zeros in its high four bits (none for the first coefficient of a block) and in the low ones the number of
/// bits that follow it as the value (T.81, F.1.2).
/// </remarks>
sealed class HuffmanTable
{
    const int LookBits = 10;
    const int MaxLength = 16;

    // Symbol and length << 8; 0 where the code is longer.
    readonly ushort[] _symbols = new ushort[1 << LookBits];

    // Bits of code and value, run << 8 and value << 16; 0 where they are longer, or no value follows.
    readonly int[] _values = new int[1 << LookBits];

    // By length: the first 16 bits that no code of this length has, and what makes a code the index of its symbol.
    readonly int[] _limits = new int[MaxLength + 1];
    readonly int[] _offsets = new int[MaxLength + 1];
    readonly byte[] _ordered;

    /// <param name="counts">Codes of 1 to 16 bits.</param>
    /// <param name="ordered">Their symbols, at most 256.</param>
    public HuffmanTable(ReadOnlySpan<byte> counts, byte[] ordered)
    {
        _ordered = ordered;
        int code = 0, index = 0;
        for (int length = 1; length <= MaxLength; length++)
        {
            _offsets[length] = index - code;
            for (int end = index + counts[length - 1]; index < end; code++, index++)
                if (length <= LookBits) Fill(code, length, ordered[index]);
            // All ones are no code.
            if (counts[length - 1] > 0 && code >= 1 << length) throw new InvalidDataException("it has an invalid Huffman table");
            _limits[length] = code << MaxLength - length;
            code <<= 1;
        }
    }

    /// <summary>Codes that hold lengths only, as that of first coefficients has to.</summary>
    public bool IsOfLengths => _ordered.All(symbol => symbol < 16);

    /// <param name="bits">The coming bits, from the highest down.</param>
    /// <returns>Symbol, and the length of its code in the bits above the eighth.</returns>
    public int Symbol(ulong bits) =>
        _symbols[bits >> 64 - LookBits] is var symbol and not 0 ? symbol : Longer((int)(bits >> 64 - MaxLength));

    /// <returns>
    /// Bits of code and value together, the run above the eighth bit, the value above the sixteenth; 0 where <see cref="Symbol"/> has to be
    /// asked.
    /// </returns>
    public int Value(ulong bits) => _values[bits >> 64 - LookBits];

    /// <summary>A value from its bits: those below the middle stand for negative ones (T.81, F.12).</summary>
    public static int Extend(int bits, int size) => bits < 1 << size - 1 ? bits - (1 << size) + 1 : bits;

    int Longer(int bits)
    {
        for (int length = LookBits + 1; length <= MaxLength; length++)
        {
            if (bits >= _limits[length]) continue;
            return _ordered[(bits >> MaxLength - length) + _offsets[length]] | length << 8;
        }
        throw Damage.BadCode();
    }

    void Fill(int code, int length, byte symbol)
    {
        int free = LookBits - length, size = symbol & 15;
        // An overfull code is refused once its length is through; until then it must not reach beyond the table.
        int first = code << free & (1 << LookBits) - 1;
        for (int rest = 0; rest < 1 << free; rest++)
        {
            _symbols[first + rest] = (ushort)(symbol | length << 8);
            if (size == 0 || size > free) continue;
            _values[first + rest] = length + size | symbol >> 4 << 8 | Extend(rest >> free - size, size) << 16;
        }
    }
}
