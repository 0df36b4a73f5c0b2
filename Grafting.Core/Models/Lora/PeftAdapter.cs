using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Grafting.Core.Checkpoints;

namespace Grafting.Core.Models.Lora;

/// <summary>
/// Adapters on disk in the layout of Hugging Face's PEFT: <c>adapter_config.json</c> and <c>adapter_model.safetensors</c>, whose tensors
/// are called <c>base_model.model.MATRIX.lora_A.weight</c> and <c>….lora_B.weight</c>.
/// </summary>
public sealed partial class PeftAdapter : IDisposable
{
    public const string ConfigName = "adapter_config.json";
    public const string WeightsName = "adapter_model.safetensors";
    const string Prefix = "base_model.model.";
    static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };
    readonly SafetensorsFile _file;
    readonly SortedDictionary<string, (TensorEntry? Down, TensorEntry? Up)> _matrices = new(StringComparer.Ordinal);

    PeftAdapter(LoraConfig config, SafetensorsFile file) => (Config, _file) = (config, file);

    public LoraConfig Config { get; }

    /// <summary>Names of the matrices that have an adapter, as in a Hugging Face checkpoint without <c>.weight</c>.</summary>
    public IReadOnlyCollection<string> Matrices => _matrices.Keys;

    /// <param name="baseModel">Where the model is, for PEFT; a folder or a Hub repository.</param>
    /// <returns>The stamp of the weights.</returns>
    public static FileStamp Write(string folder, LoraAdapters adapters, string baseModel)
    {
        var config = adapters.Config;
        var json = new JsonObject
        {
            ["alpha_pattern"] = new JsonObject(),
            ["auto_mapping"] = null,
            ["base_model_name_or_path"] = baseModel,
            ["bias"] = "none",
            ["fan_in_fan_out"] = false,
            ["inference_mode"] = true,
            ["init_lora_weights"] = true,
            ["layers_pattern"] = null,
            ["layers_to_transform"] = null,
            // PEFT writes whole numbers without a point, and some of its readers want them so.
            ["lora_alpha"] = config.Alpha == Math.Floor(config.Alpha) ? (long)config.Alpha : JsonValue.Create(config.Alpha),
            ["lora_dropout"] = config.Dropout,
            ["modules_to_save"] = null,
            ["peft_type"] = "LORA",
            ["r"] = config.Rank,
            ["rank_pattern"] = new JsonObject(),
            ["revision"] = null,
            ["target_modules"] = new JsonArray([.. config.Targets.Select(target => JsonValue.Create(target))]),
            ["task_type"] = "CAUSAL_LM",
            ["use_dora"] = false,
            ["use_rslora"] = false,
        };
        File.WriteAllText(Path.Combine(folder, ConfigName), json.ToJsonString(Indented) + "\n");
        var tensors = adapters.Members.SelectMany(member => new[]
        {
            TensorLoading.Source($"{Prefix}{member.Key}.lora_A.weight", member.Value.Down),
            TensorLoading.Source($"{Prefix}{member.Key}.lora_B.weight", member.Value.Up),
        });
        return SafetensorsWriter.Write(Path.Combine(folder, WeightsName), tensors, new Dictionary<string, string> { ["format"] = "pt" });
    }

    /// <summary>Reads the configuration and the header of the weights.</summary>
    /// <exception cref="GraftException">Input: a file is missing or malformed, or holds what this program cannot express.</exception>
    public static PeftAdapter Open(string folder)
    {
        var config = PeftConfig.Read(Path.Combine(folder, ConfigName));
        var file = SafetensorsFile.Open(Path.Combine(folder, WeightsName));
        var adapter = new PeftAdapter(config, file);
        try
        {
            foreach (var (name, entry) in file.Tensors) adapter.Place(name, entry);
            foreach (var (matrix, (down, up)) in adapter._matrices)
            {
                if (down is null || up is null)
                    throw Fault.Input($"{file.Path}: {Printable.Quote(matrix)} has only one of lora_A and lora_B.");
            }
            if (adapter._matrices.Count == 0) throw Fault.Input($"{file.Path}: holds no adapter.");
            return adapter;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Compares names and shapes with the matrices of a model.</summary>
    /// <param name="shapeOf">Shape of a matrix by its name; null where there is none.</param>
    /// <exception cref="GraftException">Input, naming the first that does not fit.</exception>
    public void Check(Func<string, long[]?> shapeOf)
    {
        foreach (var (matrix, (down, up)) in _matrices)
        {
            var shape = shapeOf(matrix)
                ?? throw Fault.Input(
                    $"{_file.Path}: the model has no matrix {Printable.Quote(matrix)}.", "Give the model that the adapter was trained on.");
            long[] a = [Config.Rank, shape[1]], b = [shape[0], Config.Rank];
            if (down!.Shape.SequenceEqual(a) && up!.Shape.SequenceEqual(b)) continue;
            throw Fault.Input(
                $"{_file.Path}: the adapter of {Printable.Quote(matrix)} is [{string.Join(", ", down.Shape)}] and "
                    + $"[{string.Join(", ", up!.Shape)}]; rank {Config.Rank} beside a matrix [{string.Join(", ", shape)}] asks for "
                    + $"[{string.Join(", ", a)}] and [{string.Join(", ", b)}].",
                "Give the model that the adapter was trained on.");
        }
    }

    /// <summary>Puts the adapters beside the decoder's matrices; values are converted to float32.</summary>
    /// <param name="seed">Of the dropout, where training goes on.</param>
    public LoraAdapters AttachTo(Decoder decoder, ulong seed = 0)
    {
        var matrices = LoraAdapters.Matrices(decoder);
        Check(name => matrices.TryGetValue(name, out var matrix) ? matrix.Weight.shape : null);
        var adapters = LoraAdapters.Attach(decoder, Config, [.. Matrices], seed);
        foreach (var (name, adapter) in adapters.Members)
        {
            TensorLoading.Fill(adapter.Down, Down(name));
            TensorLoading.Fill(adapter.Up, Up(name));
        }
        return adapters;
    }

    public void Dispose() => _file.Dispose();

    internal StoredTensor Down(string matrix) => new(_matrices[matrix].Down!, _file);

    internal StoredTensor Up(string matrix) => new(_matrices[matrix].Up!, _file);

    void Place(string name, TensorEntry entry)
    {
        if (TensorName().Match(name) is not { Success: true } match)
            throw Fault.Input(
                $"{_file.Path}: the tensor {Printable.Quote(name)} is no lora_A or lora_B of a matrix.",
                "Only adapters of linear layers are read.");
        if (!entry.Type.IsFloat())
            throw Fault.Input($"{_file.Path}: {Printable.Quote(name)} is {entry.Type.Name()}; a float type was expected.");
        if (entry.Shape.Length != 2)
            throw Fault.Input($"{_file.Path}: {Printable.Quote(name)} has {entry.Shape.Length} dimensions; 2 were expected.");
        var matrix = match.Groups["matrix"].Value;
        var (down, up) = _matrices.GetValueOrDefault(matrix);
        _matrices[matrix] = match.Groups["part"].Value == "A" ? (entry, up) : (down, entry);
    }

    [GeneratedRegex(@"\Abase_model\.model\.(?<matrix>.+)\.lora_(?<part>[AB])\.weight\z", RegexOptions.CultureInvariant)]
    private static partial Regex TensorName();
}
