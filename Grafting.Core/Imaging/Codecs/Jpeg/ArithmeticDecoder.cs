namespace Grafting.Core.Imaging.Codecs.Jpeg;

/// <summary>Arithmetic-coded scans, sequential and progressive (T.81, F.2.4 and G.2.3); the former are the latter in one scan.</summary>
sealed class ArithmeticDecoder(byte[] file) : EntropyDecoder(file)
{
    // Where the statistics of a table keep those of magnitudes, and how far behind them are those of the bits below the highest one.
    const int DcMagnitudes = 20, AcLowMagnitudes = 189, AcHighMagnitudes = 217, ToBits = 14;
    const int DcStatistics = 64, AcStatistics = 256;
    const int MagnitudeLimit = 0x8000;

    readonly ArithmeticReader _reader = new(file);
    readonly byte[][] _dc = new byte[16][], _ac = new byte[16][];
    Tables _tables = null!;
    Scan _scan = null!;
    int[] _previous = [], _contexts = [];
    byte _even;

    public override void Start(Scan scan, Tables tables, int position)
    {
        (_scan, _tables) = (scan, tables);
        _previous = new int[scan.Components.Length];
        _contexts = new int[scan.Components.Length];
        foreach (var component in scan.Components)
        {
            _dc[component.DcTable] ??= new byte[DcStatistics];
            _ac[component.AcTable] ??= new byte[AcStatistics];
        }
        Resume(position);
    }

    public override void Read(int component, Span<short> block)
    {
        bool refine = _scan.Before > 0;
        var (_, dcTable, acTable) = _scan.Components[component];
        if (_scan.First == 0 && refine) block[0] |= (short)(_reader.Decide(ref _even) << _scan.Low);
        else if (_scan.First == 0) block[0] = (short)(ReadDc(component, dcTable) << _scan.Low);
        if (_scan.Last == 0) return;
        if (refine) RefineBand(block, _ac[acTable]);
        else ReadBand(block, acTable);
    }

    public override (int Position, bool Stray) End() => (_reader.Position, false);

    protected override void Resume(int position)
    {
        foreach (var component in _scan.Components)
        {
            Array.Clear(_dc[component.DcTable]);
            Array.Clear(_ac[component.AcTable]);
        }
        Array.Clear(_previous);
        Array.Clear(_contexts);
        _even = ArithmeticReader.Even;
        _reader.Start(position);
    }

    int ReadDc(int component, int table)
    {
        var statistics = _dc[table];
        int at = _contexts[component];
        if (_reader.Decide(ref statistics[at]) == 0)
        {
            _contexts[component] = 0;
            return _previous[component];
        }
        int sign = _reader.Decide(ref statistics[at + 1]);
        at += 2 + sign;
        int magnitude = _reader.Decide(ref statistics[at]);
        if (magnitude != 0) magnitude = ReadMagnitude(statistics, DcMagnitudes, magnitude, out at);
        var (lower, upper) = _tables.DcConditioning[table];
        _contexts[component] = magnitude < 1 << lower >> 1 ? 0 : (magnitude > 1 << upper >> 1 ? 12 : 4) + 4 * sign;
        return _previous[component] = _previous[component] + ReadValue(statistics, at, magnitude, sign) & 0xFFFF;
    }

    void ReadBand(Span<short> block, int table)
    {
        var statistics = _ac[table];
        for (int k = Math.Max(_scan.First, 1); k <= _scan.Last; k++)
        {
            int at = 3 * (k - 1);
            if (_reader.Decide(ref statistics[at]) == 1) return;
            for (; _reader.Decide(ref statistics[at + 1]) == 0; at += 3) if (++k > _scan.Last) throw Damage.BandOverrun();
            int sign = _reader.Decide(ref _even);
            at += 2;
            int magnitude = _reader.Decide(ref statistics[at]);
            if (magnitude != 0 && _reader.Decide(ref statistics[at]) == 1)
                magnitude = ReadMagnitude(statistics, k <= _tables.AcConditioning[table] ? AcLowMagnitudes : AcHighMagnitudes, 2, out at);
            block[Zigzag.Natural[k]] = (short)(ReadValue(statistics, at, magnitude, sign) << _scan.Low);
        }
    }

    void RefineBand(Span<short> block, byte[] statistics)
    {
        short bit = (short)(1 << _scan.Low);
        int known = _scan.Last;
        while (known > 0 && block[Zigzag.Natural[known]] == 0) known--;
        for (int k = _scan.First; k <= _scan.Last; k++)
        {
            int at = 3 * (k - 1);
            if (k > known && _reader.Decide(ref statistics[at]) == 1) return;
            while (!RefineCoefficient(ref block[Zigzag.Natural[k]], statistics, at, bit))
            {
                at += 3;
                if (++k > _scan.Last) throw Damage.BandOverrun();
            }
        }
    }

    /// <returns>Whether the coefficient is not zero.</returns>
    bool RefineCoefficient(ref short coefficient, byte[] statistics, int at, short bit)
    {
        if (coefficient != 0)
        {
            if (_reader.Decide(ref statistics[at + 2]) == 1) coefficient += coefficient < 0 ? (short)-bit : bit;
            return true;
        }
        if (_reader.Decide(ref statistics[at + 1]) == 0) return false;
        coefficient = _reader.Decide(ref _even) == 1 ? (short)-bit : bit;
        return true;
    }

    /// <returns>The highest bit of a value's magnitude.</returns>
    int ReadMagnitude(byte[] statistics, int start, int magnitude, out int at)
    {
        for (at = start; _reader.Decide(ref statistics[at]) == 1; at++)
            if ((magnitude <<= 1) == MagnitudeLimit) throw Damage.BadCode();
        return magnitude;
    }

    int ReadValue(byte[] statistics, int at, int magnitude, int sign)
    {
        int value = magnitude;
        while ((magnitude >>= 1) != 0) if (_reader.Decide(ref statistics[at + ToBits]) == 1) value |= magnitude;
        return sign == 0 ? value + 1 : -value - 1;
    }
}
