using System.Text.Json.Nodes;
using Grafting.Core;
using Grafting.Core.Text;
using Grafting.Core.Training;
using Grafting.Core.Transfer;
using Grafting.Recipes.Schema;
using Grafting.Tests.Cli;

namespace Grafting.Tests.Regression;

/// <summary>
/// A recipe with image prompts, an even mix, a balanced loss and the mask of stage 3, on samples of one and of two pictures.
/// </summary>
public class PictureRecipeTests
{
    const string Prompt = "Based on what this image shows of";

    const string Recipe = $$"""
        name: pictures
        tower: { scratch: { imageSize: 16, patchSize: 8, width: 16, layers: 1, heads: 2, feedForward: 32, fit: stretch } }
        features: { keepClass: false }
        data: { validation: 0 }
        imagePrompts: [ {{Prompt}}, Look at ]
        stages:
          - { name: align, steps: 6, batch: 6, microBatch: 4, balance: { order: 1 }, labelLineBreak: true, learningRate: 3e-3, train: [ { part: adapter }, { part: boundary } ] }
        """;

    [Test]
    public void It_trains_and_the_graft_asks_with_the_first_prompt()
    {
        using var workshop = new ToyWorkshop();
        var recipe = workshop.Write("pictures.yaml", Recipe);
        var data = workshop.Write("data/two.json", TwoPictures(Path.Combine(workshop.Data, "train.json")));
        var trained = CliRun.Of(
            [
                .. workshop.Arguments("p", data).Select(a => a.EndsWith("tiny.yaml", StringComparison.Ordinal) ? recipe : a), "--workspace",
                workshop.Workspace("p"),
            ]);
        Assert.That(trained.Code, Is.Zero, trained.Error);
        var steps = MetricsLog.Read(Path.Combine(workshop.Run("p"), RunFolder.MetricsName));
        var pictures = steps.Select(m => m["pictures"]!.GetValue<int>()).ToList();

        var graft = Path.Combine(workshop.Folder, "graft");
        var grafted = CliRun.Of(
            "transfer", "--bundle", workshop.Bundle("p"), "--output", graft, "--workspace", workshop.Workspace("p"), "--device", "cpu",
            "--evaluate", "--data", data, "--images", workshop.Data, "--max-questions", "6");
        Assert.That(grafted.Code, Is.Zero, grafted.Error);
        Assert.Multiple(() =>
        {
            Assert.That(steps, Has.Count.EqualTo(6));
            // 40 samples with two pictures each and 40 of text: three of each in a step of six.
            Assert.That(steps.Select(m => m["samples"]!.GetValue<int>()), Has.All.EqualTo(6));
            Assert.That(pictures, Has.All.EqualTo(6));
            Assert.That(steps.Select(m => m["loss"]!.GetValue<double>()), Has.All.Matches<double>(double.IsFinite));
            Assert.That(EncoderBundle.Open(workshop.Bundle("p")).Encoder.ImagePrompt, Is.EqualTo(Prompt));
            foreach (var system in new[] { "pair", "graft", "blind", "text" })
                Assert.That(grafted.Output, Does.Contain(system), "two pictures in each question");
            Assert.That(GraftArtefact.Open(graft).Encoder.ImagePrompt, Is.EqualTo(Prompt));
        });
        var asked = CliRun.Of(
            "chat", "--graft", graft, "--image", Path.Combine(workshop.Data, "images", "train-00000.png"), "--max-tokens", "2", "--device",
            "cpu", "How many circles?");
        Assert.That(asked.Code, Is.Zero, asked.Error);
    }

    [TestCase("imagePrompts: [ \"\" ]", "empty")]
    [TestCase("imagePrompts: [ \"a <image>\" ]", "cannot stand before a picture")]
    public void A_recipe_with_an_impossible_prompt_is_refused(string prompts, string expected)
    {
        var yaml = Recipe.Replace($"imagePrompts: [ {Prompt}, Look at ]", prompts, StringComparison.Ordinal);
        Assert.That(Assert.Throws<GraftException>(() => RecipeFile.Parse(yaml, "r.yaml"))!.Message, Does.Contain(expected));
    }

    /// <summary>The same conversations with the picture given twice.</summary>
    static string TwoPictures(string path)
    {
        var samples = JsonNode.Parse(File.ReadAllText(path))!.AsArray();
        foreach (var sample in samples)
        {
            var name = sample!["image"]!.GetValue<string>();
            sample["image"] = new JsonArray(name, name);
            var first = sample["conversations"]![0]!;
            first["value"] = Turn.ImageMark + first["value"]!.GetValue<string>();
        }
        return samples.ToJsonString();
    }
}
