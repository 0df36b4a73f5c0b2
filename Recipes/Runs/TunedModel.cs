using System.Text.Json;
using System.Text.Json.Nodes;
using Grafting.Core;
using Grafting.Core.Checkpoints;
using Grafting.Core.Models;
using Grafting.Core.Models.Lora;
using Grafting.Core.Transfer;
using static TorchSharp.torch;

namespace Grafting.Recipes.Runs;

/// <summary>What became of a target, as an ordinary checkpoint in the folder of the graft that it belongs to.</summary>
public static class TunedModel
{
    static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>Makes, of a graft with adapters, one with a whole model: the adapters are written into the target's weights.</summary>
    /// <exception cref="GraftException">Usage, when the graft has no adapters; Input, when they do not fit the target.</exception>
    public static GraftArtefact Merge(string folder, string output, string command)
    {
        var graft = GraftArtefact.Open(folder);
        if (graft.Tuning is not { HoldsModel: false } tuning)
            throw Fault.Usage($"{folder} has no adapters to merge.", "Give a graft that 'graft transfer --finetune lora' made.");
        using var target = Checkpoint.Open(graft.Target);
        using var adapter = PeftAdapter.Open(folder);
        var tensors = LoraMerge.Sources(target, adapter);
        DiskSpace.Require(output, tensors.Sum(tensor => tensor.ByteCount));
        return GraftArtefact.Write(graft, tuning with { Merged = true }, output, new Origin(command), replace: false, staging =>
        {
            foreach (var name in EncoderFiles.Names) File.Copy(Path.Combine(folder, name), Path.Combine(staging, name));
            var stamps = new Dictionary<string, FileStamp>();
            Write(staging, graft.Target, tensors, dtype: null, stamps);
            return stamps;
        });
    }

    /// <summary>Writes weights, configuration, tokenizer and licence beside an encoder's files.</summary>
    /// <param name="source">Folder of the model that this one came from.</param>
    /// <param name="dtype">Of the weights; null where they have kept their types.</param>
    /// <param name="stamps">Receives those of the weight files.</param>
    internal static void Write(
        string folder, string source, IReadOnlyList<TensorSource> tensors, ScalarType? dtype, Dictionary<string, FileStamp> stamps)
    {
        foreach (var (name, stamp) in CheckpointWriter.Write(folder, tensors)) stamps[name] = stamp;
        var config = JsonObject.Create(Checkpoint.ReadConfig(source))!;
        if (dtype is { } type)
        {
            // Newer files say "dtype", older ones "torch_dtype"; both are read.
            var field = config.ContainsKey("dtype") ? "dtype" : "torch_dtype";
            config[field] = TensorLoading.HuggingFaceName(type);
        }
        File.WriteAllText(Path.Combine(folder, Checkpoint.ConfigName), config.ToJsonString(Indented) + "\n");
        // The encoder's own preprocessing stands in the folder already.
        foreach (var file in CompanionFiles.Find(source).Where(file => !EncoderFiles.Names.Contains(file.Name))) file.CopyTo(folder);
    }
}
