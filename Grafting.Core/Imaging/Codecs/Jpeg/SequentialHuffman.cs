namespace Grafting.Core.Imaging.Codecs.Jpeg;

/// <summary>Baseline and extended sequential scans: each block whole, its first coefficient as a difference (T.81, F.2.2).</summary>
sealed class SequentialHuffman(byte[] file) : EntropyDecoder(file)
{
    readonly BitReader _reader = new(file);
    HuffmanTable[] _dc = [], _ac = [];
    int[] _previous = [];

    public override void Start(Scan scan, Tables tables, int position)
    {
        tables.FillHuffman();
        _dc = [.. scan.Components.Select(component => tables.DcAt(component.DcTable))];
        _ac = [.. scan.Components.Select(component => tables.AcAt(component.AcTable))];
        _previous = new int[scan.Components.Length];
        Resume(position);
    }

    public override void Read(int component, Span<short> block)
    {
        var reader = _reader;
        block = block[..Zigzag.BlockSize];
        int previous = _previous[component] += Difference(_dc[component], reader);
        if (previous != (short)previous) throw Damage.OutOfRange();
        block[0] = (short)previous;

        var table = _ac[component];
        var (bits, count) = (reader.Bits, reader.Count);
        for (int k = 1; k < Zigzag.BlockSize; k++)
        {
            if (count < BitReader.Needed)
            {
                (reader.Bits, reader.Count) = (bits, count);
                reader.Refill();
                (bits, count) = (reader.Bits, reader.Count);
            }
            int length, value = table.Value(bits);
            if (value != 0)
            {
                length = value & 255;
                k += value >> 8 & 15;
                value >>= 16;
            }
            else
            {
                int symbol = table.Symbol(bits);
                length = symbol >> 8;
                int size = symbol & 15, run = symbol >> 4 & 15;
                k += run;
                if (size == 0)
                {
                    bits <<= length;
                    count -= length;
                    if (run == 15) continue;
                    break;
                }
                value = HuffmanTable.Extend((int)(bits << length >> 64 - size), size);
                length += size;
            }
            bits <<= length;
            count -= length;
            if (k >= Zigzag.BlockSize) throw Damage.BandOverrun();
            block[Zigzag.Natural[k]] = (short)value;
        }
        (reader.Bits, reader.Count) = (bits, count);
        reader.CheckEnd();
    }

    public override (int Position, bool Stray) End() => _reader.End();

    protected override void Resume(int position)
    {
        _reader.Start(position);
        Array.Clear(_previous);
    }

    internal static int Difference(HuffmanTable table, BitReader reader)
    {
        if (reader.Count < BitReader.Needed) reader.Refill();
        int symbol = table.Symbol(reader.Bits), size = symbol & 15;
        reader.Skip(symbol >> 8);
        return size == 0 ? 0 : HuffmanTable.Extend(reader.Take(size), size);
    }
}
