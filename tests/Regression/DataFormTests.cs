using System.Globalization;
using System.Text.Json.Nodes;
using Grafting.Core.Checkpoints;
using Grafting.Core.Data;
using Grafting.Core.Models.Lora;
using Grafting.Core.Training;
using Grafting.Tests.Cli;
using Grafting.Tests.Data;
using Grafting.Tests.Support;

namespace Grafting.Tests.Regression;

/// <summary>Training and examination on every form of data, as a user types them.</summary>
public class DataFormTests
{
    const string Weighted = "data.weights=[3, 1]", Buffered = "data.shuffleBuffer=6";

    const string Section = """

        fineTune:
          fraction: 0.5
          epochs: 2
          batch: 4
          rowLength: 64
          learningRate: 1e-3
          lora: { rank: 2, targets: [ q_proj ] }
          train: [ { part: decoder }, { part: adapter } ]
        """;

    static readonly Dictionary<string, Func<TempFolder, IReadOnlyList<Sample>, string[]>> s_forms = new()
    {
        ["LLaVA"] = (folder, samples) => [WrittenSamples.Llava(folder, "data", samples)],
        ["ShareGPT"] = (folder, samples) => [WrittenSamples.ShareGpt(folder, "data", samples)],
        ["messages"] = (folder, samples) => [WrittenSamples.Messages(folder, "data", samples)],
        ["messages with pictures inside"] = (folder, samples) => [WrittenSamples.InlineMessages(folder, "data", samples)],
        ["WebDataset"] = (folder, samples) =>
            [WrittenSamples.Tar(folder, "s-00", samples.Take(11)), WrittenSamples.Tar(folder, "s-01", samples.Skip(11))],
        ["Parquet"] = (folder, samples) =>
            [WrittenSamples.Parquet(folder, "data", samples, new ParquetStyle(1, NewPages: true, GroupRows: 7, PageEntries: 3))],
    };

    ToyWorkshop shop = null!;
    Dataset train = null!;
    Outcome llava = null!;

    /// <param name="Losses">See <see cref="LossesOf"/>.</param>
    /// <param name="Systems">What the examination prints of every system, times aside.</param>
    sealed record Outcome(IReadOnlyList<double> Losses, string Bundle, string Systems);

    [OneTimeSetUp]
    public void Train_on_the_first_form()
    {
        shop = new ToyWorkshop(
            ToyWorkshop.Recipe.Replace("checkpointEvery: 5", "checkpointEvery: 5\nkeepCheckpoints: 9", StringComparison.Ordinal) + Section);
        train = Dataset.Load(Path.Combine(shop.Data, "train.json"), shop.Data);
        llava = Run("LLaVA");
    }

    [OneTimeTearDown]
    public void Remove()
    {
        train?.Dispose();
        shop.Dispose();
    }

    [Test]
    public void The_same_samples_give_the_same_numbers_in_every_form(
        [Values("ShareGPT", "messages", "messages with pictures inside", "WebDataset", "Parquet")] string form)
    {
        var found = Run(form);
        Assert.Multiple(() =>
        {
            Assert.That(found.Losses, Is.EqualTo(llava.Losses));
            Assert.That(found.Bundle, Is.EqualTo(llava.Bundle), "the trained weights");
            Assert.That(found.Systems, Is.EqualTo(llava.Systems));
        });
    }

    [Test]
    public void Samples_texts_and_held_out_samples_in_several_files_give_the_numbers_of_one_file_each()
    {
        using var folder = new TempFolder();
        var trained = CliRun.Of(
        [
            "train-encoder", "--surrogate", shop.Surrogate, "--recipe", Path.Combine(shop.Folder, "tiny.yaml"), "--data",
            .. Halves("train"), "--text", .. Halves("text"),
            "--validation", .. Halves("val"), "--images", shop.Data, "--run", shop.Run("halves"), "--output", shop.Bundle("halves"),
            "--device", "cpu",
            "--workspace", shop.Workspace("halves"),
        ]);
        Assert.That(trained.Code, Is.Zero, trained.Error);
        Assert.That(BundleOf("halves"), Is.EqualTo(llava.Bundle));
        Assert.That(LossesOf("halves"), Is.EqualTo(llava.Losses));

        string[] Halves(string name)
        {
            var records = JsonNode.Parse(File.ReadAllText(Path.Combine(shop.Data, $"{name}.json")))!.AsArray();
            var half = records.Count / 2;
            return
            [
                folder.Write($"{name}-0.jsonl", string.Join('\n', records.Take(half).Select(record => record!.ToJsonString()))),
                folder.Write($"{name}-1.jsonl", string.Join('\n', records.Skip(half).Select(record => record!.ToJsonString()))),
            ];
        }
    }

