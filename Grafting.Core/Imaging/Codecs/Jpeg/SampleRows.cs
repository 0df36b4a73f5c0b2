namespace Grafting.Core.Imaging.Codecs.Jpeg;

/// <summary>The rows of a component's samples that are in use: those of two rows of units, in turns.</summary>
sealed class SampleRows
{
    // Vectors may read so far behind the last sample of a row.
    public const int Slack = 32;

    readonly int _stride;
    readonly int _rows;
    readonly byte[] _samples;

    public SampleRows(Component component)
    {
        _stride = component.BlockStride * Zigzag.Side;
        _rows = 2 * component.Down * Zigzag.Side;
        _samples = new byte[_stride * _rows + Slack];
    }

    /// <returns>A row of samples; behind its end stands what must not be looked at.</returns>
    public ReadOnlySpan<byte> Row(int y) => _samples.AsSpan(y % _rows * _stride, _stride + Slack);

    /// <summary>Computes the samples of a block.</summary>
    public void Fill(int blockRow, int blockColumn, ReadOnlySpan<short> block, ReadOnlySpan<short> quantization)
    {
        int start = blockRow * Zigzag.Side % _rows * _stride + blockColumn * Zigzag.Side;
        InverseTransform.Apply(block, quantization, _samples.AsSpan(start), _stride);
    }
}
