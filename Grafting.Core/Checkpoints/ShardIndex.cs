using System.Text.Json;

namespace Grafting.Core.Checkpoints;

/// <summary><c>model.safetensors.index.json</c>: which file holds which tensor.</summary>
/// <param name="Files">Tensor name to file name.</param>
/// <param name="TotalSize">Bytes of all tensors, where the index states it.</param>
public sealed record ShardIndex(string Path, IReadOnlyDictionary<string, string> Files, long? TotalSize)
{
    public const string FileName = "model.safetensors.index.json";

    const int MaxBytes = 100_000_000;

    /// <exception cref="GraftException">Of kind <see cref="ErrorKind.Input"/>: malformed, or pointing outside its folder.</exception>
    public static ShardIndex Read(string path)
    {
        var root = StrictJson.ReadObject(path, MaxBytes);
        if (!root.TryGetProperty("weight_map", out var map) || map.ValueKind != JsonValueKind.Object)
            throw Fault.Input($"{path}: has no object \"weight_map\".");
        var files = new Dictionary<string, string>();
        foreach (var pair in map.EnumerateObject())
        {
            if (pair.Value.ValueKind != JsonValueKind.String)
                throw Fault.Input($"{path}: the file of {Printable.Quote(pair.Name)} is a JSON {pair.Value.ValueKind}, expected a string.");
            var file = pair.Value.GetString()!;
            if (!IsPlainName(file))
                throw Fault.Input(
                    $"{path}: the file {Printable.Quote(file)} of {Printable.Quote(pair.Name)} is not a plain file name in the same folder.");
            files.Add(pair.Name, file);
        }
        if (files.Count == 0) throw Fault.Input($"{path}: \"weight_map\" is empty.");
        long? total = root.TryGetProperty("metadata", out var metadata) && metadata.ValueKind == JsonValueKind.Object
            && metadata.TryGetProperty("total_size", out var size) && size.ValueKind == JsonValueKind.Number
                && size.TryGetInt64(out var bytes)
                ? bytes
                : null;
        return new ShardIndex(path, files, total);
    }

    static bool IsPlainName(string name) =>
        name.Length > 0 && name is not ("." or "..") && !name.AsSpan().ContainsAny("/\\:\0");
}
