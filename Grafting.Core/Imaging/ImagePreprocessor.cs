namespace Grafting.Core.Imaging;

/// <summary>
/// From a picture of any size to the numbers that a vision tower reads, the same as Hugging Face's Pillow-based image processors give.
/// </summary>
/// <remarks>
/// Two steps that can be split: <see cref="Cut"/> gives 8-bit pixels, small enough to be kept; <see cref="Normalise(CutPicture)"/> is a
/// table look-up. Safe for concurrent use.
/// </remarks>
public sealed class ImagePreprocessor
{
    readonly PreprocessorConfig _config;
    readonly float[] _table;

    public ImagePreprocessor(PreprocessorConfig config)
    {
        _config = config.Validate();
        _table = Table(config);
    }

    public int ImageSize => _config.ImageSize;

    /// <summary>How pictures have to be read from their files.</summary>
    public ExifOrientation Orientation => _config.Orientation;

    /// <returns>Squares as the tower reads them: the whole picture, and its tiles where it is cut into such.</returns>
    public PreparedPicture Prepare(RgbImage image) => Normalise(Cut(image));

    /// <returns>The same before its pixels become numbers.</returns>
    public CutPicture Cut(RgbImage image)
    {
        var whole = Arrange(image);
        if (_config.Tiling is not { } tiling) return new([whole], PictureLayout.Whole);
        var grid = tiling.Choose(image.Width, image.Height, _config.ImageSize);
        var background = tiling.Padding == TilePadding.Black ? default : (Level(0), Level(1), Level(2));
        return new(
            [whole, .. TileCutter.Cut(image, grid, _config.ImageSize, _config.Filter, background)],
            new PictureLayout(grid, image.Width, image.Height));
    }

    /// <param name="picture">What <see cref="Cut"/> gave.</param>
    public PreparedPicture Normalise(CutPicture picture) => new(
        picture.Squares is [var square] ? Normalise(square) : [.. picture.Squares.SelectMany(Normalise)], picture.Layout);

    /// <returns>[3, S, S]: the red plane, the green one, the blue one; rows from top to bottom.</returns>
    public float[] Process(RgbImage image) => Normalise(Arrange(image));

    /// <returns>The S × S square before its pixels become numbers.</returns>
    public RgbImage Arrange(RgbImage image)
    {
        int size = _config.ImageSize;
        var canvas = _config.Fit == Fit.PadToSquare ? Square(image) : Canvas.Around(image);
        var (width, height) = (_config.Resize, _config.Fit) switch
        {
            (false, _) => (canvas.Width, canvas.Height),
            (_, Fit.Stretch) => (_config.ShortestEdge, _config.ShortestEdge),
            _ => ShortestEdgeTo(_config.ShortestEdge, canvas.Width, canvas.Height),
        };
        var window = new Window(
            Math.Max((width - size) / 2, 0), Math.Max((height - size) / 2, 0), Math.Min(width, size), Math.Min(height, size));
        var middle = Resampler.Render(image, canvas, width, height, _config.Filter, window);
        // Of an odd rest, the larger half lies to the left and above.
        return middle.Width == size && middle.Height == size
            ? middle
            : OnBlack(middle, size, (size - middle.Width + 1) / 2, (size - middle.Height + 1) / 2);
    }

    /// <param name="square">What <see cref="Arrange"/> gave.</param>
    public float[] Normalise(RgbImage square)
    {
        int plane = _config.ImageSize * _config.ImageSize;
        if (square.Pixels.Length != 3 * plane)
            throw Fault.Usage($"The picture is {square.Width} x {square.Height}; {_config.ImageSize} x {_config.ImageSize} is expected.");
        var values = GC.AllocateUninitializedArray<float>(3 * plane);
        var pixels = square.Pixels.AsSpan();
        ReadOnlySpan<float> reds = _table.AsSpan(0, 256), greens = _table.AsSpan(256, 256), blues = _table.AsSpan(512, 256);
        Span<float> red = values.AsSpan(0, plane), green = values.AsSpan(plane, plane), blue = values.AsSpan(2 * plane, plane);
        for (int i = 0; i < red.Length; i++, pixels = pixels[3..])
            (red[i], green[i], blue[i]) = (reds[pixels[0]], greens[pixels[1]], blues[pixels[2]]);
        return values;
    }

    /// <summary>Rounded to single precision where the reference does: after rescaling, and at each step of normalising.</summary>
    static float[] Table(PreprocessorConfig config)
    {
        var table = new float[3 * 256];
        for (int channel = 0; channel < 3; channel++)
        {
            for (int level = 0; level < 256; level++)
            {
                var value = (float)(level * config.RescaleFactor);
                table[256 * channel + level] = config.Normalise
                    ? (value - (float)config.Mean[channel]) / (float)config.Std[channel]
                    : value;
            }
        }
        return table;
    }

    static (int Width, int Height) ShortestEdgeTo(int edge, int width, int height) => width <= height
        ? (edge, checked((int)((long)edge * height / width)))
        : (checked((int)((long)edge * width / height)), edge);

    static RgbImage OnBlack(RgbImage image, int size, int left, int top)
    {
        var square = new RgbImage(size, size, new byte[3 * size * size]);
        for (int y = 0; y < image.Height; y++) image.Row(y).CopyTo(square.Row(top + y)[(3 * left)..]);
        return square;
    }

    Canvas Square(RgbImage image)
    {
        int side = Math.Max(image.Width, image.Height);
        return new Canvas(side, side, (side - image.Width) / 2, (side - image.Height) / 2, Level(0), Level(1), Level(2));
    }

    /// <summary>The mean colour as the level that the reference paints: cut off, not rounded.</summary>
    byte Level(int channel) => (byte)Math.Clamp((int)(255 * _config.Mean[channel]), 0, 255);
}
