using System.Text.Json;
using System.Text.Json.Nodes;
using Grafting.Core.Checkpoints;

namespace Grafting.Surrogates;

public enum LayerKind
{
    /// <summary>The target's layer, byte for byte, and never trained.</summary>
    Inherited,

    /// <summary>Stands for replaced layers, and is trained.</summary>
    Translator,

    /// <summary>The target's last layer, byte for byte, and never trained.</summary>
    Last,
}

/// <param name="Index">Layer of the surrogate.</param>
/// <param name="Source">Layer of the target that it is copied from, or whose place a translator takes that is made from several.</param>
/// <param name="Replaced">Of a translator: the whole range that it stands for, alone or with its neighbours.</param>
public sealed record KeptLayer(int Index, int Source, LayerKind Kind, LayerRange? Replaced = null);

/// <param name="Layer">Of one layer.</param>
/// <param name="Head">0 where the embedding table is the head.</param>
/// <param name="Total">Of the whole decoder.</param>
public sealed record ParameterCounts(long Embedding, long Layer, int Layers, long Norm, long Head, long Total);

/// <summary>Estimates in bytes.</summary>
/// <param name="Building">Of this program while it copies; does not depend on the model.</param>
/// <param name="Training">
/// What training the translator needs before any activation: all weights as stored, and gradient, fp32 copy and both moments of AdamW for
/// the translator (16 bytes per parameter). Tower, adapter and activations come on top.
/// </param>
public sealed record MemoryEstimate(long Building, long Training);

/// <summary>Which parts of a target become a surrogate, and what that costs. Makes nothing.</summary>
public sealed record SurrogatePlan
{
    // Measured on Linux: the runtime, the headers of a 70B checkpoint and the copy buffer; rounded up.
    const long BuildingBytes = 150_000_000;
    const int TrainedBytesPerParameter = 16;

    SurrogatePlan(TargetShape target, CutRequest cut, TranslatorStart start)
    {
        (Target, Cut, Start) = (target, cut, start);
        Replaced = cut.Resolve(target.Layers);
        var layers = new List<KeptLayer>();
        var next = 0;
        foreach (var range in Replaced)
        {
            Keep(range.First);
            foreach (var source in Sources(range)) layers.Add(new KeptLayer(layers.Count, source, LayerKind.Translator, range));
            next = range.Last + 1;
        }
        Keep(target.Layers);
        Layers = layers;

        void Keep(int end)
        {
            for (; next < end; next++)
                layers.Add(new KeptLayer(layers.Count, next, next == target.Layers - 1 ? LayerKind.Last : LayerKind.Inherited));
        }
    }

    public TargetShape Target { get; }

    public CutRequest Cut { get; }

    public TranslatorStart Start { get; }

    /// <summary>The ranges of the target's layers that translators stand for, in order.</summary>
    public IReadOnlyList<LayerRange> Replaced { get; }

    /// <summary>In the surrogate's order.</summary>
    public IReadOnlyList<KeptLayer> Layers { get; }

    /// <summary>Indices of the surrogate's layers that are trained.</summary>
    public IReadOnlyList<int> Translators => [.. Layers.Where(layer => layer.Kind == LayerKind.Translator).Select(layer => layer.Index)];

    public ParameterCounts Parameters => Counts(Layers.Count);

    public ParameterCounts TargetParameters => Counts(Target.Layers);

    /// <summary>Bytes of the tensors that are read; each is read once.</summary>
    public long BytesRead { get; private init; }

    /// <summary>Bytes of the new weight files without their headers.</summary>
    public long BytesWritten => BytesRead;

    /// <summary>Bytes of the target's weights.</summary>
    public long TargetBytes { get; private init; }

    /// <summary>Whether the bytes were counted in the target's files, or follow from its configuration.</summary>
    public bool Measured { get; private init; }

    public MemoryEstimate Memory =>
        new(BuildingBytes, BytesWritten + Translators.Count * Target.LayerParameters * TrainedBytesPerParameter);

    /// <summary>What the user should know before building, as sentences without a full stop at the start of a line.</summary>
    public IReadOnlyList<string> Warnings { get; private init; } = [];

