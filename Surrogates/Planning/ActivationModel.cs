namespace Grafting.Surrogates.Planning;

/// <summary>A moment of a training step, and the bytes beside weights, gradients and optimizer that are alive in it.</summary>
public sealed record StepMoment(string Name, long Bytes);

/// <summary>
/// Counts what is alive at each moment of a training step of stage 1, by enumerating what autograd saves and what the dispose scopes hold
/// in this project's modules. Nothing here is fitted; docs/planning.md lists the terms.
/// </summary>
/// <remarks>
/// Two rules of autograd make frozen layers cheap: a product saves an input only where the other factor wants a gradient, and so does a
/// matrix product, whose frozen weights leave its input unsaved. A picture enters below the first layer, so every layer has a gradient
/// passing through, whether it trains or not.
/// </remarks>
sealed class ActivationModel
{
    readonly DecoderLayout _layout;
    readonly VisionShape _vision;
    readonly TrainingWorkload _work;

    // Bytes of one tensor; see the constructor for the shapes.
    readonly long _residual, _wide, _statistic, _heads, _kvHeads, _inner, _scores, _mask;
    readonly long _size, _rows, _squares, _positions;
    readonly bool _fused;

    // As the trainer has it (RecomputedPass).
    const int RecomputedTargets = 1024;

    public ActivationModel(DecoderLayout layout, VisionShape vision, TrainingWorkload work)
    {
        (_layout, _vision, _work) = (layout, vision, work);
        var shape = layout.Shape;
        (_size, _rows, _squares, _positions) = (work.Size, work.Batch, (long)work.Batch * work.Squares, (long)work.Batch * work.Positions);
        _residual = _positions * shape.Width * _size;                         // [rows, length, width]
        _wide = _positions * shape.Width * sizeof(float);                     // the same in float32
        _statistic = _positions * sizeof(float);                              // [rows, length, 1] in float32
        _heads = _positions * shape.Heads * shape.HeadWidth * _size;          // [rows, heads, length, head width]
        _kvHeads = _positions * shape.KvHeads * shape.HeadWidth * _size;      // [rows, key/value heads, length, head width]
        _inner = _positions * shape.FeedForward * _size;                      // [rows, length, feed-forward]
        _mask = _positions * work.Positions;                                  // [rows, 1, length, length] in booleans
        _fused = !work.Library.KeepsScores;
        _scores = _fused ? 0 : _mask * shape.Heads * _size;                   // [rows, heads, length, length]
    }

    /// <summary>What one frozen layer keeps for the backward pass.</summary>
    public long FrozenLayer => 2 * Norm + Attention + 3 * _inner;

    /// <summary>What a trained layer keeps more: the inputs of its matrices and of its norms' weights.</summary>
    /// <remarks>What fused attention gives is kept by attention already.</remarks>
    public long TrainedLayer => FrozenLayer + 4 * _residual + (_fused ? 0 : _heads) + _inner;

    /// <summary>Of one layer, the attention weights alone; 0 where a fused kernel does not keep them.</summary>
    public long Scores => _scores;

    // A norm keeps its input in float32, 1/sqrt(mean square), and with older libraries the squares.
    long Norm => (_work.Library.KeepsSquares ? 2 : 1) * _wide + _statistic;

    // Queries, keys and values for every head; then the weights, or the output and one float32 per query and head.
    long Attention => 3 * _heads + (_fused ? _heads + _statistic * _layout.Shape.Heads : _scores);

    long Logits => (long)_rows * _work.SupervisedTokens * _layout.Shape.Vocabulary;

    long Chosen => (long)_rows * _work.SupervisedTokens * _layout.Shape.Width * _size;

