namespace Grafting.Core.Imaging.Codecs.Jpeg;

/// <summary>Makes pixels of coefficients, a row of units at a time.</summary>
sealed class PictureWriter
{
    static readonly short[] s_nothing = new short[Zigzag.BlockSize];

    readonly Frame _frame;
    readonly ColourSpace _colours;
    readonly BlockSmoothing? _smoothing;
    readonly SampleRows[] _samples;
    readonly Upsampler[] _upsamplers;
    int _next;

    public PictureWriter(Frame frame, ColourSpace colours, BlockSmoothing? smoothing)
    {
        (_frame, _colours, _smoothing) = (frame, colours, smoothing);
        _samples = Array.ConvertAll(frame.Components, component => new SampleRows(component));
        _upsamplers = [.. frame.Components.Zip(_samples, (component, samples) => new Upsampler(frame, component, samples))];
        Pixels = GC.AllocateUninitializedArray<byte>(3 * frame.Width * frame.Height);
    }

    /// <summary>3 · width · height bytes, RGB.</summary>
    public byte[] Pixels { get; }

    /// <summary>Writes what a row of units makes complete: its last pixels need the samples below them.</summary>
    /// <param name="unit">One behind the other.</param>
    public void Write(int unit)
    {
        for (int i = 0; i < _samples.Length; i++)
        {
            var component = _frame.Components[i];
            int end = Math.Min((unit + 1) * component.Down, component.BlockRows);
            for (int row = unit * component.Down; row < end; row++)
                for (int column = 0; column < component.BlockColumns; column++) Transform(i, row, column);
        }
        int complete = unit == _frame.UnitRows - 1 ? _frame.Height : (unit + 1) * Zigzag.Side * _frame.Down - _frame.Down;
        for (; _next < complete; _next++) WriteRow(_next);
    }

    void Transform(int index, int row, int column)
    {
        var component = _frame.Components[index];
        var block = _smoothing is null ? component.Block(row, column) : _smoothing.Apply(component, row, column);
        // A component that no scan holds is left at its middle, as in libjpeg.
        _samples[index].Fill(row, column, block, component.Quantization ?? s_nothing);
    }

    void WriteRow(int y)
    {
        var rgb = Pixels.AsSpan(3 * _frame.Width * y, 3 * _frame.Width);
        var first = _upsamplers[0].Row(y);
        if (_colours == ColourSpace.Grey)
        {
            Colours.Grey(first, rgb);
            return;
        }
        ReadOnlySpan<byte> second = _upsamplers[1].Row(y), third = _upsamplers[2].Row(y);
        if (_colours is ColourSpace.YCbCr or ColourSpace.Ycck) Colours.FromYCbCr(first, second, third, rgb);
        else Colours.Interleave(first, second, third, rgb, flip: _colours == ColourSpace.Cmyk ? 255 : 0);
        if (_colours is ColourSpace.Cmyk or ColourSpace.Ycck) Colours.Blacken(rgb, _upsamplers[3].Row(y));
    }
}
