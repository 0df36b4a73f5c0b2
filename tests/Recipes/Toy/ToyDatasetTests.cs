using System.Security.Cryptography;
using System.Text.Json;
using Grafting.Core.Numerics;
using Grafting.Recipes.Toy;
using Grafting.Tests.Support;

namespace Grafting.Tests.Recipes.Toy;

public class ToyDatasetTests
{
    static readonly ToyDatasetCounts Few = new(Train: 6, Text: 5, Validation: 3, Test: 4, QuestionsPerConversation: 2);
    TempFolder _folder = null!;

    [SetUp]
    public void Create() => _folder = new TempFolder();

    [TearDown]
    public void Delete() => _folder.Dispose();

    [Test]
    public void The_same_seed_writes_the_same_bytes_and_another_seed_other_ones()
    {
        var (one, two, other) = (Folder("one"), Folder("two"), Folder("other"));
        ToyDataset.Write(one, 5, Few);
        ToyDataset.Write(two, 5, Few);
        ToyDataset.Write(other, 6, Few);
        Assert.Multiple(() =>
        {
            Assert.That(Digest(two), Is.EqualTo(Digest(one)));
            Assert.That(Digest(other), Is.Not.EqualTo(Digest(one)));
        });
    }

    [Test]
    public void More_training_samples_leave_the_test_as_it_is()
    {
        var (few, more) = (Folder("few"), Folder("more"));
        ToyDataset.Write(few, 5, Few);
        ToyDataset.Write(more, 5, Few with { Train = 9 });
        Assert.That(File.ReadAllBytes(Path.Combine(more, "test.json")), Is.EqualTo(File.ReadAllBytes(Path.Combine(few, "test.json"))));
    }

    [Test]
    public void Samples_are_LLaVA_conversations_whose_answers_follow_from_the_description()
    {
        ToyDataset.Write(_folder.Path, 5, Few);
        Assert.Multiple(() =>
        {
            Assert.That(Samples("train.json"), Has.Count.EqualTo(6));
            Assert.That(Samples("text.json"), Has.Count.EqualTo(5));
            Assert.That(Samples("test.json").Select(sample => sample.GetProperty("image").GetString()).Distinct().Count(), Is.EqualTo(4));
        });
        foreach (var name in (string[])["train.json", "text.json", "val.json", "test.json"])
        {
            foreach (var sample in Samples(name))
            {
                var picture = sample.TryGetProperty("image", out var image);
                Assert.That(picture, Is.EqualTo(name != "text.json"));
                if (picture) Assert.That(_folder[image.GetString()!], Does.Exist);
                if (name is "val.json" or "test.json") Assert.That(sample.GetProperty("type").GetString(), Is.Not.Empty);
                CheckAnswers(sample, picture);
            }
        }
    }

    static void CheckAnswers(JsonElement sample, bool picture)
    {
        var description = sample.GetProperty("description").GetString()!;
        var turns = sample.GetProperty("conversations").EnumerateArray().ToArray();
        for (var i = 0; i < turns.Length; i += 2)
        {
            var asked = turns[i].GetProperty("value").GetString()!;
            if (i == 0) Assert.That(asked, Does.StartWith(picture ? "<image>\n" : description + "\n"));
            Assert.That(turns[i].GetProperty("from").GetString(), Is.EqualTo("human"));
            Assert.That(turns[i + 1].GetProperty("from").GetString(), Is.EqualTo("gpt"));
            Assert.That(turns[i + 1].GetProperty("value").GetString(), Is.EqualTo(SceneReader.Answer(description, asked.Split('\n')[^1])));
        }
    }

    // Pixels, not file bytes: a runtime may compress otherwise.
    [Test]
    public void The_first_picture_of_a_seed_is_always_the_same()
    {
        var random = new DeterministicRandom(31);
        var picture = new ScenePainter(random).Paint(new SceneGenerator(random).Next(SceneSplit.Train));
        Assert.That(
            Convert.ToHexStringLower(SHA256.HashData(picture.Pixels)),
            Is.EqualTo("96a29e63ab520d5a0c13a63a98e0d5129189bb6d274f235e142292fd08c2fdff"));
    }

    [Test]
    public void Renderings_differ_but_every_thing_stays_in_its_cell()
    {
        var scene = new Scene([new(4, Colour.Black, Shape.Square)]);
        var painter = new ScenePainter(new DeterministicRandom(32));
        var (first, second) = (painter.Paint(scene), painter.Paint(scene));
        Assert.That(second.Pixels, Is.Not.EqualTo(first.Pixels));
        for (var y = 0; y < ScenePainter.Size; y++)
        {
            for (var x = 0; x < ScenePainter.Size; x++)
            {
                var inside = y / ScenePainter.CellSize == 1 && x / ScenePainter.CellSize == 1;
                if (!inside) Assert.That(first.Row(y)[3 * x], Is.GreaterThan(170), $"({x}, {y})");
            }
        }
    }

    string Folder(string name) => Directory.CreateDirectory(_folder[name]).FullName;

    List<JsonElement> Samples(string name)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(_folder[name]));
        return [.. document.RootElement.EnumerateArray().Select(sample => sample.Clone())];
    }

    static string Digest(string folder)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            hash.AppendData(File.ReadAllBytes(file));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
