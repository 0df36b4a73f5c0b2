using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Grafting.Core.Training.TensorBoard;

namespace Grafting.Core.Training;

/// <summary>
/// <c>metrics.jsonl</c>: one JSON object per line, appended and flushed at every step, so that a run that died is still readable. The
/// scalars go into a file of TensorBoard's events beside it as well.
/// </summary>
public sealed class MetricsLog : IDisposable
{
    public const string Schema = "graft.metrics/1";
    readonly StreamWriter _writer;
    readonly TensorBoardLog _events;

    MetricsLog(StreamWriter writer, TensorBoardLog events) => (_writer, _events) = (writer, events);

    /// <summary>Opens the log; lines after <paramref name="lastStep"/>, and a last line cut short by a crash, are dropped.</summary>
    public static MetricsLog Open(string path, int lastStep)
    {
        var kept = File.Exists(path) ? Read(path).Where(m => m["step"]!.GetValue<int>() <= lastStep).ToList() : [];
        Checkpoints.AtomicFile.WriteText(path, string.Concat(kept.Select(m => m.ToJsonString() + "\n")));
        var events = TensorBoardLog.Open(Path.GetDirectoryName(Path.GetFullPath(path))!, lastStep);
        return new MetricsLog(new StreamWriter(path, append: true, new UTF8Encoding(false)) { AutoFlush = true, NewLine = "\n" }, events);
    }

    public void Add(JsonObject metrics)
    {
        metrics.Insert(0, "schema", Schema);
        _writer.WriteLine(metrics.ToJsonString());
        _events.Add(metrics);
    }

    /// <summary>All whole lines.</summary>
    public static IReadOnlyList<JsonObject> Read(string path)
    {
        var lines = File.ReadAllLines(path);
        var found = new List<JsonObject>();
        for (var i = 0; i < lines.Length; i++)
        {
            try
            {
                found.Add(JsonNode.Parse(lines[i]) as JsonObject ?? throw new JsonException("every line holds an object"));
            }
            catch (JsonException) when (i == lines.Length - 1)
            {
                // The line that was being written when the process died.
            }
            catch (JsonException e)
            {
                throw Fault.Input($"{path}, line {i + 1} is not JSON: {e.Message}", "Remove the line; the log is only read for reports.", e);
            }
        }
        return found;
    }

    public void Dispose()
    {
        _writer.Dispose();
        _events.Dispose();
    }
}
