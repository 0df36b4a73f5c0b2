using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Grafting.Core.Checkpoints;
using Grafting.Core.Models;

namespace Grafting.Core.Training;

/// <summary>
/// A step that was not taken, kept in <c>RUN/skipped/step-000001234/</c> with the trained weights as they were before it, so that it can be
/// computed again and looked into.
/// </summary>
public sealed record SkippedStep
{
    public const string FolderName = "skipped";
    public const string Kind = "skipped-step";
    const string StepFile = "step.json";
    const string ModelFile = "model.safetensors";

    static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { new JsonStringEnumConverter() },
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
    };

    /// <summary>Step of the run, counted from 1, as in <c>metrics.jsonl</c>.</summary>
    public required int Step { get; init; }

    public required string Stage { get; init; }

    /// <summary>Place of the stage in the recipe, from 0.</summary>
    public required int StageIndex { get; init; }

    /// <summary>Steps of the stage before it; the samples follow from it.</summary>
    public required long StageStep { get; init; }

    public required SkipReason Reason { get; init; }

    /// <summary>What was seen, in words.</summary>
    public required string Words { get; init; }

    /// <summary>Weighted loss of the step, nats per token.</summary>
    public required double Loss { get; init; }

    /// <summary>Of the whole gradient.</summary>
    public required double Norm { get; init; }

    /// <summary>Ids of the samples that it read, in order.</summary>
    public required IReadOnlyList<string> Samples { get; init; }

    /// <summary>SHA-256 of the resolved recipe.</summary>
    public required string Recipe { get; init; }

    /// <summary>Fingerprint of the data.</summary>
    public required string Data { get; init; }

    /// <summary>Writes the step into a run; one of the same number from before a resume is replaced.</summary>
    /// <param name="model">Every parameter trained so far.</param>
    /// <returns>The folder.</returns>
    public string Write(RunFolder run, IEnumerable<TensorSource> model)
    {
        var folder = FolderOf(run.Folder, Step);
        AtomicFolder.Commit(
            folder,
            staging =>
            {
                var weights = SafetensorsWriter.Write(Path.Combine(staging, ModelFile), model);
                File.WriteAllText(Path.Combine(staging, StepFile), JsonSerializer.Serialize(this, Format) + "\n");
                new ArtefactManifest(
                    Kind,
                    new Origin(run.Command, Recipe))
                { Files = new Dictionary<string, FileStamp> { [ModelFile] = weights } }.Write(staging);
            },
            replace: true);
        return folder;
    }

    /// <summary>Reads a kept step, verified file by file.</summary>
    /// <param name="run">The run's folder.</param>
    /// <exception cref="GraftException">Input: there is no such step, or a file was changed.</exception>
    public static SkippedStep Read(string run, int step)
    {
        var folder = FolderOf(run, step);
        if (!Directory.Exists(folder))
        {
            var kept = Kept(run);
            throw Fault.Input(
                $"{run} has not kept step {step}.",
                kept.Count == 0 ? "Only steps that were not taken are kept, and this run has none."
                    : $"Kept: {string.Join(", ", kept.Take(10).Select(s => $"step-{s}"))}{(kept.Count > 10 ? ", …" : "")}.");
        }
        ArtefactManifest.Read(folder, Kind).Verify(folder);
        var path = Path.Combine(folder, StepFile);
        try
        {
            return JsonSerializer.Deserialize<SkippedStep>(File.ReadAllText(path), Format) ?? throw new JsonException("it holds null");
        }
        catch (JsonException e)
        {
            throw Fault.Input($"{path} is damaged: {e.Message}", "Remove its folder.", e);
        }
    }

    /// <summary>The command that looks into a kept step.</summary>
    public static string ReplayCommand(string run, int step) => $"graft debug replay step-{step} --run {run}";

    /// <summary>Steps that a run has kept, in order.</summary>
    public static IReadOnlyList<int> Kept(string run)
    {
        var root = Path.Combine(run, FolderName);
        if (!Directory.Exists(root)) return [];
        return [.. from path in Directory.EnumerateDirectories(root, "step-*")
                   let step = int.TryParse(
                       Path.GetFileName(path)["step-".Length..], NumberStyles.None, CultureInfo.InvariantCulture, out var n)
                       ? n
                       : 0
                   where step > 0
                   orderby step
                   select step];
    }

    /// <summary>Puts the weights of before the step into a model.</summary>
    /// <exception cref="GraftException">Input, when the model has no such parameter.</exception>
    public void Restore(string run, TrainingModel model)
    {
        var parameters = model.All().ToDictionary(StringComparer.Ordinal);
        using var file = SafetensorsFile.Open(Path.Combine(FolderOf(run, Step), ModelFile));
        foreach (var (name, entry) in file.Tensors)
        {
            if (!parameters.TryGetValue(name, out var parameter) || !parameter.shape.SequenceEqual(entry.Shape))
                throw Fault.Input(
                    $"{file.Path} holds '{name}' [{string.Join(", ", entry.Shape)}], for which this model has no place.",
                    "Restore the surrogate and recipe of the run.");
            TensorLoading.Fill(parameter, new StoredTensor(entry, file));
        }
    }

    static string FolderOf(string run, int step) =>
        Path.Combine(run, FolderName, string.Create(CultureInfo.InvariantCulture, $"step-{step:D9}"));
}
