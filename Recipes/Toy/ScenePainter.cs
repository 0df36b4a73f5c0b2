using Grafting.Core.Imaging;
using Grafting.Core.Numerics;

namespace Grafting.Recipes.Toy;

/// <summary>
/// Draws a scene as a small picture on NLVR's light grey. Every rendering is another one: size and place of each thing within its cell
/// and the noise of each pixel are drawn anew.
/// </summary>
public sealed class ScenePainter(DeterministicRandom random)
{
    /// <summary>Pixels per side of a cell.</summary>
    public const int CellSize = 16;

    /// <summary>Pixels per side of a picture.</summary>
    public const int Size = Scene.Side * CellSize;

    const float Background = 211;
    const double SmallestRadius = 5.5;
    const double LargestRadius = 6.5;

    /// <summary>
    /// Farthest from the middle of the cell. A patch of the tower is a cell, so that telling shapes apart at any place is left to its
    /// feed-forward layers, which learn it slowly.
    /// </summary>
    const double LargestShift = 1;

    const int Noise = 9;

    public RgbImage Paint(Scene scene)
    {
        var canvas = new float[3 * Size * Size];
        Array.Fill(canvas, Background);
        foreach (var thing in scene.Things.OrderBy(thing => thing.Cell)) Draw(canvas, thing);

        var pixels = new byte[canvas.Length];
        for (var i = 0; i < pixels.Length; i += 3)
        {
            var noise = random.NextInt(-Noise, Noise);   // grey, as of film
            for (var c = i; c < i + 3; c++) pixels[c] = (byte)Math.Clamp(Math.Round(canvas[c] + noise), 0, 255);
        }
        return new RgbImage(Size, Size, pixels);
    }

    void Draw(float[] canvas, Thing thing)
    {
        var radius = Between(SmallestRadius, LargestRadius);
        // Half a pixel for the soft edge: a thing never touches another cell.
        var free = Math.Min(LargestShift, CellSize / 2.0 - radius - 0.5);
        var left = thing.Column * CellSize;
        var top = thing.Row * CellSize;
        var centreX = left + CellSize / 2.0 + Between(-free, free);
        var centreY = top + CellSize / 2.0 + Between(-free, free);
        ReadOnlySpan<float> ink = Ink(thing.Colour);

        for (var y = top; y < top + CellSize; y++)
        {
            for (var x = left; x < left + CellSize; x++)
            {
                var distance = Outside(thing.Shape, x + 0.5 - centreX, y + 0.5 - centreY, radius);
                var coverage = (float)Math.Clamp(0.5 - distance, 0, 1);
                var pixel = canvas.AsSpan(3 * (y * Size + x), 3);
                for (var c = 0; c < 3; c++) pixel[c] += (ink[c] - pixel[c]) * coverage;
            }
        }
    }

    /// <summary>Distance in pixels to the outline, negative inside; (x, y) from the centre, y downwards.</summary>
    static double Outside(Shape shape, double x, double y, double radius) => shape switch
    {
        Shape.Square => Math.Max(Math.Abs(x), Math.Abs(y)) - 0.9 * radius,
        Shape.Circle => Math.Sqrt(x * x + y * y) - radius,
        // Isosceles, apex at the top: the base, and a flank of slope 2 whose unit normal is (2, -1) / sqrt 5.
        _ => Math.Max(y - 0.8 * radius, (2 * Math.Abs(x) - (y + radius)) / Math.Sqrt(5)),
    };

    static float[] Ink(Colour colour) => colour switch
    {
        Colour.Red => [205, 40, 45],
        Colour.Blue => [0, 120, 215],
        Colour.Yellow => [240, 205, 30],
        _ => [25, 25, 25],
    };

    double Between(double low, double high) => low + (high - low) * random.NextDouble();
}
