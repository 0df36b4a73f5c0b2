using Grafting.Core;

namespace Grafting.Recipes.Toy;

/// <summary>The shapes that the NLVR corpus uses for its objects.</summary>
public enum Shape
{
    Square,
    Circle,
    Triangle,
}

/// <summary>NLVR's three colours and red.</summary>
public enum Colour
{
    Red,
    Blue,
    Yellow,
    Black,
}

/// <summary>One object of a scene.</summary>
/// <param name="Cell">Place in the 3 × 3 grid: row · 3 + column, both from the top left.</param>
public readonly record struct Thing(int Cell, Colour Colour, Shape Shape)
{
    public int Row => Cell / Scene.Side;

    public int Column => Cell % Scene.Side;

    /// <summary>Colour and shape together, 0 to <see cref="Kinds"/> - 1.</summary>
    public int Kind => (int)Colour * 3 + (int)Shape;

    public static int Kinds => 3 * Enum.GetValues<Colour>().Length;
}

/// <summary>What a scene may be used for. No test scene is used in any training, that on text included.</summary>
public enum SceneSplit
{
    Train,
    Validation,
    Test,
}

/// <summary>
/// Things in distinct cells of a grid. Their order is that in which a description names them; it does not belong to the scene's identity.
/// </summary>
public sealed class Scene
{
    public const int Side = 3;

    public const int Cells = Side * Side;

    /// <exception cref="GraftException">When two things share a cell, or a cell is outside the grid.</exception>
    public Scene(IEnumerable<Thing> things)
    {
        Things = [.. things];
        foreach (var thing in Things) Fault.IfOutside(thing.Cell, 0, Cells - 1);
        if (Things.Select(thing => thing.Cell).Distinct().Count() != Things.Count)
            throw Fault.Usage("Two things of a scene are in the same cell.");
        Split = SplitOf(Things);
    }

    public IReadOnlyList<Thing> Things { get; }

    /// <summary>By a hash of the scene: one in ten is test, one in forty validation.</summary>
    public SceneSplit Split { get; }

    public int Count(Colour colour) => Things.Count(thing => thing.Colour == colour);

    public int Count(Shape shape) => Things.Count(thing => thing.Shape == shape);

    public int Count(Colour colour, Shape shape) => Things.Count(thing => thing.Colour == colour && thing.Shape == shape);

    /// <summary>Whether no other thing has this one's colour and shape, so that naming both means this one.</summary>
    public bool IsOnly(Thing thing) => Count(thing.Colour, thing.Shape) == 1;

    static SceneSplit SplitOf(IEnumerable<Thing> things)
    {
        // FNV-1a, then the last steps of SplitMix64 so that the low digits depend on everything.
        var hash = 0xCBF29CE484222325;
        foreach (var thing in things.OrderBy(thing => thing.Cell))
            hash = (hash ^ (ulong)(thing.Cell * Thing.Kinds + thing.Kind)) * 0x100000001B3;
        hash = (hash ^ (hash >> 30)) * 0xBF58476D1CE4E5B9;
        hash = (hash ^ (hash >> 27)) * 0x94D049BB133111EB;
        return ((hash ^ (hash >> 31)) % 40) switch
        {
            < 4 => SceneSplit.Test,
            4 => SceneSplit.Validation,
            _ => SceneSplit.Train,
        };
    }
}
