using System.Formats.Tar;
using System.Text.Json;
using System.Text.Json.Nodes;
using Grafting.Core.Data;
using Grafting.Core.Text;
using Grafting.Tests.Support;

namespace Grafting.Tests.Data;

/// <summary>
/// Writes samples of at most one picture each in every form of data, with their pictures, so that nothing outside the folder is needed.
/// </summary>
static class WrittenSamples
{
    public static string Llava(TempFolder folder, string name, IEnumerable<Sample> samples) =>
        folder.Write($"{name}.jsonl", Lines(samples.Select(sample => Llava(sample, Linked(folder, sample)))));

    public static string ShareGpt(TempFolder folder, string name, IEnumerable<Sample> samples) =>
        folder.Write($"{name}.json", Lines(samples.Select(sample => ShareGpt(sample, Linked(folder, sample)))));

    public static string Messages(TempFolder folder, string name, IEnumerable<Sample> samples) =>
        folder.Write($"{name}.json", Lines(samples.Select(sample => Messages(sample, Linked(folder, sample)))));

    public static string AddressedMessages(TempFolder folder, string name, IEnumerable<Sample> samples) =>
        folder.Write(
            $"{name}.json", Lines(samples.Select(sample => Messages(sample, new Uri(folder[Linked(folder, sample)]).AbsoluteUri))));

    public static string InlineMessages(TempFolder folder, string name, IEnumerable<Sample> samples) =>
        folder.Write($"{name}.json", Lines(samples.Select(sample => Messages(sample, DataUri(sample)))));

    public static string Tar(TempFolder folder, string name, IEnumerable<Sample> samples, TarEntryFormat format = TarEntryFormat.Ustar) =>
        folder.Write($"{name}.tar", TarFiles.Bytes(format, Members(samples)));

    public static string Parquet(TempFolder folder, string name, IEnumerable<Sample> samples, ParquetStyle style) =>
        folder.Write($"{name}.parquet", ParquetFiles.Bytes(ParquetFiles.Of(samples), style));

    static string Lines(IEnumerable<JsonObject> records) => string.Join('\n', records.Select(record => record.ToJsonString()));

    /// <summary>Copies the picture of a sample into the folder.</summary>
    static string Linked(TempFolder folder, Sample sample)
    {
        if (sample.Images.Count == 0) return "";
        var name = $"pictures of all/{sample.Group}";
        if (!File.Exists(folder[name])) folder.Write(name, File.ReadAllBytes(sample.Images[0]));
        return name;
    }

    static string DataUri(Sample sample) =>
        sample.Images.Count == 0 ? "" : $"data:image/png;base64,{Convert.ToBase64String(File.ReadAllBytes(sample.Images[0]))}";

    static JsonObject Llava(Sample sample, string picture)
    {
        var record = new JsonObject { ["id"] = sample.Id, ["conversations"] = Turns(sample) };
        return sample.Images.Count == 0 ? record : record.With("image", picture);
    }

    static JsonObject ShareGpt(Sample sample, string picture) =>
        new()
        {
            ["id"] = sample.Id,
            ["conversations"] = Turns(sample),
            ["images"] = sample.Images.Count == 0 ? new JsonArray() : new JsonArray(picture),
        };

    static JsonArray Turns(Sample sample) =>
        LlavaFiles.Turns(
            [.. sample.Turns.Select(
                turn => (turn.Role == Role.User ? "human" : turn.Role == Role.Assistant ? "gpt" : "system", turn.Text))]);

    static JsonObject Messages(Sample sample, string picture) => new()
    {
        ["id"] = sample.Id,
        ["messages"] = new JsonArray(
            [.. sample.Turns.Select(turn => (
                JsonNode)new JsonObject { ["role"] = turn.Role.ToString().ToLowerInvariant(), ["content"] = Content(turn, picture) })]),
    };

    static JsonNode Content(Turn turn, string picture)
    {
        if (turn.Pictures == 0) return turn.Text;
        var parts = new JsonArray();
        foreach (var (i, text) in turn.Text.Split("<image>\n").Index())
        {
            if (i > 0)
            {
                parts.Add(
                    new JsonObject { ["type"] = "image_url", ["image_url"] = new JsonObject { ["url"] = picture, ["detail"] = "low" } });
            }
            if (text.Length > 0) parts.Add(new JsonObject { ["type"] = "text", ["text"] = text });
        }
        return parts;
    }

    static IEnumerable<(string, byte[])> Members(IEnumerable<Sample> samples)
    {
        foreach (var (i, sample) in samples.Index())
        {
            if (sample.Images.Count > 0) yield return ($"part/{i:D5}.png", File.ReadAllBytes(sample.Images[0]));
            yield return ($"part/{i:D5}.json", JsonSerializer.SerializeToUtf8Bytes(Llava(sample, $"elsewhere/{sample.Group}")));
        }
    }
}
