using System.Text.Json.Nodes;
using Grafting.Core.Checkpoints;
using Grafting.Core.Imaging;
using Grafting.Core.Models.Adapters;
using Grafting.Core.Training;
using Grafting.Core.Transfer;
using Grafting.Tests.Cli;

namespace Grafting.Tests.Regression;

/// <summary>Recipes with other adapters and with tiles, from training to the answer of a graft.</summary>
public class TiledRecipeTests
{
    const string Recipe = """
        name: tiles
        tower: { scratch: { imageSize: 16, patchSize: 4, width: 16, layers: 1, heads: 2, feedForward: 32, fit: stretch } }
        features: { keepClass: false }
        adapter: { kind: pixelShuffle, factor: 2 }
        tiles: { grids: [1x2, 2x1, 2x2], padding: black }
        data: { validation: 0 }
        checkpointEvery: 4
        validateEvery: 4
        stages:
          - { name: align, steps: 6, imageBatch: 4, textBatch: 2, learningRate: 3e-3, train: [ { part: adapter }, { part: boundary }, { part: translator, rate: 0.05 } ] }
          - { name: see, steps: 4, imageBatch: 3, microBatch: 2, recompute: true, learningRate: 2e-3, train: [ { part: tower }, { part: adapter }, { part: boundary } ] }
        fineTune: { fraction: 0.5, batch: 10, learningRate: 1e-3, train: [ { part: decoder }, { part: adapter } ] }
        """;

    ToyWorkshop _shop = null!;

    [OneTimeSetUp]
    public void Train_once()
    {
        _shop = new ToyWorkshop(Recipe);
        var run = _shop.Train("tiles");
        Assert.That(run.Code, Is.Zero, run.Error);
        var grafted = CliRun.Of(
            "transfer", "--bundle", _shop.Bundle("tiles"), "--output", Graft, "--workspace", _shop.Workspace("graft"), "--device", "cpu",
            "--evaluate",
            "--data", Path.Combine(_shop.Data, "test.json"), "--images", _shop.Data, "--max-questions", "6", "--json");
        Assert.That(grafted.Code, Is.Zero, grafted.Error);
        Assert.That(
            grafted.Json().GetProperty("systems").EnumerateObject().Select(s => s.Name),
            Is.EqualTo(new[] { "pair", "graft", "blind", "text" }));
    }

    [OneTimeTearDown]
    public void Remove() => _shop.Dispose();

    string Graft => Path.Combine(_shop.Folder, "graft");

    string Picture(int index) =>
        Directory.EnumerateFiles(Path.Combine(_shop.Data, "images")).Order(StringComparer.Ordinal).ElementAt(index);

    [Test]
    public void Each_step_counts_the_squares_that_the_tower_read()
    {
        var steps = MetricsLog.Read(Path.Combine(_shop.Run("tiles"), RunFolder.MetricsName));
        Assert.Multiple(() =>
        {
            Assert.That(steps, Has.Count.EqualTo(10));
            // The drawn scenes are square and larger than a tile: four tiles, and the whole.
            Assert.That(steps.Select(m => (m["pictures"]!.GetValue<int>(), m["squares"]!.GetValue<int>())), Is.EqualTo(
                Enumerable.Repeat((4, 20), 6).Concat(Enumerable.Repeat((3, 15), 4))));
            Assert.That(steps.Select(m => m["loss"]!.GetValue<double>()), Has.All.Matches<double>(double.IsFinite));
        });
        var cost = CliRun.Of("cost", _shop.Run("tiles"), "--json");
        Assert.That(cost.Code, Is.Zero, cost.Error);
        var stages = JsonNode.Parse(File.ReadAllText(Path.Combine(_shop.Run("tiles"), "cost.json")))!["stages"]!.AsArray();
        Assert.That(stages.Select(stage => stage!["counts"]!["pictures"]!.GetValue<double>()), Is.EqualTo(new[] { 120.0, 60.0 }));
    }

    [Test]
    public void The_bundle_remembers_adapter_and_tiles_and_holds()
    {
        var bundle = EncoderBundle.Open(_shop.Bundle("tiles"));
        var tiles = new Tiling { Grids = ["1x2", "2x1", "2x2"], Padding = TilePadding.Black };
        var preprocessor = JsonNode.Parse(File.ReadAllText(Path.Combine(bundle.Folder, "preprocessor_config.json")))!;
        using var weights = SafetensorsFile.Open(Path.Combine(bundle.Folder, EncoderFiles.WeightsName));
        Assert.Multiple(() =>
        {
            Assert.That(bundle.Encoder.Adapter, Is.EqualTo(new AdapterSettings { Kind = "pixelShuffle", Factor = 2 }));
            Assert.That(bundle.Encoder.Tiles, Is.EqualTo(tiles));
            Assert.That(EncoderFiles.Preprocessing(bundle.Folder, bundle.Encoder).Tiling, Is.EqualTo(tiles));
            Assert.That(preprocessor["image_grid_pinpoints"]!.ToJsonString(), Is.EqualTo("[[16,32],[32,16],[32,32]]"));
            Assert.That(weights.Tensors.Keys, Does.Contain("image_boundary.row_end").And.Contain("multi_modal_projector.linear_1.weight"));
            Assert.That(weights.Tensors["multi_modal_projector.linear_1.weight"].Shape[1], Is.EqualTo(4 * 16));
        });
        foreach (var artefact in new[] { _shop.Run("tiles"), bundle.Folder, Graft })
        {
            var verified = CliRun.Of("verify", artefact, "--workspace", _shop.Workspace("verify"));
            Assert.That(verified.Code, Is.Zero, verified.Output + verified.Error);
        }
    }

