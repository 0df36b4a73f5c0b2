using Grafting.Core.Models.Decoders.Blocks;
using Grafting.Core.Models.Layers;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Grafting.Core.Models.Decoders;

/// <summary>Embedding, the layers that a family's configuration builds, a last norm, and the head: every family has this form.</summary>
/// <remarks>Checked value by value and gradient by gradient against transformers' <c>modeling_*.py</c> of each family.</remarks>
internal sealed class TransformerDecoder : Decoder
{
    readonly TokenEmbedding embedding;
    readonly ModuleList<DecoderLayer> layers;
    readonly RmsNorm norm;
    readonly Dense? output;
    readonly Scalar? _embeddingScale;
    readonly SoftCap? _cap;

    internal TransformerDecoder(DecoderConfig config, Device device, ScalarType dtype) : base(config.ModelType)
    {
        (Config, Device, DType) = (config, device, dtype);
        var shape = config.Shape;
        embedding = new(shape.Vocabulary, shape.Width, device, dtype);
        layers = new([.. Enumerable.Range(0, shape.Layers).Select(i => config.BuildLayer(i, device, dtype))]);
        norm = new(shape.Width, config.NormEpsilon, device, dtype, config.UnitOffsetNorms);
        output = config.TieEmbeddings ? null : new(shape.Width, shape.Vocabulary, hasBias: false, device, dtype);
        EmbeddingScale = Rounded(config.EmbeddingScale, dtype);
        _embeddingScale = EmbeddingScale == 1 ? null : (Scalar)EmbeddingScale;
        _cap = config.LogitCap is { } cap ? new(cap) : null;
        RegisterComponents();
    }

    public override DecoderConfig Config { get; }

    public override double EmbeddingScale { get; }

    public override IReadOnlyList<DecoderLayer> Layers => [.. layers];

    public override Device Device { get; }

    public override ScalarType DType { get; }

    public override Tensor embed(Tensor ids_bs)
    {
        if (_embeddingScale is null) return embedding.forward(ids_bs);
        using var scope = NewDisposeScope();
        return embedding.forward(ids_bs).mul(_embeddingScale).MoveToOuterDisposeScope();
    }

    public override Tensor forward(
        Tensor x_bsw, Tensor positions_bs, Tensor? mask_b1st, KeyValueCache? cache = null, ICollection<Tensor>? hiddenStates = null)
    {
        CheckShapes(x_bsw, positions_bs, mask_b1st, cache);
        using var scope = NewDisposeScope();
        var pass = DecoderPass.Create(layers.Select(layer => layer.Kind), positions_bs, mask_b1st, cache, Device, DType);

        var hidden = x_bsw;
        hiddenStates?.Add(hidden);
        foreach (var layer in layers)
        {
            var next = layer.forward(hidden, pass);
            if (hiddenStates is not null) hiddenStates.Add(next.MoveToOuterDisposeScope());
            else if (!ReferenceEquals(hidden, x_bsw)) hidden.Dispose();
            hidden = next;
        }
        cache?.Advance(x_bsw.shape[1]);
        var normed = norm.forward(hidden).MoveToOuterDisposeScope();
        hiddenStates?.Add(normed);
        return normed;
    }

    public override Tensor final_norm(Tensor x) => norm.forward(x);

    public override Tensor head(Tensor hidden_nw)
    {
        if (_cap is null) return Project(hidden_nw);
        using var scope = NewDisposeScope();
        return _cap.Apply(Project(hidden_nw)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    /// <remarks>
    /// As transformers does: matrices normal with the configured deviation, the weights of norms so that they multiply by 1, biases 0.
    /// </remarks>
    public override void Initialise(ulong seed)
    {
        var initialiser = new Initialiser(seed);
        foreach (var (name, parameter) in named_parameters())
        {
            if (name.EndsWith("norm.weight", StringComparison.Ordinal)) Initialiser.Constant(parameter, Config.UnitOffsetNorms ? 0 : 1);
            else if (name.EndsWith(".bias", StringComparison.Ordinal)) Initialiser.Constant(parameter, 0);
            else initialiser.Normal(name, parameter, Config.InitialiserRange);
        }
    }

    Tensor Project(Tensor hidden_nw) => output is null ? embedding.Project(hidden_nw) : output.forward(hidden_nw);

    /// <summary>The reference multiplies by a tensor of the model's dtype, which has rounded the factor.</summary>
    static double Rounded(double factor, ScalarType dtype)
    {
        using var rounded = torch.tensor([factor], dtype: dtype);
        using var wide = rounded.to(ScalarType.Float64);
        return wide.item<double>();
    }

    // A wrong shape inside a matrix product aborts the process with some providers, so it is caught here.
    void CheckShapes(Tensor x_bsw, Tensor positions_bs, Tensor? mask_b1st, KeyValueCache? cache)
    {
        var x = x_bsw.shape;
        if (x.Length != 3 || x[2] != Shape.Width)
            throw new ArgumentException($"embeddings are [{string.Join(", ", x)}]; [batch, sequence, {Shape.Width}] was expected");
        if (!positions_bs.shape.SequenceEqual([x[0], x[1]]))
            throw new ArgumentException($"positions are [{string.Join(", ", positions_bs.shape)}]; [{x[0]}, {x[1]}] was expected");
        if (mask_b1st is null) return;
        long[] expected = [x[0], 1, x[1], x[1] + (cache?.Length ?? 0)];
        if (!mask_b1st.shape.SequenceEqual(expected))
            throw new ArgumentException(
                $"the mask is [{string.Join(", ", mask_b1st.shape)}]; [{string.Join(", ", expected)}] was expected");
    }
}
