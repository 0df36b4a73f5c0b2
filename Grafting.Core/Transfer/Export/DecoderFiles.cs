using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Grafting.Core.Checkpoints;
using Grafting.Core.Models;
using Grafting.Core.Models.Llava;
using Grafting.Core.Running;

namespace Grafting.Core.Transfer.Export;

/// <summary>What becomes of the language model's weights, which an export does not change.</summary>
public enum DecoderMode
{
    /// <summary>
    /// Files of their own that share the target's blocks on the disk where the file system can; what it cannot share is copied.
    /// </summary>
    Link,

    /// <summary>Files of their own that share nothing.</summary>
    Copy,

    /// <summary>None: <c>graft.json</c> says where the target is. Only this program can load such a folder.</summary>
    Reference,
}

/// <summary>
/// The weights of a LLaVA folder. Its names differ from those of the target alone, and loaders take the names in the files whatever an
/// index says, so that each of the target's files gets a counterpart with a new header; tower and projector stand in a file of their own.
/// </summary>
sealed class DecoderFiles
{
    const string ReferenceFile = "front-end.safetensors";
    const string HeadName = "lm_head.weight";

    static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };
    static readonly Dictionary<string, string> Metadata = new() { ["format"] = "pt" };
    static readonly NameRoot[] Roots = [new("model.", LlavaKeys.Classic.Body), new("lm_head", LlavaKeys.Classic.Head)];

    readonly Checkpoint _target;
    readonly EmbeddingRows? _rows;
    readonly string _table;
    readonly bool _tied;

    DecoderFiles(Checkpoint target, string table, bool tied, EmbeddingRows? rows) =>
        (_target, _table, _tied, _rows) = (target, table, tied, rows);

    /// <summary>Whether the head is the embedding table; an export with rows of its own in that table gets a head of its own.</summary>
    public bool Tied => _tied && _rows is null;

    /// <summary>SHA-256 of every tensor of the target by its name there; filled by <see cref="ReadDigests"/>.</summary>
    public Dictionary<string, string> Digests { get; } = [];

    public static StoredTensor Table(Checkpoint target, Decoder outline) => target.Tensor(outline.Keys.ToTheirs("embedding.weight")!);

    /// <param name="outline">The target without memory.</param>
    /// <param name="rows">What replaces rows of the embedding table; null: nothing.</param>
    /// <exception cref="GraftException">Input, for a tensor that has no place in a LLaVA.</exception>
    public static DecoderFiles Of(Checkpoint target, Decoder outline, EmbeddingRows? rows)
    {
        if (target.Tensors.Keys.FirstOrDefault(name => NameRoot.Rename(Roots, name) is null) is { } odd)
        {
            throw Fault.Input(
                $"{target.Folder}: the tensor {Printable.Quote(odd)} has no place in a LLaVA, whose language model is named "
                    + $"{string.Join(" and ", Roots.Select(root => root.From))}…",
                "Use --format native.");
        }
        return new(target, Table(target, outline).Entry.Name, outline.Keys.OriginalOf(HeadName) is not null, rows);
    }

    /// <summary>Bytes that an export of that mode writes or shares at most, without tower and projector.</summary>
    public long Bytes(DecoderMode mode)
    {
        var table = _target.Tensor(_table).Entry.ByteCount;
        var own = _rows is null ? 0 : (mode == DecoderMode.Reference ? table : 0) + (NeedsHead ? table : 0);
        return own + (mode == DecoderMode.Reference ? 0 : _target.Files.Sum(file => new FileInfo(file.Path).Length));
    }

    /// <summary>A tied model whose file repeats the table as its head has one already.</summary>
    bool NeedsHead => _tied && _rows is not null && !_target.Tensors.ContainsKey(HeadName);

    static string Named(string name) => NameRoot.Rename(Roots, name)!;

    /// <summary>Reads the target once, before anything is written.</summary>
    public void ReadDigests(IProgress<ProgressReport>? progress)
    {
        var (done, all) = (0L, _target.Tensors.Values.Sum(tensor => tensor.Entry.ByteCount));
        foreach (var (name, tensor) in _target.Tensors)
            Digests[name] = Checkpoints.Digests.Sha256(
                tensor, bytes => progress?.Report(new ProgressReport("verifying the target", done += bytes, all, "B")));
    }

    /// <summary>Writes all weights of the folder.</summary>
    /// <param name="frontEnd">Tower and projector under their names in a LLaVA.</param>
    /// <param name="stamps">Receives those of the weight files.</param>
    public MovedBytes Write(
        string folder, IReadOnlyList<TensorSource> frontEnd, DecoderMode mode, Dictionary<string, FileStamp> stamps,
        IProgress<ProgressReport>? progress)
    {
        List<TensorSource> tensors = [.. frontEnd];
        var table = _target.Tensor(_table);
        if (NeedsHead) tensors.Add(TensorSource.FromFile(table, Named(HeadName)));
        if (mode == DecoderMode.Reference)
        {
            if (_rows is not null) tensors.Add(_rows.In(table, Named(_table)));
            stamps[ReferenceFile] = SafetensorsWriter.Write(Path.Combine(folder, ReferenceFile), tensors, Metadata);
            return default;
        }
        var count = _target.Files.Count + 1;
        var map = new SortedDictionary<string, JsonNode?>(StringComparer.Ordinal);
        var total = tensors.Sum(tensor => tensor.ByteCount);
        var parameters = tensors.Sum(tensor => tensor.ByteCount / tensor.Type.ByteSize());
        var (moved, done, all) = (default(MovedBytes), 0L, _target.Files.Sum(file => new FileInfo(file.Path).Length));
        foreach (var (i, source) in _target.Files.Index())
        {
            var name = Shard(i + 1);
            var path = Path.Combine(folder, name);
            var file = RenamedShard.Write(
                source, path, Named, share: mode == DecoderMode.Link,
                bytes => progress?.Report(new ProgressReport("writing the language model", done += bytes, all, "B")));
            if (_rows is not null && table.File == source)
            {
                var own = Math.Min(_rows.WriteInto(path, Named(_table)), file.Shared);
                file += new MovedBytes(-own, own);
            }
            moved += file;
            foreach (var entry in source.Tensors.Values)
            {
                map.Add(Named(entry.Name), name);
                (total, parameters) = (total + entry.ByteCount, parameters + entry.ElementCount);
            }
        }
        stamps[Shard(count)] = SafetensorsWriter.Write(Path.Combine(folder, Shard(count)), tensors, Metadata);
        foreach (var tensor in tensors) map.Add(tensor.Name, Shard(count));
        var index = new JsonObject
        {
            ["metadata"] = new JsonObject { ["total_parameters"] = parameters, ["total_size"] = total },
            ["weight_map"] = new JsonObject(map),
        };
        File.WriteAllText(Path.Combine(folder, ShardIndex.FileName), index.ToJsonString(Indented) + "\n");
        return moved;

        string Shard(int number) => string.Create(CultureInfo.InvariantCulture, $"model-{number:D5}-of-{count:D5}.safetensors");
    }

    /// <summary>How a folder without the target's weights says where they are.</summary>
    /// <param name="final">The folder's final place.</param>
    public CheckpointReference Reference(string final) =>
        new(ReferenceFile, Path.GetRelativePath(Path.GetFullPath(final), Path.GetFullPath(_target.Folder)), Roots);

    /// <summary>
    /// Reads back what was written, and proves that every tensor of the language model is the target's, byte for byte, but for the rows
    /// that were replaced.
    /// </summary>
    /// <param name="stamps">Receives those of the files that have none yet.</param>
    /// <exception cref="GraftException">Input, naming the first tensor that differs.</exception>
    public void Prove(string folder, Dictionary<string, FileStamp> stamps, IProgress<ProgressReport>? progress)
    {
        var written = Directory.EnumerateFiles(folder, "*.safetensors").Select(path => Path.GetFileName(path)).Where(
            name => !stamps.ContainsKey(name)).ToList();
        var (done, all) = (0L, written.Sum(name => new FileInfo(Path.Combine(folder, name)).Length));
        void Read(long bytes) => progress?.Report(new ProgressReport("proving the language model", done += bytes, all, "B"));
        foreach (var name in written) stamps[name] = Checkpoints.Digests.Stamp(Path.Combine(folder, name), Read);
        var found = stamps.Values.SelectMany(stamp => stamp.Tensors!).ToDictionary(StringComparer.Ordinal);
        foreach (var (name, tensor) in _target.Tensors)
        {
            // A referenced tensor is the target's own.
            if (!found.TryGetValue(Named(name), out var digest)) continue;
            var expected = name == _table && _rows is not null ? Digest(_rows.In(tensor, name)) : Digests[name];
            if (digest != expected)
                throw Fault.Input(
                    $"{folder}: the tensor {Printable.Quote(Named(name))} did not arrive as it is in {_target.Folder}.",
                    "The target was changed meanwhile, or the disk is damaged.");
        }
        if (NeedsHead && found[Named(HeadName)] != Digests[_table])
            throw Fault.Input(
                $"{folder}: the head is not the embedding table of {_target.Folder}.",
                "The target was changed meanwhile, or the disk is damaged.");
    }

    static string Digest(TensorSource tensor)
    {
        using var stream = new StampingStream(Stream.Null);
        tensor.Write(stream);
        return stream.Finish().Sha256;
    }
}
