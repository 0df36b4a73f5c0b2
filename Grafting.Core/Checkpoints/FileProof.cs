namespace Grafting.Core.Checkpoints;

/// <summary>A way in which a file is not what <c>graft.json</c> says.</summary>
/// <param name="Tensor">The tensor at fault; null where the fault is outside of the tensors, or cannot be placed.</param>
/// <param name="Message">A sentence that begins with the path.</param>
public sealed record FileProblem(string Path, string? Tensor, string Message)
{
    public const string Remedy = "Make or fetch the artefact again.";
}

/// <summary>A file compared with its stamp.</summary>
/// <param name="Problems">Empty when it is what it must be.</param>
/// <param name="Found">What was read, if the file was read to its end.</param>
public sealed record FileProof(IReadOnlyList<FileProblem> Problems, FileStamp? Found)
{
    const string Name = ArtefactManifest.FileName;

    /// <param name="thorough">
    /// Whether the tensors are hashed in any case, in the same pass; otherwise only to place damage that the digest of the file has shown.
    /// </param>
    /// <param name="onBytes">Called with the number of bytes of every read.</param>
    public static FileProof Of(string path, FileStamp stamp, bool thorough = false, Action<long>? onBytes = null)
    {
        if (!File.Exists(path)) return Fault($"is missing, but {Name} lists it.");
        var length = new FileInfo(path).Length;
        if (length < stamp.Bytes) return Fault($"is truncated: it has {length} bytes, {Name} says {stamp.Bytes}.");
        if (length > stamp.Bytes) return Fault($"is too long: it has {length} bytes, {Name} says {stamp.Bytes}.");
        FileStamp found;
        try
        {
            found = thorough ? Digests.Stamp(path, onBytes) : new FileStamp(length, Digests.Sha256(path, onBytes));
            if (found.Sha256 != stamp.Sha256 && stamp.Tensors is not null && found.Tensors is null) found = Digests.Stamp(path);
        }
        catch (GraftException error) when (error.Kind == ErrorKind.Input)
        {
            var reason = error.Message.StartsWith($"{path}: ", StringComparison.Ordinal)
                ? error.Message[(path.Length + 2)..]
                : error.Message;
            return Fault(Digests.HoldsTensors(path) ? $"is damaged outside of its tensors: {reason}" : reason);
        }
        return new FileProof([.. Compare(path, stamp, found)], found);

        FileProof Fault(string what) => new([new FileProblem(path, null, $"{path}: {what}")], null);
    }

    static IEnumerable<FileProblem> Compare(string path, FileStamp stamp, FileStamp found)
    {
        var placed = false;
        if (stamp.Tensors is not null && found.Tensors is not null)
        {
            foreach (var (tensor, digest) in stamp.Tensors)
            {
                if (found.Tensors.TryGetValue(tensor, out var actual) && actual == digest) continue;
                placed = true;
                yield return new FileProblem(path, tensor, actual is null
                    ? $"{path}: its header no longer has the tensor {Printable.Quote(tensor)}, which {Name} lists."
                    : $"{path}: tensor {Printable.Quote(tensor)} is damaged: its SHA-256 is {actual}, {Name} says {digest}.");
            }
            foreach (var tensor in found.Tensors.Keys.Where(tensor => !stamp.Tensors.ContainsKey(tensor)))
            {
                placed = true;
                yield return new FileProblem(
                    path, tensor, $"{path}: has the tensor {Printable.Quote(tensor)}, which {Name} does not list.");
            }
        }
        if (placed || found.Sha256 == stamp.Sha256) yield break;
        var where = stamp.Tensors is null ? "is damaged" : "is damaged outside of its tensors, in the header";
        yield return new FileProblem(path, null, $"{path}: {where}: its SHA-256 is {found.Sha256}, {Name} says {stamp.Sha256}.");
    }
}
