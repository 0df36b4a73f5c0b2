using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Grafting.Core.Checkpoints;
using Grafting.Core.Data;

namespace Grafting.Core.Training;

/// <summary>
/// <c>RUN/skipped/samples.jsonl</c>: the samples that could not be used, one per line, those of loading first, then as training meets them.
/// A run that is gone on with counts on from them, so that an interruption does not renew the budget.
/// </summary>
public static class SkippedSampleFile
{
    public const string FileName = "samples.jsonl";

    static readonly JsonSerializerOptions s_format = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
    };

    /// <param name="Data">The data set, as its messages call it.</param>
    sealed record Line(string Data, string Where, BadSampleReason Reason, string Detail);

    public static string PathIn(string run) => Path.Combine(run, SkippedStep.FolderName, FileName);

    /// <summary>Counts what the file holds already, and writes down what there is and what will be found.</summary>
    /// <param name="run">The run's folder.</param>
    /// <exception cref="GraftException">
    /// Input: more than the budget allows, or the file is damaged; Resources: the disk refuses.
    /// </exception>
    public static void Keep(string run, IReadOnlyList<Dataset> data)
    {
        var path = PathIn(run);
        foreach (var line in Read(path))
            data.FirstOrDefault(set => set.Path == line.Data)?.Report.Skipped.Add(new BadSample(line.Where, line.Reason, line.Detail));
        List<Line> lines =
            [.. data.SelectMany(set => set.Report.Skipped.First.Select(bad => new Line(set.Path, bad.Where, bad.Reason, bad.Detail)))];
        if (lines.Count > 0) Write(path, lines);
        foreach (var set in data)
        {
            set.Report.Skipped.Found = bad =>
            {
                lock (lines)
                {
                    lines.Add(new Line(set.Path, bad.Where, bad.Reason, bad.Detail));
                    try
                    {
                        Write(path, lines);
                    }
                    catch (GraftException error) when (error.Kind == ErrorKind.Resources)
                    {
                        // Written with the next one. A disk that stays full ends the run at its checkpoints, and says so.
                    }
                }
            };
        }
    }

    static void Write(string path, List<Line> lines)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        AtomicFile.WriteText(path, string.Concat(lines.Select(line => JsonSerializer.Serialize(line, s_format) + "\n")));
    }

    static List<Line> Read(string path)
    {
        if (!File.Exists(path)) return [];
        var lines = new List<Line>();
        foreach (var text in File.ReadLines(path))
        {
            try
            {
                lines.Add(JsonSerializer.Deserialize<Line>(text, s_format) ?? throw new JsonException("it holds null"));
            }
            catch (JsonException error)
            {
                throw Fault.Input(
                    $"{path} is damaged in line {lines.Count + 1}: {error.Message}",
                    "Remove it; the run then counts skipped samples from the start again.", error);
            }
        }
        return lines;
    }
}
