using System.Text.Json.Nodes;
using Grafting.Core.Imaging;
using Grafting.Core.Transfer;
using Grafting.Tests.Cli;
using Grafting.Tests.Support;

namespace Grafting.Tests.Regression;

/// <summary>What <c>train-encoder</c>, <c>transfer</c> and <c>chat</c> make of good and of bad input.</summary>
public class TransferTests
{
    ToyWorkshop shop = null!;

    [OneTimeSetUp]
    public void Train_once()
    {
        shop = new ToyWorkshop();
        var run = shop.Train("good");
        Assert.That(run.Code, Is.Zero, run.Error);
    }

    [OneTimeTearDown]
    public void Remove() => shop.Dispose();

    static string Target => Path.Combine(AppContext.BaseDirectory, "Toy", "target");

    [Test]
    public void A_graft_is_examined_and_answers()
    {
        var workspace = shop.Workspace("examined");
        var run = CliRun.Of(
            "transfer", "--evaluate", "--bundle", shop.Bundle("good"), "--data", Path.Combine(shop.Data, "test.json"), "--images",
            shop.Data,
            "--json", "--device", "cpu", "--workspace", workspace);
        Assert.That(run.Code, Is.Zero, run.Error);
        var systems = run.Json().GetProperty("systems");
        Assert.That(systems.EnumerateObject().Select(s => s.Name), Is.EqualTo(new[] { "pair", "graft", "blind", "text" }));

        var picture = Directory.EnumerateFiles(Path.Combine(shop.Data, "images")).Order().First();
        var chat = CliRun.Of(
            "chat", "--image", picture, "--json", "--device", "cpu", "--workspace", workspace, "How many circles are there?");
        Assert.That(chat.Code, Is.Zero, chat.Error);
        Assert.That(chat.Json().GetProperty("answer").GetString(), Is.Not.Null);
    }

    [TestCase("padToSquare", Fit.PadToSquare)]
    [TestCase("stretch", Fit.Stretch)]
    [TestCase("null", Fit.CentreCrop)]
    public void A_recipe_says_how_pictures_are_made_square_for_a_tower_from_a_checkpoint(string fit, Fit expected)
    {
        var tower = Path.Combine(shop.Folder, $"tower-{fit}");
        Directory.CreateDirectory(tower);
        foreach (var file in Directory.EnumerateFiles(Shared.Fixture("vision/clip_vision")))
            File.Copy(file, Path.Combine(tower, Path.GetFileName(file)), overwrite: true);
        var size = JsonNode.Parse(File.ReadAllText(Path.Combine(tower, "config.json")))!["image_size"]!.GetValue<int>();
        File.WriteAllText(Path.Combine(tower, "preprocessor_config.json"), PreprocessorConfig.Clip(size).ToJson().ToJsonString());
        var name = $"fit-{fit}";
        string[] arguments =
        [
            .. shop.Arguments(name), "--set", $"tower={{checkpoint: {tower}, fit: {fit}}}", "--set", "stages.align.steps=1", "--set",
            "stages.see.steps=1",
        ];
        var run = CliRun.Of([.. arguments, "--workspace", shop.Workspace(name)]);
        Assert.That(run.Code, Is.Zero, run.Error);
        Assert.That(
            EncoderFiles.Preprocessing(shop.Bundle(name), EncoderBundle.Open(shop.Bundle(name)).Encoder),
            Is.EqualTo(PreprocessorConfig.Clip(size) with { Fit = expected }));
    }

    [Test]
    public void Another_target_is_refused_by_the_tensor_that_differs()
    {
        var changed = Path.Combine(shop.Folder, "changed-target");
        Directory.CreateDirectory(changed);
        foreach (var file in Directory.EnumerateFiles(Target))
            File.Copy(file, Path.Combine(changed, Path.GetFileName(file)), overwrite: true);
        var weights = Path.Combine(changed, "model.safetensors");
        var bytes = File.ReadAllBytes(weights);
        // The first tensor begins right behind the header.
        bytes[8 + BitConverter.ToInt32(bytes, 0)] ^= 1;
        File.WriteAllBytes(weights, bytes);
        var run = CliRun.Of("transfer", "--bundle", shop.Bundle("good"), "--target", changed, "--workspace", shop.Workspace("changed"));
        Assert.Multiple(() =>
        {
            Assert.That(run.Code, Is.EqualTo(3));
            Assert.That(run.Error, Does.Contain("model.").And.Contain(changed));
            Assert.That(Directory.Exists(Path.Combine(shop.Workspace("changed"), "grafts")), Is.False);
        });
    }

    [Test]
    public void A_damaged_bundle_is_refused_by_its_file()
    {
        var damaged = Path.Combine(shop.Folder, "damaged-bundle");
        Directory.CreateDirectory(damaged);
        foreach (var file in Directory.EnumerateFiles(shop.Bundle("good")))
            File.Copy(file, Path.Combine(damaged, Path.GetFileName(file)), overwrite: true);
        var weights = Path.Combine(damaged, "encoder.safetensors");
        var bytes = File.ReadAllBytes(weights);
        bytes[^1] ^= 1;
        File.WriteAllBytes(weights, bytes);
        var run = CliRun.Of("transfer", "--bundle", damaged, "--workspace", shop.Workspace("damaged"));
        Assert.Multiple(() =>
        {
            Assert.That(run.Code, Is.EqualTo(3));
            Assert.That(run.Error, Does.Contain("encoder.safetensors"));
        });
    }

    [TestCase("images/nowhere.png", "nowhere.png", TestName = "A_missing_picture_is_named")]
    [TestCase("text.png", "text.png", TestName = "A_picture_that_is_a_text_file_is_named")]
    public void A_bad_picture_ends_the_run(string image, string named)
    {
        shop.Write("data/text.png", "this is no picture");
        var data = shop.Write($"{Guid.NewGuid():n}.json", $$"""
            [ {"id": "a", "image": "{{image}}", "conversations": [ {"from": "human", "value": "<image>\nWhat is it?"}, {"from": "gpt", "value": "red"} ]} ]
            """);
        Refused(data, named);
    }

    [Test]
    public void A_sample_without_an_answer_is_named()
    {
        var data = shop.Write("unanswered.json", """
            [ {"id": "sample-17", "image": "images/train-00000.png", "conversations": [ {"from": "human", "value": "<image>\nWhat is it?"} ]} ]
            """);
        Refused(data, "sample-17");
    }

    [Test]
    public void A_data_file_that_is_not_JSON_is_refused_with_its_line()
    {
        var data = shop.Write("broken.json", "[\n {\"id\": \"a\",\n  oops }\n]");
        Refused(data, "line 3");
    }

    void Refused(string data, string named)
    {
        var name = $"refused-{Guid.NewGuid():n}";
        var run = shop.Train(name, data);
        Assert.Multiple(() =>
        {
            Assert.That(run.Code, Is.EqualTo(3), run.Error);
            Assert.That(run.Error, Does.Contain(named));
            Assert.That(Directory.Exists(shop.Bundle(name)), Is.False);
        });
    }
}
