namespace Grafting.Core.Data.Parquet;

/// <summary>Numbers in groups of seven bits, lowest first, whose highest bit says that more follow (LEB128).</summary>
static class VarInt
{
    /// <param name="at">Moves behind it.</param>
    /// <exception cref="InvalidDataException">It does not end, or has more than 64 bits.</exception>
    public static ulong Read(ReadOnlySpan<byte> data, ref int at)
    {
        var value = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            if (at == data.Length) throw new InvalidDataException("its numbers end too early");
            var part = data[at++];
            value |= (ulong)(part & 127) << shift;
            if (part < 128) return value;
        }
        throw new InvalidDataException("it has a number of more than 64 bits");
    }
}
