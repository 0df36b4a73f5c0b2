namespace Grafting.Core.Imaging.Codecs.Jpeg;

/// <summary>Progressive scans: a band of coefficients, from a bit upwards or one more bit of them (T.81, G.1.2 and G.2).</summary>
sealed class ProgressiveHuffman(byte[] file) : EntropyDecoder(file)
{
    readonly BitReader _reader = new(file);
    HuffmanTable[] _tables = [];
    int[] _previous = [];
    Scan _scan = null!;

    // Blocks to come whose band has nothing new.
    int _emptyBands;

    public override void Start(Scan scan, Tables tables, int position)
    {
        _scan = scan;
        _tables = (scan.First, scan.Before) switch
        {
            (0, 0) => [.. scan.Components.Select(component => tables.DcAt(component.DcTable))],
            (0, _) => [],
            _ => [tables.AcAt(scan.Components[0].AcTable)],
        };
        _previous = new int[scan.Components.Length];
        Resume(position);
    }

    public override void Read(int component, Span<short> block)
    {
        switch (_scan.First, _scan.Before)
        {
            case (0, 0):
                int value = (_previous[component] += SequentialHuffman.Difference(_tables[component], _reader)) << _scan.Low;
                if (value != (short)value) throw Damage.OutOfRange();
                block[0] = (short)value;
                break;
            case (0, _):
                block[0] |= (short)(_reader.Take(1) << _scan.Low);
                break;
            case (_, 0):
                ReadBand(block);
                break;
            default:
                RefineBand(block);
                break;
        }
        _reader.CheckEnd();
    }

    public override (int Position, bool Stray) End() => _reader.End();

    protected override void Resume(int position)
    {
        _reader.Start(position);
        Array.Clear(_previous);
        _emptyBands = 0;
    }

    void ReadBand(Span<short> block)
    {
        if (_emptyBands > 0)
        {
            _emptyBands--;
            return;
        }
        var reader = _reader;
        var table = _tables[0];
        for (int k = _scan.First; k <= _scan.Last; k++)
        {
            var (run, size) = Symbol(table);
            if (size == 0 && run < 15)
            {
                _emptyBands = EmptyBands(run) - 1;
                return;
            }
            k += run;
            if (size == 0) continue;
            if (k > _scan.Last) throw Damage.BandOverrun();
            block[Zigzag.Natural[k]] = (short)(HuffmanTable.Extend(reader.Take(size), size) << _scan.Low);
        }
    }

    void RefineBand(Span<short> block)
    {
        int k = _scan.First;
        while (_emptyBands == 0 && k <= _scan.Last)
        {
            var (run, size) = Symbol(_tables[0]);
            if (size == 0 && run < 15)
            {
                _emptyBands = EmptyBands(run);
                break;
            }
            if (size > 1) throw Damage.BadCode();
            int value = size == 0 ? 0 : (_reader.Take(1) == 1 ? 1 : -1) << _scan.Low;
            k = Refine(block, k, run);
            if (value != 0)
            {
                if (k > _scan.Last) throw Damage.BandOverrun();
                block[Zigzag.Natural[k]] = (short)value;
            }
            k++;
        }
        if (_emptyBands == 0) return;
        Refine(block, k, Zigzag.BlockSize);
        _emptyBands--;
    }

    /// <summary>Gives the coefficients that are known not to be zero their next bit.</summary>
    /// <param name="zeros">How many others are passed over.</param>
    /// <returns>The place of the zero behind those, or one behind the band.</returns>
    int Refine(Span<short> block, int k, int zeros)
    {
        for (; k <= _scan.Last; k++)
        {
            ref short coefficient = ref block[Zigzag.Natural[k]];
            if (coefficient == 0)
            {
                if (zeros-- == 0) break;
            }
            else if (_reader.Take(1) == 1 && (coefficient & 1 << _scan.Low) == 0)
            {
                coefficient += (short)((coefficient > 0 ? 1 : -1) << _scan.Low);
            }
        }
        return k;
    }

    (int Run, int Size) Symbol(HuffmanTable table)
    {
        if (_reader.Count < BitReader.Needed) _reader.Refill();
        int symbol = table.Symbol(_reader.Bits);
        _reader.Skip(symbol >> 8);
        return (symbol >> 4 & 15, symbol & 15);
    }

    int EmptyBands(int size) => (1 << size) + _reader.Take(size);
}