    /// <summary>A plan from a configuration alone, e.g. for a target that is not on this machine.</summary>
    /// <param name="source">Where the configuration stands, for messages.</param>
    /// <exception cref="Grafting.Core.GraftException">
    /// Of kind Input for a target that cannot be cut; of kind Usage for a cut that is not possible, with the reason.
    /// </exception>
    public static SurrogatePlan Create(
        JsonElement config, CutRequest cut, string source = Checkpoint.ConfigName, TranslatorStart start = TranslatorStart.First)
    {
        var notes = new List<string>();
        var shape = TargetShape.Read(config, source, notes);
        var plan = new SurrogatePlan(shape, cut, start);
        if (PublishedCuts.Warning(shape, plan.Layers.Count) is { } warning) notes.Add(warning);
        return plan with
        {
            BytesRead = plan.Parameters.Total * shape.Type.ByteSize(),
            TargetBytes = plan.TargetParameters.Total * shape.Type.ByteSize(),
            Warnings = notes,
        };
    }

    /// <summary>A plan from a target's files, all of whose tensors are checked against its configuration; reads no weights.</summary>
    /// <exception cref="Grafting.Core.GraftException">
    /// Of kind Input as well when a tensor is missing, unexpected or of the wrong shape.
    /// </exception>
    public static SurrogatePlan Create(Checkpoint target, CutRequest cut, TranslatorStart start = TranslatorStart.First)
    {
        var plan = Create(target.Config, cut, Path.Combine(target.Folder, Checkpoint.ConfigName), start);
        return plan with
        {
            BytesRead = TargetTensors.Kept(target, plan).Sum(kept => kept.Tensor.Entry.ByteCount),
            TargetBytes = target.Tensors.Values.Sum(tensor => tensor.Entry.ByteCount),
            Measured = true,
            Warnings = [.. plan.Warnings, .. target.Warnings],
        };
    }

    /// <summary>The plan as data; also the description that a surrogate's <c>graft.json</c> carries.</summary>
    public JsonObject ToJson() => new()
    {
        ["cut"] = Cut.ToString(),
        ["target"] = new JsonObject
        {
            ["model_type"] = Target.ModelType,
            ["layers"] = Target.Layers,
            ["parameters"] = TargetParameters.Total,
            ["bytes"] = TargetBytes,
        },
        ["replaced"] = new JsonArray([.. Replaced.Select(range => new JsonArray(range.First, range.Last))]),
        ["init"] = Start.Name(),
        ["layers"] = new JsonArray([.. Layers.Select(layer => new JsonObject
        {
            ["index"] = layer.Index,
            ["source"] = layer.Source,
            ["kind"] = layer.Kind switch { LayerKind.Translator => "translator", LayerKind.Last => "last", _ => "inherited" },
        })]),
        ["parameters"] = new JsonObject
        {
            ["embedding"] = Parameters.Embedding,
            ["per_layer"] = Parameters.Layer,
            ["norm"] = Parameters.Norm,
            ["head"] = Parameters.Head,
            ["total"] = Parameters.Total,
        },
        ["bytes_read"] = BytesRead,
        ["bytes_written"] = BytesWritten,
        ["memory"] = new JsonObject { ["building"] = Memory.Building, ["training"] = Memory.Training },
        ["warnings"] = new JsonArray([.. Warnings.Select(warning => JsonValue.Create(warning))]),
    };

    /// <summary>The layers that a range's translators begin as, or whose places they take.</summary>
    IEnumerable<int> Sources(LayerRange range) => Start switch
    {
        TranslatorStart.Last => Enumerable.Range(range.Last + 1 - Cut.Translators, Cut.Translators),
        TranslatorStart.Mean => range.Split(Cut.Translators).Select(share => share.First),
        _ => Enumerable.Range(range.First, Cut.Translators),
    };

    ParameterCounts Counts(int layers) => new(
        Target.EmbeddingParameters, Target.LayerParameters, layers, Target.NormParameters, Target.HeadParameters,
        Target.Parameters(layers));
}
