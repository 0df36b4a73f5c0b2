using System.Text.Json.Nodes;
using Grafting.Core;
using Grafting.Core.Checkpoints;
using Grafting.Core.Models;
using Grafting.Core.Models.Streaming;
using static TorchSharp.torch;

namespace Grafting.Surrogates.Translators;

/// <summary>The translators of a surrogate as layers that run and train, in float32.</summary>
public sealed class TranslatorSet : IDisposable
{
    TranslatorSet(IReadOnlyList<Translator> all) => All = all;

    /// <summary>In the surrogate's order.</summary>
    public IReadOnlyList<Translator> All { get; }

    /// <summary>Those of one range.</summary>
    public IReadOnlyList<Translator> Of(LayerRange range) => [.. All.Where(translator => translator.Range == range)];

    /// <summary>
    /// Translators as copies or means of the target's layers, one of which is in memory besides them. For
    /// <see cref="TranslatorStart.LeastSquares"/> they are the copies whose last matrix is then solved for.
    /// </summary>
    public static TranslatorSet Create(LayerStream target, SurrogatePlan plan)
    {
        var made = new List<Translator>();
        try
        {
            foreach (var kept in plan.Layers.Where(layer => layer.Replaced is not null))
                made.Add(new Translator(kept.Index, kept.Replaced!.Value, target.Load(kept.Source, ScalarType.Float32)));
            var set = new TranslatorSet(made);
            if (plan.Start == TranslatorStart.Mean) foreach (var range in plan.Replaced) set.Average(target, range);
            return set;
        }
        catch
        {
            foreach (var translator in made) translator.Layer.Dispose();
            throw;
        }
    }

    /// <summary>
    /// The weights in the types in which the target stores them, to be written into a surrogate; the caller disposes of them.
    /// </summary>
    /// <param name="origin">What they were made from, for <c>graft.json</c>.</param>
    public TranslatorWeights ToWeights(LayerStream target, JsonObject origin)
    {
        using var _ = no_grad();
        var tensors = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        foreach (var translator in All)
        {
            foreach (var (name, parameter) in translator.Layer.named_parameters())
            {
                using var scope = NewDisposeScope();
                var ours = FormattableString.Invariant($"{Decoder.LayerPrefix}{translator.Index}.{name}");
                var type = TensorLoading.DType(target.StoredType(translator.Range.First, name));
                tensors[target.Keys.ToTheirs(ours)!] = parameter.detach().to(type, copy: true).DetachFromDisposeScope();
            }
        }
        return new TranslatorWeights(tensors, origin);
    }

    public void Dispose()
    {
        foreach (var translator in All) translator.Layer.Dispose();
    }

    void Average(LayerStream target, LayerRange range)
    {
        using var _ = no_grad();
        var translators = Of(range);
        foreach (var (translator, share) in translators.Zip(range.Split(translators.Count)))
        {
            for (var layer = share.First + 1; layer <= share.Last; layer++)
            {
                using var scope = NewDisposeScope();
                using var other = target.Load(layer, ScalarType.Float32);
                foreach (var ((_, mean), (_, added)) in translator.Layer.named_parameters().Zip(other.named_parameters())) mean.add_(added);
            }
            foreach (var (_, mean) in translator.Layer.named_parameters()) mean.div_(share.Count);
        }
    }
}

/// <param name="Index">Its place in the surrogate.</param>
/// <param name="Range">What it stands for, alone or with its neighbours.</param>
public sealed record Translator(int Index, LayerRange Range, DecoderLayer Layer);

/// <summary>Finished weights of translators under their names in the surrogate.</summary>
public sealed class TranslatorWeights : IDisposable
{
    readonly IReadOnlyDictionary<string, Tensor> _tensors;

    internal TranslatorWeights(IReadOnlyDictionary<string, Tensor> tensors, JsonObject origin) => (_tensors, Origin) = (tensors, origin);

    /// <summary>What they were made from, and how well they do.</summary>
    public JsonObject Origin { get; }

    public void Dispose()
    {
        foreach (var tensor in _tensors.Values) tensor.Dispose();
    }

    /// <returns>What to write in place of a tensor of the target, or null where that is copied.</returns>
    internal TensorSource? Find(KeptTensor kept)
    {
        if (kept.Layer?.Kind != LayerKind.Translator || !_tensors.TryGetValue(kept.Name, out var tensor)) return null;
        var source = TensorLoading.Source(kept.Name, tensor);
        var entry = kept.Tensor.Entry;
        return source.Type == entry.Type && source.Shape.SequenceEqual(entry.Shape)
            ? source
            : throw Fault.Input(
                $"the translator's {Printable.Quote(kept.Name)} is {source.Type.Name()} [{string.Join(", ", source.Shape)}]; the target's "
                    + $"is {entry}.");
    }
}