    [Test]
    public void Folders_by_class_are_trained_on_and_examined()
    {
        using var folder = new TempFolder();
        foreach (var (i, picture) in train.SelectMany(sample => sample.Images).Distinct().Take(12).Index())
            folder.Write($"data/{(i % 2 == 0 ? "red_circle" : "two things")}/{i:D2}.png", File.ReadAllBytes(picture));
        var trained = Train("folders", folder["data"]);
        Assert.That(trained.Code, Is.Zero, trained.Error);
        Assert.That(trained.Error, Does.Contain("folders by class, 12 samples, 12 with pictures"));
        var examined = Examine("folders", folder["data"]);
        Assert.That(examined.Code, Is.Zero, examined.Error);
        Assert.That(
            examined.Json().GetProperty("systems").EnumerateObject().Select(system => system.Name),
            Is.EqualTo(new[] { "pair", "graft", "blind" }));
        Assert.That(
            shop.Losses("folders").TakeLast(4).Average(), Is.LessThan(shop.Losses("folders").Take(4).Average()),
            "what the classes are called is learned");
    }

    [Test]
    public void Two_weighted_sources_through_a_buffer_are_gone_on_with_bit_for_bit()
    {
        using var folder = new TempFolder();
        string[] data = Two(folder);
        var trained = Train("weighted", data, "--set", Weighted, "--set", Buffered);
        Assert.That(trained.Code, Is.Zero, trained.Error);
        var (losses, bundle) = (shop.Losses("weighted"), BundleOf("weighted"));
        Assert.That(losses, Is.Not.EqualTo(llava.Losses), "weights and buffer change the order");
        Forget("weighted", beyond: 10);
        Directory.Delete(shop.Bundle("weighted"), recursive: true);
        var resumed = CliRun.Of(
            "train-encoder", "--resume", "--run", shop.Run("weighted"), "--device", "cpu", "--workspace", shop.Workspace("weighted"));
        Assert.That(resumed.Code, Is.Zero, resumed.Error);
        Assert.That(shop.Losses("weighted"), Is.EqualTo(losses));
        Assert.That(BundleOf("weighted"), Is.EqualTo(bundle));
    }

    [Test]
    public void Fine_tuning_heeds_weights_and_buffer_and_is_gone_on_with_bit_for_bit()
    {
        using var folder = new TempFolder();
        string[] data = Two(folder);
        var plain = Tune("plain", data);
        var weighted = Tune("weights", data, Weighted);
        var run = Tune("both", data, Weighted, Buffered);
        Assert.That((plain.Code, weighted.Code, run.Code), Is.EqualTo((0, 0, 0)), plain.Error + weighted.Error + run.Error);
        // Half of 40 samples twice, in steps of 4.
        Assert.That(run.Json().GetProperty("steps").GetInt32(), Is.EqualTo(10));
        var losses = shop.Losses("tune-both");
        Assert.That(losses, Is.Not.EqualTo(shop.Losses("tune-plain")).And.Not.EqualTo(shop.Losses("tune-weights")));
        var adapters = File.ReadAllBytes(AdaptersOf("both"));
        Forget("tune-both", beyond: 5);
        Directory.Delete(Path.GetDirectoryName(AdaptersOf("both"))!, recursive: true);
        var resumed = CliRun.Of(
            "transfer", "--resume", "--run", shop.Run("tune-both"), "--device", "cpu", "--workspace", shop.Workspace("tune"));
        Assert.That(resumed.Code, Is.Zero, resumed.Error);
        Assert.That(shop.Losses("tune-both"), Is.EqualTo(losses));
        Assert.That(File.ReadAllBytes(AdaptersOf("both")), Is.EqualTo(adapters));
    }

    [Test]
    public void Pictures_found_bad_in_training_are_named_in_the_run_and_count_on_after_an_interruption()
    {
        using var folder = new TempFolder();
        var data = WrittenSamples.Llava(folder, "data", train);
        var (first, second) = (PictureOf(data, 3), PictureOf(data, 30));
        var whole = File.ReadAllBytes(first);
        File.WriteAllText(first, "<html>404</html>");
        var trained = Train("bad", [data], "--set", "data.maxBadSamples=0.025");
        Assert.That(trained.Code, Is.Zero, trained.Error);
        Assert.That(trained.Error, Does.Contain("1 samples were skipped"), "in three epochs");
        var kept = SkippedSampleFile.PathIn(shop.Run("bad"));
        Assert.That(JsonNode.Parse(File.ReadAllLines(kept).Single())!["where"]!.ToString(), Does.Contain(first));

        // One of 40 may be skipped. It is whole again when the run goes on, and counts nevertheless, so that another one is too much.
        Forget("bad", beyond: 10);
        File.WriteAllBytes(first, whole);
        File.WriteAllText(second, "<html>404</html>");
        var resumed = CliRun.Of(
            "train-encoder", "--resume", "--run", shop.Run("bad"), "--device", "cpu", "--workspace", shop.Workspace("bad"));
        Assert.That(resumed.Code, Is.EqualTo(3));
        Assert.That(resumed.Error, Does.Contain("2 of 40 samples cannot be used; at most 1").And.Contain(first).And.Contain(second));
        Assert.That(File.ReadAllLines(kept), Has.Length.EqualTo(2));

        static string PictureOf(string data, int line) =>
            Path.Combine(Path.GetDirectoryName(data)!, JsonNode.Parse(File.ReadLines(data).ElementAt(line))!["image"]!.ToString());
    }

