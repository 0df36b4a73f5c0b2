using Grafting.Core;
using Grafting.Core.Numerics;
using Grafting.Recipes.Toy;

namespace Grafting.Tests.Recipes.Toy;

public class SceneTests
{
    static IEnumerable<Scene> Scenes(int count, SceneSplit split = SceneSplit.Train)
    {
        var generator = new SceneGenerator(new DeterministicRandom(1));
        for (var i = 0; i < count; i++) yield return generator.Next(split);
    }

    // Pinned when the shipped target was trained on these scenes: a change here means that target and data no longer belong together.
    [Test]
    public void The_first_scene_of_a_seed_is_always_the_same()
    {
        var first = Scenes(1).Single().Things.Select(thing => $"{SceneWords.Of(thing)} {thing.Cell}");
        Assert.That(string.Join(", ", first), Is.EqualTo("bluesquare 5, redtriangle 8, redsquare 3, blacksquare 2"));
    }

    [Test]
    public void Two_things_never_share_a_cell()
    {
        Assert.That(Scenes(500).All(scene => scene.Things.Select(thing => thing.Cell).Distinct().Count() == scene.Things.Count));
        Assert.Throws<GraftException>(() => _ = new Scene([new(4, Colour.Red, Shape.Circle), new(4, Colour.Blue, Shape.Square)]));
    }

    [Test]
    public void The_split_depends_on_the_scene_and_not_on_the_order_of_its_things()
    {
        foreach (var scene in Scenes(50, SceneSplit.Test).Concat(Scenes(50)))
            Assert.That(new Scene(scene.Things.Reverse()).Split, Is.EqualTo(scene.Split));
    }

    [Test]
    public void One_scene_in_ten_is_for_tests_and_one_in_forty_for_validation()
    {
        // All scenes of two things, by enumeration.
        var splits = (
            from first in Enumerable.Range(0, Scene.Cells * Thing.Kinds)
            from second in Enumerable.Range(0, Scene.Cells * Thing.Kinds)
            where first / Thing.Kinds < second / Thing.Kinds
            select new Scene([At(first), At(second)]).Split).ToArray();
        Assert.Multiple(() =>
        {
            Assert.That(splits.Count(split => split == SceneSplit.Test) / (double)splits.Length, Is.EqualTo(0.1).Within(0.015));
            Assert.That(splits.Count(split => split == SceneSplit.Validation) / (double)splits.Length, Is.EqualTo(0.025).Within(0.008));
        });

        static Thing At(int code) =>
            new(code / Thing.Kinds, (Colour)(code % Thing.Kinds / 3), (Shape)(code % 3));
    }

    [Test]
    public void Splits_share_no_scene()
    {
        static HashSet<string> Names(SceneSplit split) => [.. Scenes(1500, split).Select(Identity)];

        var (train, validation, test) = (Names(SceneSplit.Train), Names(SceneSplit.Validation), Names(SceneSplit.Test));
        Assert.That(train.Intersect(test).Concat(train.Intersect(validation)).Concat(validation.Intersect(test)), Is.Empty);

        static string Identity(Scene scene) => string.Join(';', scene.Things.OrderBy(thing => thing.Cell));
    }

    [Test]
    public void Kinds_and_numbers_of_things_are_evenly_drawn()
    {
        var scenes = Scenes(4000).ToArray();
        var kinds = scenes.SelectMany(scene => scene.Things).CountBy(thing => thing.Kind).ToDictionary();
        var cells = scenes.SelectMany(scene => scene.Things).CountBy(thing => thing.Cell).ToDictionary();
        var mean = (double)scenes.Sum(scene => scene.Things.Count);
        Assert.Multiple(() =>
        {
            Assert.That(scenes.CountBy(scene => scene.Things.Count).Select(pair => pair.Value), Has.All.EqualTo(4000 / 3).Within(150));
            Assert.That(kinds.Values, Has.Count.EqualTo(Thing.Kinds).And.All.EqualTo(mean / Thing.Kinds).Within(0.12 * mean / Thing.Kinds));
            Assert.That(cells.Values, Has.Count.EqualTo(Scene.Cells).And.All.EqualTo(mean / Scene.Cells).Within(0.12 * mean / Scene.Cells));
        });
    }
}
