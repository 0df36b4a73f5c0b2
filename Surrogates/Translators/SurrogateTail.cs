using Grafting.Core.Models;
using Grafting.Core.Models.Streaming;
using static TorchSharp.torch;

namespace Grafting.Surrogates.Translators;

/// <summary>
/// A surrogate from its first translator on, with final norm and head. What is before it is the target's own, so that the target's states
/// at that border are its input.
/// </summary>
// b passages, s longest of them, n tokens, w residual width
public sealed class SurrogateTail : IDisposable
{
    readonly IReadOnlyList<(KeptLayer Kept, DecoderLayer Layer)> _layers;
    readonly Decoder _ends;

    /// <param name="translators">Stay the caller's.</param>
    public SurrogateTail(LayerStream target, SurrogatePlan plan, TranslatorSet translators)
    {
        _ends = target.Ends;
        var made = translators.All.ToDictionary(translator => translator.Index, translator => translator.Layer);
        FirstBorder = plan.Replaced[0].First;
        _layers = [.. plan.Layers.Where(kept => kept.Index >= FirstBorder)
            .Select(kept => (kept, made.TryGetValue(kept.Index, out var layer) ? layer : Frozen(target.Load(kept.Source))))];
    }

    /// <summary>The target's border at which it begins.</summary>
    public int FirstBorder { get; }

    /// <param name="x_bsw">The target's states at <see cref="FirstBorder"/>.</param>
    /// <param name="ends">Receives the states at the end of each range, float32.</param>
    /// <returns>Hidden states after the final norm, in the ends' type.</returns>
    public Tensor Run(Tensor x_bsw, Tensor positions_bs, IDictionary<LayerRange, Tensor>? ends = null)
    {
        var x = x_bsw;
        for (var i = 0; i < _layers.Count; i++)
        {
            var (kept, layer) = _layers[i];
            x = layer.forward(x.to(kept.Replaced is null ? _ends.DType : ScalarType.Float32), positions_bs);
            if (kept.Replaced is { } range && (i + 1 == _layers.Count || _layers[i + 1].Kept.Replaced != range)) ends?.Add(range, x);
        }
        return _ends.final_norm(x.to(_ends.DType));
    }

    /// <summary>Frees the layers that are not translators.</summary>
    public void Dispose()
    {
        foreach (var (kept, layer) in _layers) if (kept.Replaced is null) layer.Dispose();
    }

    static DecoderLayer Frozen(DecoderLayer layer)
    {
        foreach (var parameter in layer.parameters()) parameter.requires_grad = false;
        return layer;
    }
}
