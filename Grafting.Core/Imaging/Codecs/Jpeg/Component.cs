namespace Grafting.Core.Imaging.Codecs.Jpeg;

/// <summary>One colour component of a frame with its coefficients.</summary>
/// <param name="id">By which scans name it.</param>
/// <param name="across">Horizontal sampling factor, 1 to 4.</param>
/// <param name="down">Vertical sampling factor, 1 to 4.</param>
/// <param name="quantizationSlot">The table that is in force at the component's first scan counts.</param>
sealed class Component(int id, int across, int down, int quantizationSlot)
{
    short[] _coefficients = [];
    int _storedRows;

    public int Id { get; } = id;

    public int Across { get; } = across;

    public int Down { get; } = down;

    public int QuantizationSlot { get; } = quantizationSlot;

    /// <summary>64 divisors in natural order; null until the component's first scan.</summary>
    public short[]? Quantization { get; set; }

    /// <summary>Real samples, without those that fill the last blocks.</summary>
    public int Width { get; private set; }

    public int Height { get; private set; }

    /// <summary>Blocks with real samples.</summary>
    public int BlockColumns { get; private set; }

    public int BlockRows { get; private set; }

    /// <summary>Blocks in a row, those included that only complete the last unit of an interleaved scan.</summary>
    public int BlockStride { get; private set; }

    /// <summary>Of every coefficient in zigzag order, how many of its low bits the scans so far have left out; -1 before the first one.</summary>
    public int[] MissingBits { get; } = [.. Enumerable.Repeat(-1, Zigzag.BlockSize)];

    public void Place(Frame frame)
    {
        Width = DivideUp(frame.Width * Across, frame.Across);
        Height = DivideUp(frame.Height * Down, frame.Down);
        BlockColumns = DivideUp(Width, Zigzag.Side);
        BlockRows = DivideUp(Height, Zigzag.Side);
        BlockStride = frame.UnitColumns * Across;
    }

    /// <param name="rows">Block rows that are kept; fewer than the picture has where it is written while it is read.</param>
    public void Allocate(int rows) => (_coefficients, _storedRows) = (new short[BlockStride * rows * Zigzag.BlockSize], rows);

    /// <summary>64 coefficients in natural order.</summary>
    public Span<short> Block(int row, int column) =>
        _coefficients.AsSpan((row % _storedRows * BlockStride + column) * Zigzag.BlockSize, Zigzag.BlockSize);

    public void Clear() => Array.Clear(_coefficients);

    public static int DivideUp(int value, int divisor) => (value + divisor - 1) / divisor;
}
