namespace Grafting.Core.Data.Parquet;

/// <summary>Parquet's mix of run lengths and bit packing, for levels and for indices into a dictionary.</summary>
static class Hybrid
{
    /// <param name="width">Bits of a number, 0 to 32.</param>
    /// <param name="numbers">Filled completely.</param>
    /// <exception cref="InvalidDataException">The data end too early.</exception>
    public static void Decode(ReadOnlySpan<byte> data, int width, Span<int> numbers)
    {
        if (width is < 0 or > 32) throw new InvalidDataException($"its numbers have {width} bits");
        var at = 0;
        while (!numbers.IsEmpty)
        {
            var head = VarInt.Read(data, ref at);
            if (head > uint.MaxValue) throw new InvalidDataException("it has a run length of more than 32 bits");
            var count = (int)Math.Min((ulong)numbers.Length, (head & 1) == 0 ? head >> 1 : (head >> 1) * 8);
            if (count == 0) throw new InvalidDataException("it has a run of no numbers");
            if ((head & 1) == 0)
            {
                numbers[..count].Fill(Repeated(data, width, ref at));
            }
            else
            {
                Unpack(data, at, width, numbers[..count]);
                at = (int)Math.Min(data.Length, at + ((long)(head >> 1) * width));
            }
            numbers = numbers[count..];
        }
    }

    static int Repeated(ReadOnlySpan<byte> data, int width, ref int at)
    {
        var (bytes, value) = ((width + 7) / 8, 0);
        if (bytes > data.Length - at) throw TooShort();
        for (var i = 0; i < bytes; i++) value |= data[at + i] << (8 * i);
        at += bytes;
        return value;
    }

    /// <summary>Lowest bits first.</summary>
    static void Unpack(ReadOnlySpan<byte> data, int at, int width, Span<int> numbers)
    {
        if (((((long)numbers.Length * width) + 7) / 8) > data.Length - at) throw TooShort();
        var (buffer, held, mask) = (0UL, 0, width == 32 ? uint.MaxValue : (1U << width) - 1);
        for (var i = 0; i < numbers.Length; i++)
        {
            while (held < width)
            {
                buffer |= (ulong)data[at++] << held;
                held += 8;
            }
            numbers[i] = (int)((uint)buffer & mask);
            buffer >>= width;
            held -= width;
        }
    }

    static InvalidDataException TooShort() => new("its levels or indices end too early");
}