    [Test]
    public void Weights_that_do_not_fit_the_files_are_refused_before_anything_is_made()
    {
        using var folder = new TempFolder();
        var trained = Train("refused", [Two(folder)[0]], "--set", Weighted);
        Assert.That(trained.Code, Is.EqualTo(2));
        Assert.That(trained.Error, Does.Contain("data.weights has 2 numbers, and there are 1 data files"));
        Assert.That(Directory.Exists(shop.Run("refused")), Is.False);
    }

    Outcome Run(string form)
    {
        using var folder = new TempFolder();
        var name = form.Replace(' ', '-');
        var data = s_forms[form](folder, train);
        var trained = Train(name, data);
        Assert.That(trained.Code, Is.Zero, trained.Error);
        // In forms that hold their pictures every sample has one of its own, so that what exchanges or counts pictures is given each
        // picture once.
        var questions = train.DistinctBy(sample => sample.Images[0]).Take(12).ToList();
        using var asked = new TempFolder();
        var examined = Examine(name, s_forms[form](asked, questions));
        Assert.That(examined.Code, Is.Zero, examined.Error);
        return new Outcome(LossesOf(name), BundleOf(name), examined.Json().GetProperty("systems").GetRawText());
    }

    /// <summary>Of every step, and of every validation.</summary>
    List<double> LossesOf(string name) =>
    [
        .. shop.Losses(name),
        .. MetricsLog.Read(Path.Combine(shop.Run(name), RunFolder.MetricsName)).Select(m => m["validationLoss"]?.GetValue<double>())
        .OfType<double>(),
    ];

    /// <summary>The first 30 samples as a shard, the last 10 as Parquet.</summary>
    string[] Two(TempFolder folder) =>
        [
            WrittenSamples.Tar(folder, "first", train.Take(30)),
            WrittenSamples.Parquet(folder, "second", train.Skip(30), new ParquetStyle(1)),
        ];

    CliRun Train(string name, params string[] data) => Train(name, data, []);

    CliRun Train(string name, string[] data, params string[] more) => CliRun.Of(
    [
        "train-encoder", "--surrogate", shop.Surrogate, "--recipe", Path.Combine(shop.Folder, "tiny.yaml"), "--data", .. data, "--text",
        Path.Combine(shop.Data, "text.json"),
        "--validation", Path.Combine(shop.Data, "val.json"), "--run", shop.Run(name), "--output", shop.Bundle(name), "--device", "cpu",
        "--workspace", shop.Workspace(name), .. more,
    ]);

    CliRun Examine(string name, params string[] data) => CliRun.Of(
    [
        "transfer", "--bundle", shop.Bundle(name), "--output", Path.Combine(shop.Folder, $"graft-{name}"), "--evaluate", "--data", .. data,
        "--device", "cpu",
        "--workspace", shop.Workspace(name), "--json",
    ]);

    CliRun Tune(string name, string[] data, params string[] edits)
    {
        if (!Directory.Exists(Graft))
            Assert.That(
                CliRun.Of("transfer", "--bundle", shop.Bundle("LLaVA"), "--output", Graft, "--workspace", shop.Workspace("tune")).Code,
                Is.Zero);
        return CliRun.Of(
        [
            "transfer", "--finetune", "lora", "--graft", Graft, "--recipe", Path.Combine(shop.Folder, "tiny.yaml"), "--train-data",
            .. data, "--run", shop.Run($"tune-{name}"),
            "--output", Path.GetDirectoryName(AdaptersOf(name))!, "--device", "cpu", "--workspace", shop.Workspace("tune"), "--json",
            .. edits.SelectMany(edit => (string[])["--set", edit]),
        ]);
    }

    string Graft => Path.Combine(shop.Folder, "graft-tune");

    string AdaptersOf(string name) => Path.Combine(shop.Folder, $"tuned-{name}", PeftAdapter.WeightsName);

    string BundleOf(string name) =>
        string.Join(
            ' ',
            Directory.EnumerateFiles(
                shop.Bundle(name), "*.safetensors").Order(StringComparer.Ordinal).Select(file => Digests.Sha256(file)));

    /// <summary>As if the run had been killed before its later checkpoints.</summary>
    void Forget(string run, int beyond)
    {
        var late = Directory.EnumerateDirectories(Path.Combine(shop.Run(run), CheckpointStore.FolderName))
            .Where(folder => int.Parse(Path.GetFileName(folder)["step-".Length..], CultureInfo.InvariantCulture) > beyond).ToList();
        Assert.That(late, Is.Not.Empty);
        foreach (var folder in late) Directory.Delete(folder, recursive: true);
    }
}