    /// <summary>
    /// Held from the embedding to the end of the step: ids, masks, embeddings, pixels, and what adapter and last norm keep.
    /// </summary>
    long Entrance
    {
        get
        {
            var ids = 3 * sizeof(long) * _positions;
            var masks = 2 * _mask + 2L * _work.Positions * _work.Positions;
            // With float32 the spliced embeddings are the first norm's input, which that norm counts; a half-precision norm keeps a copy.
            var embeddings = (_work.Half ? 2 : 1) * _residual + Pictures;
            return ids + masks + embeddings + Pixels + Bridge;
        }
    }

    /// <summary>
    /// What the layers share, as long as one of them has a gradient to come: angles, and the bias, which a fused kernel keeps.
    /// </summary>
    long Shared => 2 * _positions * _layout.Shape.HeadWidth * _size + (_fused ? _mask * _size : 0);

    long Pictures => _rows * _work.ImageTokens * _layout.Shape.Width * _size;

    long Pixels => _squares * 3L * _vision.Tower.ImageSize * _vision.Tower.ImageSize * (sizeof(float) + (_work.Half ? _size : 0));

    long Features => _squares * _vision.Tokens * _vision.Width * _size;

    long Projected => _squares * _vision.Adapter.Output(_vision.Grid).Tokens * _layout.Shape.Width * _size;

    // The last norm's input and output, and what the adapter keeps: GELU's input and output.
    long Bridge => 2 * Features + _squares * _vision.Adapter.KeptNumbers(_vision.Grid) * _size;

    /// <summary>Held from the final norm to the end of the step: its output, the rows chosen from it, and their logits.</summary>
    long Exit => _residual + Chosen + Logits * (sizeof(float) + (_work.Half ? _size : 0));

    /// <param name="recompute">Whether each layer keeps its input only, and is computed again when the gradient reaches it.</param>
    public IReadOnlyList<StepMoment> Moments(bool recompute)
    {
        var moments = new List<StepMoment> { new("tower", _residual + Pixels + Tower()) };
        moments.AddRange(recompute ? Recomputing() : Keeping());
        // The norm of the gradients: each in float32, squared.
        moments.Add(new("clipping", (_layout.TrainedParameters + _vision.TrainedParameters) * sizeof(float) * (_work.Half ? 2 : 1)));
        return moments;
    }

    IEnumerable<StepMoment> Keeping()
    {
        var last = _layout.Layers - 1;
        var all = Entrance + Shared + Kept(last);
        yield return new("forward pass", all + ForwardTemporaries(last));
        yield return new("attention scores", all - Saved(last) + Norm + Attention + ScoreTemporaries(last));
        // Beside the logits: their log-softmax, its gradient, and theirs.
        yield return new("loss", all + Norm + Exit + 3 * Logits * sizeof(float));
        yield return new("backward pass of the final norm", all + Norm + Exit + NormGradients);
        for (var layer = last; layer >= 0; layer--)
            yield return new($"backward pass of layer {layer}", Entrance + Shared + Exit + Kept(layer) + LayerGradients(layer));
        yield return new("backward pass of the adapter", Entrance + Shared + Exit + AdapterGradients);
    }

    /// <remarks>
    /// The states beside the one in hand: with float32 a norm counts that one, and in its place the spliced embeddings are held, which
    /// outlast all layers.
    /// </remarks>
    IEnumerable<StepMoment> Recomputing()
    {
        var layers = _layout.Layers;
        // Head and loss go through the rows in pieces, and leave no logits behind.
        var logits = Math.Min((long)_rows * _work.SupervisedTokens, RecomputedTargets) * _layout.Shape.Vocabulary;
        var norm = Entrance + layers * _residual + Norm + _residual + 2 * Chosen;
        yield return new("loss", norm + logits * (sizeof(float) + (_work.Half ? _size : 0)) + 3 * logits * sizeof(float));
        yield return new("backward pass of the final norm", norm + NormGradients);
        for (var layer = layers - 1; layer >= 0; layer--)
        {
            // The states below, and the gradient that has come down so far.
            var held = Entrance + Shared + layer * _residual + _residual;
            yield return new($"layer {layer} computed again", held + Saved(layer) + ForwardTemporaries(layer));
            yield return new($"attention scores of layer {layer} computed again", held + Norm + Attention + ScoreTemporaries(layer));
            yield return new($"backward pass of layer {layer}", held + Saved(layer) + LayerGradients(layer));
        }
        yield return new("backward pass of the adapter", Entrance + AdapterGradients);
    }

