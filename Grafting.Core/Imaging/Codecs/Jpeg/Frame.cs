namespace Grafting.Core.Imaging.Codecs.Jpeg;

/// <summary>What a frame header says: size, coding and components.</summary>
sealed class Frame
{
    // libjpeg's limit on a side; beyond it the product with a sampling factor is not safe there.
    const int MaxSide = 65_500;

    const int MaxFactor = 4;

    public Frame(int width, int height, bool progressive, bool arithmetic, Component[] components)
    {
        if (width is < 1 or > MaxSide || height is < 1 or > MaxSide) throw new InvalidDataException($"its size is {width} x {height}");
        if (components.Length is not (1 or 3 or 4)) throw new InvalidDataException("it has neither 1, 3 nor 4 colour components");
        foreach (var component in components)
        {
            var (across, down) = (component.Across, component.Down);
            if (across is < 1 or > MaxFactor || down is < 1 or > MaxFactor)
                throw new InvalidDataException($"its sampling factors are {across} x {down}; 1 to {MaxFactor} are valid");
        }
        (Width, Height, Progressive, Arithmetic, Components) = (width, height, progressive, arithmetic, components);
        Across = components.Max(component => component.Across);
        Down = components.Max(component => component.Down);
        if (components.Any(component => Across % component.Across != 0 || Down % component.Down != 0))
            throw new InvalidDataException("its sampling factors are no multiples of each other, which is not supported");
        UnitColumns = Component.DivideUp(width, Zigzag.Side * Across);
        UnitRows = Component.DivideUp(height, Zigzag.Side * Down);
        foreach (var component in components) component.Place(this);
    }

    public int Width { get; }

    public int Height { get; }

    public bool Progressive { get; }

    public bool Arithmetic { get; }

    public Component[] Components { get; }

    /// <summary>The largest horizontal sampling factor: a component with it has one sample per pixel.</summary>
    public int Across { get; }

    /// <summary>The largest vertical sampling factor.</summary>
    public int Down { get; }

    /// <summary>Units of an interleaved scan, of 8 · <see cref="Across"/> times 8 · <see cref="Down"/> pixels.</summary>
    public int UnitColumns { get; }

    public int UnitRows { get; }
}
