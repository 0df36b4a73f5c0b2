using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Grafting.Core.Checkpoints;
using Grafting.Core.Training.TensorBoard;

namespace Grafting.Core.Training;

/// <summary>
/// <c>metrics.jsonl</c>: one JSON object per line, appended at every step, so that a run that died is still readable. What a full disk
/// refuses is kept and written later; a checkpoint is saved only when all lines up to its step are on disk. The scalars go into a file of
/// TensorBoard's events beside it as well.
/// </summary>
public sealed class MetricsLog : IDisposable
{
    public const string Schema = "graft.metrics/1";
    readonly FileStream _file;
    readonly List<byte> _waiting = [];
    readonly TensorBoardLog _events;
    (string Name, JsonNode Value)? _note;
    long _end;

    MetricsLog(FileStream file, TensorBoardLog events) => (_file, _end, _events) = (file, file.Length, events);

    /// <summary>Opens the log; lines after <paramref name="lastStep"/>, and a last line cut short by a crash, are dropped.</summary>
    public static MetricsLog Open(string path, int lastStep)
    {
        // Not one line beyond is read: what a crash of the machine left there need not make sense.
        var kept = lastStep > 0 && File.Exists(path) ? Until(lastStep, Lines(path)).ToList() : [];
        AtomicFile.WriteText(path, string.Concat(kept.Select(m => m.ToJsonString() + "\n")));
        var events = TensorBoardLog.Open(Path.GetDirectoryName(Path.GetFullPath(path))!, lastStep);
        return new MetricsLog(new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.Read, bufferSize: 0), events);
    }

    /// <summary>Adds a field to the next line.</summary>
    public void NoteNext(string name, JsonNode value) => _note = (name, value);

    public void Add(JsonObject metrics)
    {
        if (_note is { } note) metrics[note.Name] = note.Value;
        _note = null;
        metrics.Insert(0, "schema", Schema);
        _waiting.AddRange(Encoding.UTF8.GetBytes(metrics.ToJsonString() + "\n"));
        Leftovers.Try(_file.Name, Write);
        _events.Add(metrics);
    }

    /// <summary>Puts every line on disk.</summary>
    /// <exception cref="GraftException">Resources, when the disk refuses; nothing is lost, and a later call may succeed.</exception>
    public void Sync() => Durable.Guard(_file.Name, () =>
    {
        Write();
        FileSteps.Sync(_file);
    });

    /// <summary>All whole lines.</summary>
    public static IReadOnlyList<JsonObject> Read(string path) => [.. Lines(path)];

    public void Dispose()
    {
        _file.Dispose();
        _events.Dispose();
    }

    /// <summary>Begins where the last whole line ends, so that a line of which only a part went through is written over.</summary>
    void Write()
    {
        if (_waiting.Count == 0) return;
        FileSteps.Announce(FileStep.Write, _file.Name);
        _file.Position = _end;
        _file.Write([.. _waiting]);
        _end = _file.Position;
        _waiting.Clear();
    }

    static IEnumerable<JsonObject> Until(int lastStep, IEnumerable<JsonObject> lines)
    {
        foreach (var line in lines)
        {
            var step = line["step"]!.GetValue<int>();
            if (step <= lastStep) yield return line;
            if (step >= lastStep) yield break;
        }
    }

    static IEnumerable<JsonObject> Lines(string path)
    {
        var lines = File.ReadAllLines(path);
        for (var i = 0; i < lines.Length; i++)
        {
            if (Parse(path, lines[i], i + 1, isLast: i == lines.Length - 1) is { } line) yield return line;
        }
    }

    static JsonObject? Parse(string path, string text, int number, bool isLast)
    {
        try
        {
            return JsonNode.Parse(text) as JsonObject ?? throw new JsonException("every line holds an object");
        }
        catch (JsonException) when (isLast)
        {
            // The line that was being written when the process died.
            return null;
        }
        catch (JsonException e)
        {
            throw Fault.Input($"{path}, line {number} is not JSON: {e.Message}", "Remove the line; the log is only read for reports.", e);
        }
    }
}