    [Test]
    public void A_graft_is_asked_about_several_pictures()
    {
        CliRun Ask(string question, params string[] pictures) => CliRun.Of(
            [
                "chat", "--graft", Graft, "--max-tokens", "3", "--device", "cpu", "--json",
                .. pictures.SelectMany(picture => new[] { "--image", picture }), question,
            ]);
        var (one, two) = (Ask("How many circles?", Picture(0)), Ask("How many circles?", Picture(0), Picture(1)));
        var marked = Ask("Is <image> larger than <image>?", Picture(0), Picture(1));
        Assert.Multiple(() =>
        {
            foreach (var run in new[] { one, two, marked }) Assert.That(run.Code, Is.Zero, run.Error);
            Assert.That(one.Json().GetProperty("images").GetArrayLength(), Is.EqualTo(1));
            Assert.That(
                two.Json().GetProperty("images").EnumerateArray().Select(i => i.GetString()), Is.EqualTo(new[] { Picture(0), Picture(1) }));
        });
        var refused = Ask("Is <image> red?", Picture(0), Picture(1));
        Assert.That(refused.Code, Is.EqualTo(2));
        Assert.That(refused.Error, Does.Contain("the question has 1 marks <image> and there are 2 pictures"));
    }

    [Test]
    public void A_graft_with_tiles_is_fine_tuned()
    {
        var output = Path.Combine(_shop.Folder, "tuned");
        var tuned = CliRun.Of(
            "transfer", "--graft", Graft, "--finetune", "lora", "--fraction", "0.5", "--train-data", Path.Combine(_shop.Data, "train.json"),
            "--images", _shop.Data,
            "--run", Path.Combine(_shop.Folder, "tuning"), "--output", output, "--workspace", _shop.Workspace("tuned"), "--device", "cpu",
            "--recipe", Path.Combine(_shop.Folder, "tiny.yaml"));
        Assert.That(tuned.Code, Is.Zero, tuned.Error);
        Assert.That(GraftArtefact.Open(output).Encoder.Tiles, Is.Not.Null);
    }

    [TestCase("adapter={kind: resampler, queries: 4, heads: 2}", "tiles={maxTiles: 2, rowEnd: false}")]
    [TestCase("adapter={kind: averagePool, factor: 4, depth: 3}", "tiles={maxTiles: 3, unpad: true}")]
    [TestCase("adapter={depth: 1}", "tiles=null")]
    public void Other_adapters_and_tilings_train_and_answer(params string[] edits)
    {
        var name = $"other-{Math.Abs(edits[0].GetHashCode(StringComparison.Ordinal))}";
        string[] sets =
        [
            .. edits.SelectMany(edit => new[] { "--set", edit }), "--set", "stages.align.steps=1", "--set", "stages.see.steps=1",
        ];
        var run = CliRun.Of([.. _shop.Arguments(name), .. sets, "--workspace", _shop.Workspace(name)]);
        Assert.That(run.Code, Is.Zero, run.Error);
        var graft = Path.Combine(_shop.Folder, $"graft-{name}");
        var grafted = CliRun.Of(
            "transfer", "--bundle", _shop.Bundle(name), "--output", graft, "--workspace", _shop.Workspace(name), "--device", "cpu");
        Assert.That(grafted.Code, Is.Zero, grafted.Error);
        var asked = CliRun.Of("chat", "--graft", graft, "--image", Picture(0), "--max-tokens", "2", "--device", "cpu", "How many circles?");
        Assert.That(asked.Code, Is.Zero, asked.Error);
    }

    [TestCase("features.keepClass=true", "an adapter of kind 'pixelShuffle' joins neighbouring patches, and the class token")]
    [TestCase("adapter.factor=3", "adapter.factor is 3; the tower's patches are 4 x 4")]
    [TestCase("adapter={kind: resampler, queries: 2, heads: 3}", "adapter.heads is 3; the tower's width of 16")]
    [TestCase(
        "adapter={kind: resampler, queries: 2, heads: 2}", "tiles.unpad is true, and an adapter of kind 'resampler'", "tiles.unpad=true")]
    [TestCase("adapter={depth: 2}", "with tiles.rowEnd the features of all tiles are laid together", "features.keepClass=true")]
    public void What_does_not_fit_together_is_refused_before_training(string edit, string expected, string? second = null)
    {
        var name = $"refused-{Guid.NewGuid():n}";
        string[] sets = ["--set", edit, .. second is null ? [] : new[] { "--set", second }];
        var run = CliRun.Of([.. _shop.Arguments(name), .. sets, "--workspace", _shop.Workspace(name)]);
        Assert.Multiple(() =>
        {
            Assert.That(run.Code, Is.EqualTo(2), run.Error);
            Assert.That(run.Error, Does.Contain(expected));
            Assert.That(Directory.Exists(_shop.Run(name)), Is.False);
        });
    }
}
