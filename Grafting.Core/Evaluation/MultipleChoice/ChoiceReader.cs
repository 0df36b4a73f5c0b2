using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Grafting.Core.Checkpoints;
using Grafting.Core.Data.Files;
using Grafting.Core.Text;

namespace Grafting.Core.Evaluation.MultipleChoice;

/// <summary>Reads a benchmark's file: JSON Lines, a JSON array, or CSV.</summary>
public static class ChoiceReader
{
    const int MaxTextBytes = 1 << 30;

    static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>All questions of a file, in its order.</summary>
    /// <exception cref="GraftException">
    /// Input: unreadable, or a record that is malformed or has no answer, naming file, line and field.
    /// </exception>
    public static IReadOnlyList<ChoiceQuestion> Read(ChoiceTask task, string path)
    {
        var labels = task.HasLabelFile ? Labels(path) : null;
        var questions = new List<ChoiceQuestion>();
        var isCsv = Path.GetExtension(path).Equals(".csv", StringComparison.OrdinalIgnoreCase);
        foreach (var json in isCsv ? CsvRecords(task, path) : JsonRecords(path))
        {
            if (labels is not null && questions.Count >= labels.Length) throw Mismatch(path, labels.Length, "more");
            questions.Add(task.Read(new ChoiceRecord(json, labels?[questions.Count])).Validate());
        }
        if (labels is not null && questions.Count < labels.Length) throw Mismatch(path, labels.Length, $"{questions.Count}");
        return questions.Count > 0 ? questions : throw Fault.Input($"{path}: holds no questions.");
    }

    /// <summary>A record lives until the next one is asked for.</summary>
    static IEnumerable<JsonAt> JsonRecords(string path)
    {
        using var handle = RegularFile.Open(path);
        using var stream = new FileStream(handle, FileAccess.Read);
        foreach (var record in new JsonRecordScanner(path, stream).Records())
        {
            using var document = record.Document;
            yield return new JsonAt(document.RootElement, path, $"line {record.Line}");
        }
    }

    /// <summary>A row as the object that a JSON file would hold; all values are texts.</summary>
    static IEnumerable<JsonAt> CsvRecords(ChoiceTask task, string path)
    {
        var names = task.CsvFields;
        foreach (var row in new CsvReader(ReadText(path), path).Rows())
        {
            if (names is null)
            {
                names = row.Fields;
                if (names.Distinct(StringComparer.Ordinal).Count() < names.Count)
                    throw Fault.Input($"{path}: line {row.Line}: names a field twice.");
                continue;
            }
            if (row.Fields.Count != names.Count)
            {
                var expected = string.Join(", ", names.Select(Printable.Quote));
                throw Fault.Input($"{path}: line {row.Line}: has {row.Fields.Count} fields; {names.Count} were expected: {expected}.");
            }
            var json = new JsonObject(names.Zip(row.Fields, (name, value) => KeyValuePair.Create(name, (JsonNode?)value)));
            yield return new JsonAt(JsonSerializer.SerializeToElement(json), path, $"line {row.Line}");
        }
    }

    /// <summary>One label a line; null where there is no such file.</summary>
    static string[]? Labels(string path)
    {
        var file = LabelFile(path);
        return File.Exists(file) ? ReadText(file).TrimEnd().Split('\n', StringSplitOptions.TrimEntries) : null;
    }

    static string LabelFile(string path) => Path.ChangeExtension(path, null) + "-labels.lst";

    static GraftException Mismatch(string path, int labels, string records) =>
        Fault.Input($"{LabelFile(path)}: has {labels} labels, and {path} has {records} questions.", "Both must be of the same split.");

    static string ReadText(string path)
    {
        ReadOnlySpan<byte> bytes = RegularFile.ReadAll(path, MaxTextBytes);
        if (bytes.StartsWith("\uFEFF"u8)) bytes = bytes[3..];
        try
        {
            return Utf8.GetString(bytes);
        }
        catch (DecoderFallbackException error)
        {
            throw Fault.Input($"{path}: is not UTF-8 text: byte {error.Index}.", inner: error);
        }
    }
}
