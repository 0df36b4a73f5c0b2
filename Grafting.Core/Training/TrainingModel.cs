using System.Text.RegularExpressions;
using Grafting.Core.Checkpoints;
using Grafting.Core.Models;
using Grafting.Core.Models.Lora;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Grafting.Core.Training;

/// <summary>A decoder, with or without eyes, whose parts can be trained separately.</summary>
/// <param name="decoder">A surrogate, or a target that is trained on text.</param>
/// <param name="encoder">Tower, adapter and boundary vectors; null for text only.</param>
/// <param name="translators">Indices of the decoder's layers that are translators.</param>
public sealed class TrainingModel(Decoder decoder, VisionEncoder? encoder, IReadOnlyList<int> translators)
{
    public Decoder Decoder { get; } = decoder;

    public VisionEncoder? Encoder { get; } = encoder;

    /// <summary>Adapters of low rank that stand beside the decoder's matrices; null without.</summary>
    public LoraAdapters? Lora { get; init; }

    /// <summary>Positions that pictures take in a conversation.</summary>
    public PicturePositions ImageTokens => Encoder?.Positions ?? 0;

    public Device Device => Decoder.Device;

    /// <summary>Squares on the device [n, 3, S, S]; null where there are no pictures.</summary>
    /// <param name="pixels">Of all pictures one after another, each as <see cref="Imaging.PreparedPicture"/> has it.</param>
    public Tensor? ToPixels(float[] pixels, int pictures)
    {
        if (pictures == 0) return null;
        var side = Encoder!.Tower.ImageSize;
        return tensor(pixels, device: Device).view(-1, TowerShape.Channels, side, side).to(Decoder.DType);
    }

    /// <summary>Negative log-likelihood of every supervised token, float32 [m].</summary>
    /// <param name="batch">Packed conversations.</param>
    /// <param name="pixels">Squares [n, 3, S, S] of the pictures in the order of their conversations; null without pictures.</param>
    public Tensor Losses(PackedTensors batch, Tensor? pixels) => Losses(Logits(batch, pixels), batch.TargetIds);

    internal static Tensor Losses(Tensor logits_mv, Tensor ids_m) =>
        nn.functional.cross_entropy(logits_mv, ids_m, reduction: nn.Reduction.None);

    /// <summary>Logits at the supervised positions only, float32 [m, vocabulary].</summary>
    public Tensor Logits(PackedTensors batch, Tensor? pixels)
    {
        var x_rlw = Embed(batch, pixels);
        return Head(Chosen(Decoder.forward(x_rlw, batch.Positions, batch.Mask), batch));
    }

    /// <summary>What enters the decoder's first layer: embeddings of the words, and of the pictures in their places, [r, l, w].</summary>
    internal Tensor Embed(PackedTensors batch, Tensor? pixels)
    {
        var x_rlw = Decoder.embed(batch.Ids);
        if (pixels is null) return x_rlw;
        if (Encoder is null) throw new InvalidOperationException("pictures given to a model without a vision encoder");
        return ImageSplice.Apply(x_rlw, batch.ImagePositions, Encoder.forward(pixels, batch.Pictures));
    }

    /// <summary>The supervised positions of states after the final norm, [m, w].</summary>
    internal static Tensor Chosen(Tensor hidden_rlw, PackedTensors batch) =>
        hidden_rlw.reshape(-1, hidden_rlw.shape[^1]).index_select(0, batch.TargetPositions);

    /// <summary>Logits in float32, in which the loss is taken; a decoder in float64 keeps its type.</summary>
    internal Tensor Head(Tensor chosen_mw)
    {
        var logits_mv = Decoder.head(chosen_mw);
        return logits_mv.dtype == ScalarType.Float64 ? logits_mv : logits_mv.to(ScalarType.Float32);
    }

