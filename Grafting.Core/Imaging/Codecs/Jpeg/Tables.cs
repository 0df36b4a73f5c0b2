namespace Grafting.Core.Imaging.Codecs.Jpeg;

/// <summary>What stays in force from segment to segment until it is defined anew.</summary>
sealed class Tables
{
    const int Slots = 4;
    const int ConditioningSlots = 16;

    readonly HuffmanTable?[] _dc = new HuffmanTable?[Slots], _ac = new HuffmanTable?[Slots];

    public short[]?[] Quantization { get; } = new short[]?[Slots];

    /// <summary>For arithmetic coding: bounds between which a difference counts as small.</summary>
    public (int Lower, int Upper)[] DcConditioning { get; } = [.. Enumerable.Repeat((0, 1), ConditioningSlots)];

    /// <summary>For arithmetic coding: the last coefficient of the low band.</summary>
    public int[] AcConditioning { get; } = [.. Enumerable.Repeat(5, ConditioningSlots)];

    /// <summary>Units from one restart marker to the next; 0 without them.</summary>
    public int RestartInterval { get; set; }

    public void DefineHuffman(ReadOnlySpan<byte> segment)
    {
        const int Head = 17;
        while (segment.Length >= Head)
        {
            int slot = segment[0] & ~0x10, symbols = 0;
            var counts = segment[1..Head];
            foreach (byte count in counts) symbols += count;
            if (slot >= Slots || symbols > 256 || symbols > segment.Length - Head) throw Bad("Huffman");
            var table = new HuffmanTable(counts, segment.Slice(Head, symbols).ToArray());
            if ((segment[0] & 0x10) == 0) _dc[slot] = table;
            else _ac[slot] = table;
            segment = segment[(Head + symbols)..];
        }
        if (!segment.IsEmpty) throw Bad("Huffman");
    }

    public void DefineQuantization(ReadOnlySpan<byte> segment)
    {
        while (!segment.IsEmpty)
        {
            int slot = segment[0] & 15, bytes = segment[0] >> 4 == 0 ? 1 : 2;
            if (slot >= Slots || segment.Length < 1 + bytes * Zigzag.BlockSize) throw Bad("quantisation");
            var table = new short[Zigzag.BlockSize];
            for (int i = 0; i < table.Length; i++)
                table[Zigzag.Natural[i]] = (short)(bytes == 1 ? segment[1 + i] : segment[1 + 2 * i] << 8 | segment[2 + 2 * i]);
            Quantization[slot] = table;
            segment = segment[(1 + bytes * Zigzag.BlockSize)..];
        }
    }

    public void DefineConditioning(ReadOnlySpan<byte> segment)
    {
        for (; segment.Length >= 2; segment = segment[2..])
        {
            int slot = segment[0] & 15, value = segment[1];
            if (segment[0] >= 2 * ConditioningSlots) throw Bad("arithmetic");
            if (segment[0] >= ConditioningSlots) AcConditioning[slot] = value;
            else if ((value & 15) <= value >> 4) DcConditioning[slot] = (value & 15, value >> 4);
            else throw Bad("arithmetic");
        }
        if (!segment.IsEmpty) throw Bad("arithmetic");
    }

    public void DefineRestarts(ReadOnlySpan<byte> segment)
    {
        if (segment.Length != 2) throw new InvalidDataException("it has a restart interval of the wrong length");
        RestartInterval = segment[0] << 8 | segment[1];
    }

    public HuffmanTable DcAt(int slot) => At(_dc, slot) is { IsOfLengths: true } table ? table : throw Bad("Huffman");

    public HuffmanTable AcAt(int slot) => At(_ac, slot);

    /// <summary>Frames of Motion JPEG leave out their tables, which are those of the standard (T.81, K.3).</summary>
    public void FillHuffman()
    {
        _dc[0] ??= StandardHuffman.LumaDc;
        _ac[0] ??= StandardHuffman.LumaAc;
        _dc[1] ??= StandardHuffman.ChromaDc;
        _ac[1] ??= StandardHuffman.ChromaAc;
    }

    static HuffmanTable At(HuffmanTable?[] tables, int slot) =>
        (slot < Slots ? tables[slot] : null) ?? throw new InvalidDataException($"Huffman table {slot} is missing");

    static InvalidDataException Bad(string kind) => new($"it has an invalid {kind} table");
}
