using Grafting.Core.Models.Layers;

namespace Grafting.Core.Models.Decoders.Blocks;

/// <summary>One decoder layer, in the terms in which the families differ.</summary>
/// <param name="Rope">Rotation of its queries and keys.</param>
internal sealed record LayerConfig(DecoderShape Shape, double NormEpsilon, RopeConfig Rope)
{
    /// <summary>Nearest positions that it sees, its own included; null for all.</summary>
    public int? Window { get; init; }

    /// <summary>Biases of query, key and value.</summary>
    public bool QueryBias { get; init; }

    /// <summary>Bias of attention's output.</summary>
    public bool OutputBias { get; init; }

    /// <summary>Biases of the feed-forward part.</summary>
    public bool MlpBias { get; init; }

    /// <summary>Norms of each head's queries and keys before the rotation.</summary>
    public bool HeadNorms { get; init; }

    /// <summary>Norms multiply by 1 + weight.</summary>
    public bool UnitOffsetNorms { get; init; }

    /// <summary>Query, key and value are one matrix, and so are gate and up (Phi-3).</summary>
    public bool Fused { get; init; }

    /// <summary>Of the feed-forward part's gate.</summary>
    public Activation Activation { get; init; } = Activation.Silu;

    /// <summary>What scores are divided by the root of; null for the head width.</summary>
    public double? QueryScalar { get; init; }

    /// <summary>c where scores become c·tanh(score / c); null for none.</summary>
    public double? ScoreCap { get; init; }
}
