using System.Text.Json;
using Grafting.Core;
using Grafting.Recipes.Toy;
using Grafting.Tests.Support;

namespace Grafting.Tests.Recipes.Toy;

public class HeldOutKindsTests
{
    [Test]
    public void Kinds_held_out_are_in_no_training_scene_and_in_the_test_scenes()
    {
        using var folder = new TempFolder();
        var kinds = new[] { new Thing(0, Colour.Red, Shape.Triangle), new Thing(0, Colour.Blue, Shape.Circle) };
        ToyDataset.Write(
            folder.Path, 5,
            new ToyDatasetCounts(Train: 200, Text: 200, Validation: 2, Test: 40)
            {
                HeldOut = kinds.Select(thing => thing.Kind).ToHashSet(),
            });
        bool Shows(string file) =>
            Descriptions(folder[file]).Any(text => kinds.Any(thing => text.Contains(SceneWords.Of(thing), StringComparison.Ordinal)));
        Assert.Multiple(() =>
        {
            // Without the filter, one scene in two or three would show one of them.
            Assert.That(Shows("train.json"), Is.False);
            Assert.That(Shows("text.json"), Is.False);
            Assert.That(Shows("test.json"), Is.True);
        });
    }

    [Test]
    public void Test_scenes_are_those_of_a_data_set_that_holds_nothing_out()
    {
        using var folder = new TempFolder();
        ToyDataset.Write(folder["all"], 5, new ToyDatasetCounts(Train: 3, Text: 3, Validation: 2, Test: 5));
        ToyDataset.Write(
            folder["some"], 5, new ToyDatasetCounts(Train: 3, Text: 3, Validation: 2, Test: 5) { HeldOut = new HashSet<int> { 0 } });
        Assert.That(File.ReadAllText(folder["some/test.json"]), Is.EqualTo(File.ReadAllText(folder["all/test.json"])));
    }

    [Test]
    public void Some_kind_has_to_be_left() =>
        Assert.Throws<GraftException>(() => new ToyDatasetCounts { HeldOut = Enumerable.Range(0, Thing.Kinds).ToHashSet() }.Validate());

    static IEnumerable<string> Descriptions(string path)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(path));
        return [.. document.RootElement.EnumerateArray().Select(sample => sample.GetProperty("description").GetString()!)];
    }
}
