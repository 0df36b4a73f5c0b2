using System.Text.Json;
using System.Text.Json.Nodes;
using Grafting.Core.Checkpoints;

namespace Grafting.Core.Transfer;

/// <summary>A tensor in which a model or another fingerprint differs from a fingerprint.</summary>
/// <param name="Expected">SHA-256; null where the fingerprint has no such tensor.</param>
/// <param name="Found">SHA-256; null where the other side has no such tensor.</param>
public sealed record TensorDifference(string Tensor, string? Expected, string? Found)
{
    public override string ToString()
    {
        var name = Printable.Quote(Tensor);
        if (Found is null) return $"has no tensor {name}";
        return Expected is null
            ? $"has the tensor {name}, which is unknown there"
            : $"has another tensor {name} (its SHA-256 is {Found}, not {Expected})";
    }
}

/// <summary>
/// The fingerprint of an embedding space: SHA-256 of every tensor that a surrogate inherited, by its name in the target. An encoder that
/// was trained with the surrogate speaks to every model that has these tensors.
/// </summary>
public static class EmbeddingFingerprint
{
    const string Key = "fingerprint";

    public static void WriteTo(JsonObject details, IReadOnlyDictionary<string, string> fingerprint) =>
        details[Key] = JsonSerializer.SerializeToNode(fingerprint);

    /// <returns>Null where the manifest has none.</returns>
    /// <exception cref="GraftException">Input, when it is malformed.</exception>
    public static IReadOnlyDictionary<string, string>? ReadFrom(ArtefactManifest manifest, string folder)
    {
        try
        {
            return manifest.Details[Key]?.Deserialize<Dictionary<string, string>>();
        }
        catch (JsonException error)
        {
            throw Fault.Input(
                $"{Path.Combine(folder, ArtefactManifest.FileName)}: its fingerprint is malformed: {error.Message}", inner: error);
        }
    }

    /// <summary>Bytes that <see cref="Differences(Checkpoint, IReadOnlyDictionary{string, string}, Action{long})"/> will read.</summary>
    public static long BytesIn(Checkpoint model, IReadOnlyDictionary<string, string> fingerprint) =>
        fingerprint.Keys.Sum(name => model.Tensors.TryGetValue(name, out var tensor) ? tensor.Entry.ByteCount : 0);

    /// <summary>
    /// Reads and compares every tensor of the fingerprint, as the differences are asked for; other tensors of the model do not matter.
    /// </summary>
    /// <param name="onBytes">Called with the number of bytes of every read.</param>
    public static IEnumerable<TensorDifference> Differences(
        Checkpoint model, IReadOnlyDictionary<string, string> fingerprint, Action<long>? onBytes = null)
    {
        foreach (var (name, expected) in fingerprint)
        {
            var found = model.Tensors.TryGetValue(name, out var tensor) ? Digests.Sha256(tensor, onBytes) : null;
            if (found != expected) yield return new TensorDifference(name, expected, found);
        }
    }

    /// <summary>Where another fingerprint differs, in either direction.</summary>
    public static IEnumerable<TensorDifference> Differences(
        IReadOnlyDictionary<string, string> other, IReadOnlyDictionary<string, string> fingerprint) =>
        from name in fingerprint.Keys.Union(other.Keys).Order(StringComparer.Ordinal)
        let difference = new TensorDifference(name, fingerprint.GetValueOrDefault(name), other.GetValueOrDefault(name))
        where difference.Expected != difference.Found
        select difference;
}