    long AdapterGradients
    {
        get
        {
            var weights = (long)_vision.Adapter.Places(_vision.Grid).Max(place => place.Weights) * _size;
            return _residual + Pictures + 3 * Projected + weights;
        }
    }

    long Saved(int layer) => _layout.Trained[layer] ? TrainedLayer : FrozenLayer;

    long Kept(int layer) => Enumerable.Range(0, layer + 1).Sum(Saved);

    // The normalised x and its product with the weight; half precision has the former in float32 as well. A trained norm keeps both.
    long NormTemporaries(bool trained) => (_work.Half ? _wide : 0) + (trained ? 0 : 2 * _residual);

    // Queries: projected, times cosines, rolled, rotated. Keys likewise, and values as projected.
    long AttentionTemporaries => 4 * _heads + 5 * _kvHeads;

    // What one forward pass shares: the bias, the inverted mask, and the angles on their way.
    long PassTemporaries =>
        _mask * ((_fused ? 0 : _size) + 1) + _positions * _layout.Shape.HeadWidth * sizeof(float) * (_work.Half ? 4 : 2);

    /// <summary>At the end of a layer its scope still holds all temporaries, its output and, in half precision, its input.</summary>
    long ForwardTemporaries(int layer)
    {
        var trained = _layout.Trained[layer];
        var residuals = (_work.Half ? 5 : 3) * _residual;
        return 2 * NormTemporaries(trained) + AttentionTemporaries + (_fused ? 0 : trained ? 1 : 2) * _heads + residuals + (
            trained ? 0 : _inner)
            + PassTemporaries;
    }

    // The biased scores are alive while softmax writes its result, which is the one that stays.
    long ScoreTemporaries(int layer) =>
        NormTemporaries(_layout.Trained[layer]) + AttentionTemporaries + _scores + (_rows > 1 ? _heads : 0) + PassTemporaries;

    // The gradients of input and output and the products in between, in float32.
    long NormGradients => 5 * _wide;

    /// <summary>The most that a layer's backward pass adds to what is still kept, that layer's part included.</summary>
    long LayerGradients(int layer)
    {
        var shape = _layout.Shape;
        var trained = _layout.Trained[layer];
        // At the gate: the residual's gradient, the product's, and those of both factors. A trained matrix has let go of the product.
        var gate = _residual + (trained ? 2 : 3) * _inner;
        // A new gradient of a matrix is alive beside the one it is added to.
        var down = trained ? _residual + _inner + (long)shape.Width * shape.FeedForward * _size : 0;
        var afterGate = -(3 * _inner) - (trained ? _inner : 0);
        var norm = afterGate + NormGradients;
        var afterNorm = afterGate - Norm - (trained ? 2 * _residual : 0);
        var attention = afterNorm + _residual + _heads + (_fused ? 3 * _heads : 2 * _scores);
        return Math.Max(Math.Max(gate, down), Math.Max(norm, attention));
    }

    /// <summary>The tower's scope holds every block's output until its end; in the last block come that block's temporaries.</summary>
    long Tower()
    {
        var outputs = (_vision.Tower.Layers + 1) * Features;
        var inner = _squares * _vision.Tokens * (long)_vision.Tower.FeedForwardWidth * _size;
        var scores = _squares * _vision.Tower.Heads * (long)_vision.Tokens * _vision.Tokens * _size;
        // Norm, queries, keys, values, attended and its copy, output, sum, norm, down; up and the three steps of the activation.
        var whole = 10 * Features + 4 * inner;
        var attending = 7 * Features + 2 * scores;
        return outputs + Math.Max(whole, attending);
    }
}
