using TorchSharp;
using static TorchSharp.torch;

namespace Grafting.Core.Models;

/// <summary>
/// Keys and values of the positions seen so far, per layer, in buffers of a fixed capacity. For inference only: gradients do not
/// pass through it. Owned by whoever generates; a decoder only appends.
/// </summary>
// b batch, k key/value heads, t positions seen, s new positions, d head width
public sealed class KeyValueCache : IDisposable
{
    readonly int _capacity;
    readonly List<(Tensor Keys_bktd, Tensor Values_bktd)> _layers = [];

    /// <param name="capacity">The most positions that one row can hold, prompt and continuation together.</param>
    public KeyValueCache(int capacity)
    {
        Fault.IfOutside(capacity, 1, int.MaxValue);
        _capacity = capacity;
    }

    /// <summary>Positions held by every layer.</summary>
    public int Length { get; private set; }

    /// <summary>Stores one layer's new positions and returns all of them; the views belong to the caller's dispose scope.</summary>
    internal (Tensor Keys_bktd, Tensor Values_bktd) Append(int layer, Tensor keys_bksd, Tensor values_bksd)
    {
        var added = keys_bksd.shape[2];
        if (Length + added > _capacity)
            throw Fault.Usage($"The key/value cache holds {_capacity} positions; {Length} are taken and {added} more were given.");
        if (layer == _layers.Count) _layers.Add((Reserve(keys_bksd), Reserve(values_bksd)));
        var (keys, values) = _layers[layer];
        keys.narrow(2, Length, added).copy_(keys_bksd);
        values.narrow(2, Length, added).copy_(values_bksd);
        return (keys.narrow(2, 0, Length + added), values.narrow(2, 0, Length + added));
    }

    /// <summary>Counts the positions that every layer has now appended.</summary>
    internal void Advance(long positions) => Length += (int)positions;

    public void Dispose()
    {
        foreach (var (keys, values) in _layers)
        {
            keys.Dispose();
            values.Dispose();
        }
        _layers.Clear();
    }

    Tensor Reserve(Tensor like_bksd)
    {
        var s = like_bksd.shape;
        return torch.zeros([s[0], s[1], _capacity, s[3]], like_bksd.dtype, like_bksd.device).DetachFromDisposeScope();
    }
}
