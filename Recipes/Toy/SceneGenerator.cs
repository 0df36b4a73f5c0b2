using Grafting.Core;
using Grafting.Core.Numerics;

namespace Grafting.Recipes.Toy;

/// <summary>Draws scenes of a split; one seed gives one sequence of scenes on every machine.</summary>
/// <param name="without">Kinds of things (<see cref="Thing.Kind"/>) that no scene has; null: every kind occurs.</param>
public sealed class SceneGenerator(DeterministicRandom random, IReadOnlySet<int>? without = null)
{
    public const int FewestThings = 2;

    public const int MostThings = 4;

    // Chance copies are rare with twelve kinds, and without them counting would be about zero and one only.
    const double CopyChance = 0.3;

    static readonly Colour[] Colours = Enum.GetValues<Colour>();
    static readonly Shape[] Shapes = Enum.GetValues<Shape>();

    /// <summary>A scene of the split with the given number of things, or with a random number of them; things in random order.</summary>
    public Scene Next(SceneSplit split, int? things = null)
    {
        if (things is { } given) Fault.IfOutside(given, 1, Scene.Cells, nameof(things));
        while (true)
        {
            var scene = Draw(things ?? random.NextInt(FewestThings, MostThings));
            if (scene.Split == split && (without is null || !scene.Things.Any(thing => without.Contains(thing.Kind)))) return scene;
        }
    }

    Scene Draw(int count)
    {
        Span<int> cells = stackalloc int[Scene.Cells];
        for (var i = 0; i < cells.Length; i++) cells[i] = i;
        random.Shuffle(cells);

        var things = new Thing[count];
        for (var i = 0; i < count; i++)
        {
            var thing = new Thing(cells[i], random.Pick(Colours), random.Pick(Shapes));
            if (i > 0 && random.Chance(CopyChance))
            {
                var earlier = things[random.NextInt(i)];
                thing = random.Chance(0.5) ? thing with { Colour = earlier.Colour } : thing with { Shape = earlier.Shape };
            }
            things[i] = thing;
        }
        // The later ones are copies of the earlier ones, never the reverse; a description shall not tell which is which.
        random.Shuffle<Thing>(things);
        return new Scene(things);
    }
}