    /// <summary>Finds out before any training whether a weight is not a number.</summary>
    /// <exception cref="GraftException">Input, naming the tensors.</exception>
    public void RequireFinite()
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var parameters = All().ToList();
        // The extremes of a tensor are finite when all of it is, and unlike isfinite they take no memory.
        var extremes = parameters.ConvertAll(p => stack([p.Value.min(), p.Value.max()]).isfinite().all());
        var finite = stack(extremes).cpu().data<bool>().ToArray();
        List<string> bad = [.. parameters.Where((_, i) => !finite[i]).Select(p => p.Key)];
        if (bad.Count == 0) return;
        throw Fault.Input(
            $"{bad.Count} of {parameters.Count} weights hold numbers that are not finite before any training: "
                + $"{string.Join(", ", bad.Take(5))}{(bad.Count > 5 ? ", …" : "")}.",
            "The checkpoint that they come from is damaged or has diverged; 'graft verify' tells which files have changed.");
    }

    /// <summary>Lets exactly the given parts train.</summary>
    /// <exception cref="GraftException">Usage, when a part is unknown, absent from this model, or chosen twice.</exception>
    public IReadOnlyList<ParameterGroup> Choose(IEnumerable<TrainedPart> parts)
    {
        foreach (var parameter in All().Select(p => p.Value)) parameter.requires_grad = false;
        var groups = new List<ParameterGroup>();
        var taken = new Dictionary<string, string>();
        foreach (var part in parts)
        {
            var members = Members(part).ToList();
            if (members.Count == 0)
                throw Fault.Usage($"this model has no part '{part.Describe()}' to train.", "Take it out of the recipe's 'train' list.");
            foreach (var (name, parameter) in members)
            {
                if (!taken.TryAdd(name, part.Describe()))
                    throw Fault.Usage(
                        $"'{name}' belongs to the parts '{taken[name]}' and '{part.Describe()}', both of which are trained.",
                        "List it once.");
                parameter.requires_grad = true;
            }
            groups.Add(new ParameterGroup(part.Describe(), part.Rate, members));
        }
        return groups;
    }

    /// <summary>The translators' parameters under their names in the decoder's checkpoint.</summary>
    public IEnumerable<TensorSource> Translator() =>
        from p in Members(new TrainedPart { Part = "translator" })
        select TensorLoading.Source(Decoder.Keys.ToTheirs(p.Key["decoder.".Length..])!, p.Value);

    /// <summary>Every parameter by its canonical name: <c>encoder.…</c> or <c>decoder.…</c>.</summary>
    public IEnumerable<KeyValuePair<string, Parameter>> All() =>
        Named("decoder", Decoder).Concat(Encoder is null ? [] : Named("encoder", Encoder));

    IEnumerable<KeyValuePair<string, Parameter>> Members(TrainedPart part)
    {
        if (part.LastBlocks is not null && part.Part != "tower")
            throw Fault.Usage($"'{part.Part}' has no blocks to choose from.", "Only 'tower' takes a number of last blocks.");
        if (part.Match is { } pattern)
        {
            var names = new Regex(
                $"^{Regex.Escape(pattern).Replace("\\*", ".*", StringComparison.Ordinal)}$", RegexOptions.CultureInvariant);
            return All().Where(p => names.IsMatch(p.Key));
        }
        return part.Part switch
        {
            "decoder" => Named("decoder", Decoder).Where(p => !LoraAdapters.Owns(p.Key)),
            "lora" => Named("decoder", Decoder).Where(p => LoraAdapters.Owns(p.Key)),
            "translator" => translators.SelectMany(layer => Within("decoder", Decoder, Decoder.Layers[layer])),
            "adapter" => Part(Encoder?.Adapter),
            "boundary" => Encoder is null ? [] : Matching(
                "encoder", Encoder, new[] { Encoder.Boundary?.Start, Encoder.Boundary?.End, Encoder.RowEnd }.OfType<Parameter>()),
            "tower-norm" => Part(Encoder?.Tower.PostNorm),
            "tower" => part.LastBlocks is { } last ? LastBlocks(last) : Part(Encoder?.Tower),
            _ => throw Fault.Usage(
                $"'{part.Part}' is not a part that can be trained.",
                "Known: adapter, boundary, tower, tower-norm, translator, decoder, lora."),
        };
    }

    IEnumerable<KeyValuePair<string, Parameter>> LastBlocks(int last)
    {
        var blocks = Encoder?.Tower.Blocks ?? [];
        Fault.IfOutside(last, 1, blocks.Count);
        return blocks.Skip(blocks.Count - last).SelectMany(Part);
    }

    IEnumerable<KeyValuePair<string, Parameter>> Part(nn.Module? module) =>
        module is null || Encoder is null ? [] : Within("encoder", Encoder, module);

    static IEnumerable<KeyValuePair<string, Parameter>> Within(string prefix, nn.Module whole, nn.Module part) =>
        Matching(prefix, whole, part.parameters());

    static IEnumerable<KeyValuePair<string, Parameter>> Matching(string prefix, nn.Module whole, IEnumerable<Parameter> parameters)
    {
        var handles = parameters.Select(p => p.Handle).ToHashSet();
        return Named(prefix, whole).Where(p => handles.Contains(p.Value.Handle));
    }

    static IEnumerable<KeyValuePair<string, Parameter>> Named(string prefix, nn.Module module) =>
        from p in module.named_parameters() select KeyValuePair.Create($"{prefix}.{p.name}", p.parameter);
}
