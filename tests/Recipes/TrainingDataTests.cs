using System.Text.Json.Nodes;
using Grafting.Core;
using Grafting.Core.Data;
using Grafting.Core.Imaging;
using Grafting.Core.Text;
using Grafting.Core.Training;
using Grafting.Recipes.Runs;
using Grafting.Recipes.Schema;
using Grafting.Tests.Data;
using Grafting.Tests.Support;
using Grafting.Tests.Text;

namespace Grafting.Tests.Recipes;

/// <summary>How a recipe's data section decides what is read.</summary>
public class TrainingDataTests
{
    [Test]
    public void Files_are_read_by_the_recipes_weights_and_begun_again_when_they_are_through()
    {
        using var folder = new TempFolder();
        var read = Read(folder, "data.weights=[3, 1]", 80);
        Assert.That(
            Enumerable.Range(0, 20).Select(k => read.Skip(4 * k).Take(4).Count(id => id[0] == 'b')), Is.All.EqualTo(1), "one in four");
        Assert.That(
            read.Where(id => id[0] == 'b').Take(10).Order(), Is.EqualTo(Enumerable.Range(0, 10).Select(i => $"b{i}").Order()),
            "the second file once");
        Assert.That(
            read.Where(id => id[0] == 'b').Skip(10).Order(), Is.EqualTo(Enumerable.Range(0, 10).Select(i => $"b{i}").Order()), "and again");
        Assert.That(read.Where(id => id[0] == 'a').Take(30), Is.Unique, "the first, which is larger, not yet through");
    }

    [Test]
    public void Without_weights_every_sample_is_read_once_per_epoch()
    {
        using var folder = new TempFolder();
        var read = Read(folder, "data.shuffleBuffer=null", 80);
        Assert.That(read.Take(40), Is.Unique);
        Assert.That(read.Skip(40), Is.Unique);
    }

    [Test]
    public void A_shuffle_buffer_keeps_samples_about_where_they_stand()
    {
        using var folder = new TempFolder();
        var read = Read(folder, "data.shuffleBuffer=4", 40);
        string[] written = [.. Enumerable.Range(0, 30).Select(i => $"a{i}"), .. Enumerable.Range(0, 10).Select(i => $"b{i}")];
        Assert.That(read, Is.Not.EqualTo(written).And.EquivalentTo(written));
        Assert.That(read.Index().All(sample => Array.IndexOf(written, sample.Item) < sample.Index + 4));
    }

    [TestCase("data.weights=[1, 2, 3]", "3 numbers, and there are 2 data files")]
    [TestCase("data.weights=[1, 0]", "weight 2 is 0")]
    [TestCase("data.shuffleBuffer=0", "ShuffleBuffer is 0")]
    public void What_cannot_be_is_refused(string edit, string expected)
    {
        using var folder = new TempFolder();
        Assert.That(Assert.Throws<GraftException>(() => Read(folder, edit, 1))!.Message, Does.Contain(expected).IgnoreCase);
    }

    static List<string> Read(TempFolder folder, string edit, int count)
    {
        folder.Write("a.png", LlavaFiles.Picture);
        string Write(string name, int samples) =>
            folder.Write(
                $"{name}.json",
                new JsonArray([.. Enumerable.Range(0, samples).Select(i => LlavaFiles.Sample($"{name}{i}"))]).ToJsonString());
        var recipe = RecipeFile.Load("toy", [edit, "data.validation=0"]);
        using var data = new TrainingData(
            new TrainingFiles([Write("a", 30), Write("b", 10)]), recipe,
            new PictureCache(new ImagePreprocessor(PreprocessorConfig.Clip(2))));
        var encoder = new ChatEncoder(
            TinyTokenizer.Load(TinyTokenizer.ByteLevel(), null, null), ChatTemplate.Named("plain"), new LabelPolicy(), imageTokens: 2,
            maxLength: 100);
        var images = data.Sources(recipe.Stages[0], encoder, seed: 3, index: 0, []).Images!;
        return [.. Enumerable.Range(0, count).Select(k => images.At(k).Id)];
    }
}
