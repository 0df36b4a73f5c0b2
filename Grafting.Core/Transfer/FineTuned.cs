using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Grafting.Core.Checkpoints;

namespace Grafting.Core.Transfer;

/// <summary>What of the target trains after the graft.</summary>
public enum FineTuneMethod
{
    /// <summary>Its own weights.</summary>
    Full,

    /// <summary>Adapters of low rank beside some of its matrices.</summary>
    Lora,
}

/// <summary>How a graft was trained further; the part of its <c>graft.json</c> that tells it.</summary>
/// <param name="Samples">Samples with pictures that were read.</param>
/// <param name="Of">Samples with pictures that the data hold for training.</param>
/// <param name="Steps">Optimizer steps.</param>
/// <param name="Merged">Whether adapters were written into the weights.</param>
public sealed record FineTuned(FineTuneMethod Method, int Samples, int Of, int Steps, bool Merged = false)
{
    const string Key = "fineTuned";

    static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        RespectRequiredConstructorParameters = true,
    };

    /// <summary>Whether the graft holds a whole language model of its own.</summary>
    [JsonIgnore]
    public bool HoldsModel => Method == FineTuneMethod.Full || Merged;

    public void WriteTo(JsonObject details) => details[Key] = JsonSerializer.SerializeToNode(this, Format);

    /// <returns>Null for a zero-shot graft.</returns>
    /// <exception cref="GraftException">Input, when it is malformed.</exception>
    public static FineTuned? ReadFrom(ArtefactManifest manifest, string folder)
    {
        try
        {
            return manifest.Details[Key]?.Deserialize<FineTuned>(Format);
        }
        catch (JsonException error)
        {
            throw Fault.Input(
                $"{Path.Combine(folder, ArtefactManifest.FileName)}: what it says about fine-tuning is malformed: {error.Message}",
                inner: error);
        }
    }
}
