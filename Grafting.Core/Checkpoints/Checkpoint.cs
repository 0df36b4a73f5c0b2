using System.Text.Json;

namespace Grafting.Core.Checkpoints;

/// <summary>A model folder in Hugging Face's layout: <c>config.json</c> and one safetensors file, or shards with an index.</summary>
public sealed class Checkpoint : IDisposable
{
    public const string ConfigName = "config.json";
    public const string SingleFileName = "model.safetensors";

    const int MaxConfigBytes = 16 << 20;

    readonly List<SafetensorsFile> _files = [];
    readonly Dictionary<string, StoredTensor> _tensors = [];
    readonly List<string> _warnings = [];
    Checkpoint? _referenced;

    Checkpoint(string folder, JsonElement config)
    {
        Folder = folder;
        Config = config;
    }

    public string Folder { get; }

    /// <summary>The object in <c>config.json</c>.</summary>
    public JsonElement Config { get; }

    /// <summary>Every tensor by name, file by file.</summary>
    public IReadOnlyDictionary<string, StoredTensor> Tensors => _tensors;

    /// <summary>The weight files, in the order of their names.</summary>
    public IReadOnlyList<SafetensorsFile> Files => _files;

    /// <summary>What is readable but not as it should be, naming the file.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <summary>Opens a folder and checks the headers of all its weight files; reads no weights.</summary>
    /// <exception cref="GraftException">Of kind <see cref="ErrorKind.Input"/>, naming the file at fault.</exception>
    public static Checkpoint Open(string folder)
    {
        var checkpoint = new Checkpoint(folder, ReadConfig(folder));
        try
        {
            var index = Path.Combine(folder, ShardIndex.FileName);
            var single = Path.Combine(folder, SingleFileName);
            if (Exists(index)) checkpoint.AddShards(ShardIndex.Read(index), Exists(single) ? single : null);
            else if (Exists(single)) checkpoint.AddFile(single);
            else if (CheckpointReference.In(folder) is { } reference) checkpoint.AddReferenced(reference);
            else throw NoWeights(folder);
            return checkpoint;
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    /// <summary>The object in <c>config.json</c> of a folder that need not hold weights.</summary>
    /// <exception cref="GraftException">Of kind <see cref="ErrorKind.Input"/>.</exception>
    public static JsonElement ReadConfig(string folder)
    {
        if (!Directory.Exists(folder)) throw Fault.Input($"{folder}: no such folder.");
        var path = Path.Combine(folder, ConfigName);
        if (!Exists(path)) throw Fault.Input($"{folder}: has no {ConfigName}.", "Give a model folder in Hugging Face's layout.");
        return StrictJson.ReadObject(path, MaxConfigBytes);
    }

    /// <exception cref="GraftException">Of kind <see cref="ErrorKind.Input"/> when there is no such tensor.</exception>
    public StoredTensor Tensor(string name) => _tensors.TryGetValue(name, out var tensor)
        ? tensor
        : throw Fault.Input($"{Folder}: has no tensor {Printable.Quote(name)}; it has {_tensors.Count} others.");

    public void Dispose()
    {
        _referenced?.Dispose();
        foreach (var file in _files) file.Dispose();
    }

    void AddFile(string path)
    {
        var file = Open(path, null);
        foreach (var entry in file.Tensors.Values) _tensors.Add(entry.Name, new StoredTensor(entry, file));
    }

    /// <summary>Tensors of the folder's own, then those of the model that it refers to, under the names that they have here.</summary>
    void AddReferenced(CheckpointReference reference)
    {
        AddFile(Path.Combine(Folder, reference.File));
        var model = reference.ModelFrom(Folder);
        if (!Directory.Exists(model))
        {
            throw Fault.Input(
                $"{Folder}: refers to the model {model}, which is not there.",
                "Put both back where they stood to each other, or export again; --copy makes a folder that stands alone.");
        }
        // A model that refers on could lead back here.
        if (!Exists(Path.Combine(model, ShardIndex.FileName)) && !Exists(Path.Combine(model, SingleFileName))) throw NoWeights(model);
        _referenced = Open(model);
        foreach (var (name, tensor) in _referenced.Tensors)
        {
            var here = reference.Rename(name)
                ?? throw Fault.Input(
                    $"{model}: the tensor {Printable.Quote(name)} has no place in {Folder}, which refers to that model.", "Export again.");
            if (!_tensors.ContainsKey(here)) _tensors.Add(here, new StoredTensor(tensor.Entry with { Name = here }, tensor.File));
        }
    }

    void AddShards(ShardIndex index, string? single)
    {
        foreach (var shard in index.Files.GroupBy(pair => pair.Value, pair => pair.Key).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            var names = shard.ToHashSet();
            var file = Open(Path.Combine(Folder, shard.Key), $"{names.Count} tensors of {index.Path} are in it");
            foreach (var name in names.Order(StringComparer.Ordinal))
            {
                if (!file.Tensors.TryGetValue(name, out var entry))
                    throw Fault.Input(
                        $"{file.Path}: has no tensor {Printable.Quote(name)}, but {index.Path} says so.", "Fetch both again.");
                _tensors.Add(name, new StoredTensor(entry, file));
            }
            var unmapped = file.Tensors.Keys.Count(name => !names.Contains(name));
            if (unmapped > 0) _warnings.Add($"{file.Path}: {unmapped} of its tensors are not in {ShardIndex.FileName} and are ignored");
        }
        var bytes = _tensors.Values.Sum(tensor => tensor.Entry.ByteCount);
        if (index.TotalSize is { } total && total != bytes)
            _warnings.Add($"{index.Path}: total_size is {total}, but the tensors have {bytes} bytes");
        if (single is not null && !index.Files.Values.Contains(SingleFileName)) CheckAgreement(single, index);
    }

    /// <summary>Two descriptions of one model must describe the same tensors; nobody can tell which of them was meant.</summary>
    void CheckAgreement(string single, ShardIndex index)
    {
        using var file = SafetensorsFile.Open(single);
        var odd = file.Tensors.Keys.Concat(_tensors.Keys).Distinct().Order(StringComparer.Ordinal).FirstOrDefault(name =>
            !(file.Tensors.TryGetValue(name, out var a) && _tensors.TryGetValue(name, out var b)
              && a.Type == b.Entry.Type && a.Shape.AsSpan().SequenceEqual(b.Entry.Shape)));
        if (odd is null) return;
        throw Fault.Input(
            $"{Folder}: {SingleFileName} and {Path.GetFileName(index.Path)} are both there and disagree, first about "
                + $"{Printable.Quote(odd)}.",
            "Remove the one that does not belong to the model.");
    }

    SafetensorsFile Open(string path, string? use)
    {
        if (use is not null && !Exists(path)) throw Fault.Input($"{path}: no such file, but {use}.", "Fetch the missing file.");
        var file = SafetensorsFile.Open(path);
        _files.Add(file);
        _warnings.AddRange(file.Warnings.Select(warning => $"{path}: {warning}"));
        return file;
    }

    /// <summary>Also true for a dangling link, whose error then says so.</summary>
    static bool Exists(string path) => File.Exists(path) || new FileInfo(path).LinkTarget is not null;

    static GraftException NoWeights(string folder)
    {
        var other = Directory.EnumerateFiles(folder).Select(Path.GetFileName)
            .Where(name => Path.GetExtension(name) is ".bin" or ".pth" or ".pt" or ".gguf" or ".safetensors").Order().Take(5).ToArray();
        return Fault.Input(
            $"{folder}: has neither {SingleFileName} nor {ShardIndex.FileName}"
            + (other.Length == 0 ? "." : $", only {string.Join(", ", other)}."),
            "Only safetensors weights in Hugging Face's layout are read; fetch them, or convert the ones that are there.");
    }
}
