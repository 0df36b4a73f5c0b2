using System.Text.Json;
using System.Text.Json.Serialization;
using Grafting.Core;
using Grafting.Core.Checkpoints;
using static TorchSharp.torch;

namespace Grafting.Recipes.Runs;

/// <summary><c>request.json</c> of a run: the places that it was started with, so that resuming it needs only its name.</summary>
sealed record RunRequest(string Surrogate, TrainingFiles Data, string Bundle, ScalarType DType)
{
    public const string FileName = "request.json";
    static readonly JsonSerializerOptions Indented = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    /// <param name="folder">Where the run is being made.</param>
    public static void Write(EncoderTrainingRequest request, string folder)
    {
        var kept = new RunRequest(
            Path.GetFullPath(request.Surrogate), request.Data.Full(), Path.GetFullPath(request.Bundle), request.DType);
        AtomicFile.WriteText(Path.Combine(folder, FileName), JsonSerializer.Serialize(kept, Indented) + "\n");
    }

    /// <exception cref="GraftException">Input, when the folder is not a run.</exception>
    public static RunRequest Read(string run)
    {
        var path = Path.Combine(run, FileName);
        if (!File.Exists(path))
            throw Fault.Input($"{run} is not a training run: it has no {FileName}.", "Give the folder that 'graft train-encoder' made.");
        try
        {
            return JsonSerializer.Deserialize<RunRequest>(File.ReadAllText(path), Indented) ?? throw new JsonException("it holds null");
        }
        catch (JsonException e)
        {
            throw Fault.Input($"{path} is damaged, or of another version of graft: {e.Message}", "Start a new run.", e);
        }
    }
}
