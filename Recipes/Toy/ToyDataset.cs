using System.Text.Encodings.Web;
using System.Text.Json;
using Grafting.Core;
using Grafting.Core.Checkpoints;
using Grafting.Core.Imaging;
using Grafting.Core.Numerics;
using Grafting.Core.Text;

namespace Grafting.Recipes.Toy;

/// <summary>How much data <see cref="ToyDataset"/> writes.</summary>
/// <param name="Train">Training pictures, each with a conversation.</param>
/// <param name="Text">Conversations about descriptions, without a picture.</param>
/// <param name="Validation">Validation pictures; each gets one sample per type of question that the scene allows.</param>
/// <param name="Test">Test pictures; the same.</param>
/// <param name="QuestionsPerConversation">Questions about each training picture and each description.</param>
public sealed record ToyDatasetCounts(
    int Train = 3000, int Text = 3000, int Validation = 60, int Test = 300, int QuestionsPerConversation = 4)
{
    /// <summary>
    /// Kinds of things (<see cref="Thing.Kind"/>) that occur in no scene that is trained on; validation and test have all.
    /// </summary>
    public IReadOnlySet<int> HeldOut { get; init; } = new HashSet<int>();

    public ToyDatasetCounts Validate()
    {
        Fault.IfOutside(Train, 0, 1_000_000);
        Fault.IfOutside(Text, 0, 1_000_000);
        Fault.IfOutside(Validation, 0, 100_000);
        Fault.IfOutside(Test, 0, 100_000);
        Fault.IfOutside(QuestionsPerConversation, 1, 16);
        if (HeldOut.Count > 0) Fault.IfOutside(HeldOut.Count, 1, Thing.Kinds - 1);
        return this;
    }
}

/// <summary>
/// Writes pictures of scenes with questions in LLaVA's JSON: <c>train.json</c>, <c>text.json</c> (no pictures), <c>val.json</c> and
/// <c>test.json</c>, pictures in <c>images/</c>. Validation and test samples hold one question each, with its <c>type</c>; every sample has
/// the scene's <c>description</c>, so that a text-only model can be asked the same.
/// </summary>
public static class ToyDataset
{
    static readonly JsonWriterOptions Readable = new()
    {
        Indented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    // One stream of random numbers per file: more of one kind of sample does not change the others.
    enum Stream : ulong
    {
        Train = 1,
        Text,
        Validation,
        Test,
    }

    /// <summary>Writes into an existing folder; the same arguments give the same bytes.</summary>
    public static void Write(string folder, ulong seed, ToyDatasetCounts counts)
    {
        counts.Validate();
        Directory.CreateDirectory(Path.Combine(folder, "images"));
        WriteJson(folder, "train.json", Conversations(folder, new(seed, (ulong)Stream.Train), counts));
        WriteJson(folder, "text.json", Descriptions(new(seed, (ulong)Stream.Text), counts));
        WriteJson(folder, "val.json", Single(folder, "val", SceneSplit.Validation, new(seed, (ulong)Stream.Validation), counts.Validation));
        WriteJson(folder, "test.json", Single(folder, "test", SceneSplit.Test, new(seed, (ulong)Stream.Test), counts.Test));
    }

    sealed record Sample(string Id, string? Image, string? Type, string Description, IReadOnlyList<Turn> Turns);

    static IEnumerable<Sample> Conversations(string folder, DeterministicRandom random, ToyDatasetCounts counts)
    {
        var scenes = new SceneGenerator(random, counts.HeldOut);
        var painter = new ScenePainter(random);
        for (var n = 0; n < counts.Train; n++)
        {
            var scene = scenes.Next(SceneSplit.Train);
            var id = $"train-{n:d5}";
            var turns = ToyText.WithPicture(SceneQuestions.Several(random, scene, counts.QuestionsPerConversation));
            yield return new Sample(id, WritePicture(folder, id, painter.Paint(scene)), null, SceneWords.Describe(scene.Things), turns);
        }
    }

    static IEnumerable<Sample> Descriptions(DeterministicRandom random, ToyDatasetCounts counts)
    {
        var scenes = new SceneGenerator(random, counts.HeldOut);
        for (var n = 0; n < counts.Text; n++)
        {
            var scene = scenes.Next(SceneSplit.Train);
            var questions = SceneQuestions.Several(random, scene, counts.QuestionsPerConversation);
            yield return new Sample(
                $"text-{n:d5}", null, null, SceneWords.Describe(scene.Things), ToyText.WithDescription(scene, questions));
        }
    }

    static IEnumerable<Sample> Single(string folder, string name, SceneSplit split, DeterministicRandom random, int pictures)
    {
        var scenes = new SceneGenerator(random);
        var painter = new ScenePainter(random);
        for (var n = 0; n < pictures; n++)
        {
            var scene = scenes.Next(split);
            var id = $"{name}-{n:d5}";
            var image = WritePicture(folder, id, painter.Paint(scene));
            foreach (var type in Enum.GetValues<QuestionType>())
            {
                if (SceneQuestions.TryAsk(random, scene, type) is not { } question) continue;
                var label = SceneWords.Of(type);
                yield return new Sample($"{id}-{label}", image, label, SceneWords.Describe(scene.Things), ToyText.WithPicture([question]));
            }
        }
    }

    static string WritePicture(string folder, string id, RgbImage picture)
    {
        var path = $"images/{id}.png";
        File.WriteAllBytes(Path.Combine(folder, path), PngWriter.Encode(picture));
        return path;
    }

    static void WriteJson(string folder, string name, IEnumerable<Sample> samples) =>
        AtomicFile.Write(Path.Combine(folder, name), stream =>
        {
            using var json = new Utf8JsonWriter(stream, Readable);
            json.WriteStartArray();
            foreach (var sample in samples) Write(json, sample);
            json.WriteEndArray();
        });

    static void Write(Utf8JsonWriter json, Sample sample)
    {
        json.WriteStartObject();
        json.WriteString("id", sample.Id);
        if (sample.Image is not null) json.WriteString("image", sample.Image);
        if (sample.Type is not null) json.WriteString("type", sample.Type);
        json.WriteString("description", sample.Description);
        json.WriteStartArray("conversations");
        foreach (var turn in sample.Turns)
        {
            json.WriteStartObject();
            json.WriteString("from", turn.Role == Role.User ? "human" : "gpt");
            json.WriteString("value", turn.Text);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
