using System.Text.Json.Nodes;
using Grafting.Recipes.Runs;
using Grafting.Recipes.Schema;
using Grafting.Tests.Data;
using Grafting.Tests.Support;

namespace Grafting.Tests.Recipes;

/// <summary>
/// Which samples a fine-tuning run reads, in which order: 30 samples a0 … a29 of one file, 10 samples b0 … b9 of another.
/// </summary>
public class FineTuneOrderTests
{
    [Test]
    public void A_mark_has_read_its_fraction_once_per_epoch_and_nothing_else()
    {
        var (marks, read) = Order(epochs: 2, [0.2, 0.5]);
        Assert.That(marks.Select(mark => (mark.Samples, mark.Steps)), Is.EqualTo(new[] { (8, 4), (20, 10) }));
        var (first, second) = (read.Take(16).ToList(), read.Skip(16).ToList());
        Assert.Multiple(() =>
        {
            Assert.That(first.GroupBy(id => id).Select(group => group.Count()), Is.All.EqualTo(2).And.Exactly(8).Items);
            Assert.That(second.GroupBy(id => id).Select(group => group.Count()), Is.All.EqualTo(2).And.Exactly(12).Items);
            Assert.That(first.Intersect(second), Is.Empty);
            Assert.That(
                Order(epochs: 1, [0.5]).Read, Is.EquivalentTo(first.Concat(second).Distinct()),
                "the marks on the way do not change what is read");
        });
    }

    [Test]
    public void Weights_give_each_file_its_share_of_every_stretch_from_its_own_fraction()
    {
        var (marks, read) = Order(epochs: 2, [0.5], "data.weights=[1, 1]");
        Assert.That((marks[0].Samples, marks[0].Steps), Is.EqualTo((20, 10)), "half of 30 and half of 10");
        Assert.That(Enumerable.Range(0, 20).Select(k => read.Skip(2 * k).Take(2).Count(id => id[0] == 'b')), Is.All.EqualTo(1));
        var small = read.Where(id => id[0] == 'b').ToList();
        Assert.That(small.Distinct(), Has.Exactly(5).Items, "of ten, half");
        Assert.That(
            Enumerable.Range(0, 4).Select(pass => small.Skip(5 * pass).Take(5).Order()), Is.All.EqualTo(small.Distinct().Order()),
            "begun again when it is through");
        Assert.That(read.Where(id => id[0] == 'a').Take(15), Is.Unique);
        Assert.That(read.Where(id => id[0] == 'a').Distinct(), Has.Exactly(15).Items);
        var (_, less) = Order(epochs: 2, [0.2], "data.weights=[1, 1]");
        Assert.That(less.Distinct(), Is.SubsetOf(read), "a smaller fraction lies within");
    }

    [Test]
    public void A_buffer_reads_what_lies_between_two_marks_about_as_it_stands_in_the_files()
    {
        var (_, hashed) = Order(epochs: 1, [0.25, 1]);
        var (_, read) = Order(epochs: 2, [0.25, 1], "data.shuffleBuffer=3");
        foreach (var (from, count) in ((int, int)[])[(0, 10), (10, 10), (20, 30), (50, 30)])
        {
            var part = read.Skip(from).Take(count).ToList();
            var standing = part.OrderBy(id => id[0]).ThenBy(
                id => int.Parse(id.AsSpan(1), System.Globalization.CultureInfo.InvariantCulture)).ToList();
            Assert.That(part, Is.Unique.And.Not.EqualTo(standing));
            Assert.That(
                part.Index().All(sample => standing.IndexOf(sample.Item) < sample.Index + 3),
                "none comes before the buffer has reached it");
        }
        Assert.That(read.Take(10), Is.EquivalentTo(hashed.Take(10)), "the hash decides what belongs to a fraction");
    }

    [Test]
    public void The_order_is_the_same_whenever_it_is_made()
    {
        var (_, one) = Order(2, [0.3, 0.9], "data.weights=[3, 1]", "data.shuffleBuffer=4");
        var (_, other) = Order(2, [0.3, 0.9], "data.weights=[3, 1]", "data.shuffleBuffer=4");
        Assert.That(other, Is.EqualTo(one));
    }

    static (IReadOnlyList<FineTuneMark> Marks, IReadOnlyList<string> Read) Order(double epochs, double[] fractions, params string[] edits)
    {
        using var folder = new TempFolder();
        folder.Write("a.png", LlavaFiles.Picture);
        string Write(string name, int samples) =>
            folder.Write(
                $"{name}.json",
                new JsonArray([.. Enumerable.Range(0, samples).Select(i => LlavaFiles.Sample($"{name}{i}"))]).ToJsonString());
        var recipe = RecipeFile.Load("toy", [.. edits, "data.validation=0"]);
        using var data = new RunData(new TrainingFiles([Write("a", 30), Write("b", 10)]), recipe.Data, progress: null);
        var order = FineTuneOrder.Of(
            data.Training(withPictures: true), seed: 3, recipe.FineTune! with { Batch = 4, Epochs = epochs }, fractions,
            recipe.Data.ShuffleBuffer);
        return (order.Marks, [.. order.Samples.Select(i => data.Data[i].Id)]);
    }
}
