using System.Globalization;
using Grafting.Core;
using Grafting.Core.Checkpoints;
using Grafting.Core.Running;

namespace Grafting.Surrogates;

/// <param name="Name">In the surrogate.</param>
/// <param name="Layer">What its layer is, or null outside of the layers.</param>
sealed record KeptTensor(string Name, StoredTensor Tensor, KeptLayer? Layer);

/// <summary>Matches the tensors of a checkpoint with what its configuration promises.</summary>
static class TargetTensors
{
    /// <summary>
    /// The tensors that go into the surrogate: everything outside of the layers first, then layer by layer. Every layer of the target is
    /// checked, kept or not: a target with a hole in it is not the model that its configuration describes.
    /// </summary>
    /// <exception cref="GraftException">
    /// Of kind <see cref="ErrorKind.Input"/>, naming the tensor that is missing, unexpected or misshapen.
    /// </exception>
    public static IReadOnlyList<KeptTensor> Kept(Checkpoint target, SurrogatePlan plan)
    {
        var layout = TargetLayout.Of(target);
        CheckPresent(target, layout);
        var layers = CollectLayers(target, layout);
        var kept = new List<KeptTensor>();
        var outer = layout.Outer.Select(tensor => tensor.Name).ToHashSet();
        foreach (var (name, tensor) in target.Tensors)
        {
            if (name.StartsWith(TargetLayout.LayerPrefix, StringComparison.Ordinal)) continue;
            if (!outer.Contains(name) && !layout.IsOptional(name)) throw Unknown(tensor, layout);
            kept.Add(new KeptTensor(name, tensor, null));
        }
        foreach (var layer in plan.Layers)
        {
            foreach (var (part, tensor) in layers[layer.Source])
                kept.Add(new KeptTensor(LayerName(layer.Index, part), tensor, layer));
        }
        return kept;
    }

    /// <summary>
    /// Digest of the target that is the same for every cut and every way of storing it: over name, type and shape of all tensors, and the
    /// bytes of those that every cut inherits (outside of the layers, first layer, last layer).
    /// </summary>
    /// <param name="digests">By name in the target; holds at least those that every cut inherits.</param>
    public static string Identity(Checkpoint target, int layers, IReadOnlyDictionary<string, string> digests)
    {
        var lines = new System.Text.StringBuilder();
        foreach (var (name, tensor) in target.Tensors.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            var bytes = IsInEveryCut(name, layers) ? digests[name] : "-";
            lines.Append(
                CultureInfo.InvariantCulture, $"{name} {tensor.Entry.Type.Name()} {string.Join(',', tensor.Entry.Shape)} {bytes}\n");
        }
        return "sha256:" + Digests.Sha256(System.Text.Encoding.UTF8.GetBytes(lines.ToString()));
    }

    /// <summary>The same of a target whose tensors have not been hashed yet.</summary>
    public static string Identity(string folder, IProgress<ProgressReport>? progress = null)
    {
        using var target = Checkpoint.Open(folder);
        var layout = TargetLayout.Of(target);
        CheckPresent(target, layout);
        var hashed = target.Tensors.Where(pair => IsInEveryCut(pair.Key, layout.Layers)).ToList();
        var (digests, done, total) = (new Dictionary<string, string>(), 0L, hashed.Sum(pair => pair.Value.Entry.ByteCount));
        foreach (var (name, tensor) in hashed)
        {
            digests.Add(name, Digests.Sha256(tensor));
            progress?.Report(new ProgressReport("identifying the target", done += tensor.Entry.ByteCount, total, "B"));
        }
        return Identity(target, layout.Layers, digests);
    }

    static bool IsInEveryCut(string name, int layers) => LayerOf(name) is not { } layer || layer == 0 || layer == layers - 1;

    static void CheckPresent(Checkpoint target, TargetLayout layout)
    {
        foreach (var (name, expected) in layout.Outer) Check(target, name, expected);
        foreach (var (part, expected) in layout.Layer)
            for (var layer = 0; layer < layout.Layers; layer++) Check(target, LayerName(layer, part), expected);
    }

    static void Check(Checkpoint target, string name, long[] expected)
    {
        if (!target.Tensors.TryGetValue(name, out var tensor))
        {
            throw Fault.Input(
                $"{target.Folder}: has no tensor {Printable.Quote(name)}, which its {Checkpoint.ConfigName} promises.",
                "Fetch the target again.");
        }
        if (!tensor.Entry.Shape.AsSpan().SequenceEqual(expected))
        {
            throw Fault.Input(
                $"{tensor.File.Path}: {tensor.Entry} does not fit {Checkpoint.ConfigName}, which makes it [{string.Join(", ", expected)}].",
                "Weights and configuration must come from the same model.");
        }
        if (!tensor.Entry.Type.IsFloat())
            throw Fault.Input(
                $"{tensor.File.Path}: {tensor.Entry} is quantised; only plain floats can be cut.", "Use the unquantised checkpoint.");
    }

    static List<(string Part, StoredTensor Tensor)>[] CollectLayers(Checkpoint target, TargetLayout layout)
    {
        var known = layout.Layer.Select(tensor => tensor.Name).ToHashSet();
        var layers = new List<(string Part, StoredTensor Tensor)>[layout.Layers];
        for (var i = 0; i < layers.Length; i++) layers[i] = [];
        foreach (var (name, tensor) in target.Tensors)
        {
            if (!name.StartsWith(TargetLayout.LayerPrefix, StringComparison.Ordinal)) continue;
            var layer = LayerOf(name);
            if (layer is null || layer >= layout.Layers)
            {
                throw Fault.Input(
                    $"{tensor.File.Path}: {Printable.Quote(name)} belongs to none of the {layout.Layers} layers that "
                        + $"{Checkpoint.ConfigName} promises.",
                    "Weights and configuration must come from the same model.");
            }
            var part = name[LayerName(layer.Value, "").Length..];
            if (!known.Contains(part) && !layout.IsOptional(name)) throw Unknown(tensor, layout);
            layers[layer.Value].Add((part, tensor));
        }
        return layers;
    }

    static GraftException Unknown(StoredTensor tensor, TargetLayout layout) => Fault.Input(
        $"{tensor.File.Path}: {Printable.Quote(tensor.Entry.Name)} is not a part of a {layout.Config.ModelType} model; it would be lost "
            + "or meaningless in a surrogate.",
        "If the weights are quantised or have adapters, use the plain checkpoint.");

    public static string LayerName(int layer, string part) =>
        string.Create(CultureInfo.InvariantCulture, $"{TargetLayout.LayerPrefix}{layer}.{part}");

    /// <summary>The layer's number in canonical digits, or null.</summary>
    public static int? LayerOf(string name)
    {
        if (!name.StartsWith(TargetLayout.LayerPrefix, StringComparison.Ordinal)) return null;
        var rest = name.AsSpan(TargetLayout.LayerPrefix.Length);
        var digits = rest.IndexOf('.');
        if (digits < 1 || (digits > 1 && rest[0] == '0')) return null;
        return int.TryParse(rest[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out var layer) ? layer : null;
    }
}
