using System.Text.Json;
using System.Text.Json.Nodes;

namespace Grafting.Core.Checkpoints;

/// <summary>
/// Tensors of a folder that stand in another model's folder, under other names: <c>graft.json</c> of a folder that was exported with
/// <c>--reference</c> says so. Only this program follows it.
/// </summary>
/// <param name="File">The safetensors file with the tensors that the folder has itself; they take the place of referenced ones.</param>
/// <param name="Model">The other model's folder; where it is relative, from the folder.</param>
/// <param name="Roots">Beginnings of the other model's names and what stands here for them; the first that fits.</param>
public sealed record CheckpointReference(string File, string Model, IReadOnlyList<NameRoot> Roots)
{
    const string Key = "reference";
    static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web) { RespectRequiredConstructorParameters = true };

    public void WriteTo(JsonObject details) => details[Key] = JsonSerializer.SerializeToNode(this, Format);

    /// <returns>Null where the folder refers to no other model.</returns>
    /// <exception cref="GraftException">Of kind <see cref="ErrorKind.Input"/> when the manifest is malformed.</exception>
    public static CheckpointReference? In(string folder)
    {
        if (!System.IO.File.Exists(Path.Combine(folder, ArtefactManifest.FileName))) return null;
        var manifest = ArtefactManifest.Read(folder);
        try
        {
            return manifest.Details[Key]?.Deserialize<CheckpointReference>(Format);
        }
        catch (JsonException error)
        {
            throw Fault.Input(
                $"{Path.Combine(folder, ArtefactManifest.FileName)}: its reference to a model is malformed: {error.Message}", inner: error);
        }
    }

    /// <summary>The other model's folder.</summary>
    /// <param name="folder">That which refers to it.</param>
    public string ModelFrom(string folder) => Path.GetFullPath(Model, Path.GetFullPath(folder));

    /// <summary>What stands here for one of the other model's names; null where nothing does.</summary>
    public string? Rename(string name) => NameRoot.Rename(Roots, name);
}

/// <summary>A beginning of names, and what stands for it elsewhere.</summary>
public sealed record NameRoot(string From, string To)
{
    /// <returns>Null where no root fits.</returns>
    public static string? Rename(IEnumerable<NameRoot> roots, string name) =>
        roots.FirstOrDefault(root => name.StartsWith(root.From, StringComparison.Ordinal)) is { } root
            ? root.To + name[root.From.Length..]
            : null;
}
