using Grafting.Core.Models.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Grafting.Core.Models.Decoders.Llama;

/// <summary>Llama: rotary positions, grouped key/value heads, RMS norms before each part, a SiLU-gated feed-forward.</summary>
/// <remarks>Checked value by value and gradient by gradient against transformers' <c>modeling_llama.py</c>.</remarks>
public sealed class Llama : Decoder
{
    readonly TokenEmbedding embedding;
    readonly ModuleList<LlamaLayer> layers;
    readonly RmsNorm norm;
    readonly Dense? output;
    readonly LlamaConfig _config;
    readonly Rotary _rotary;

    internal Llama(LlamaConfig config, Device device, ScalarType dtype) : base(nameof(Llama))
    {
        (_config, Device, DType) = (config, device, dtype);
        _rotary = new(config.Rope, config.HeadWidth);
        embedding = new(config.Vocabulary, config.Width, device, dtype);
        layers = new([.. Enumerable.Range(0, config.Layers).Select(i => new LlamaLayer(config, _rotary, i, device, dtype))]);
        norm = new(config.Width, config.NormEpsilon, device, dtype);
        output = config.TieEmbeddings ? null : new(config.Width, config.Vocabulary, hasBias: false, device, dtype);
        RegisterComponents();
    }

    public override DecoderConfig Config => _config;

    public override IReadOnlyList<DecoderLayer> Layers => [.. layers];

    public override KeyMap Keys => LlamaKeys.Map(_config.TieEmbeddings);

    public override Device Device { get; }

    public override ScalarType DType { get; }

    public override Tensor embed(Tensor ids_bs) => embedding.forward(ids_bs);

    public override Tensor forward(
        Tensor x_bsw, Tensor positions_bs, Tensor? mask_b1st, KeyValueCache? cache = null, ICollection<Tensor>? hiddenStates = null)
    {
        CheckShapes(x_bsw, positions_bs, mask_b1st, cache);
        using var scope = NewDisposeScope();
        var pass = LlamaPass.Create(_rotary, positions_bs, mask_b1st, cache, Device, DType);

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

    public override Tensor head(Tensor hidden_nw) => output is null ? embedding.Project(hidden_nw) : output.forward(hidden_nw);

    /// <inheritdoc/>
    /// <remarks>As transformers does: matrices normal with the configured deviation, norms 1, biases 0.</remarks>
    public override void Initialise(ulong seed)
    {
        var initialiser = new Initialiser(seed);
        foreach (var (name, parameter) in named_parameters())
        {
            if (name.EndsWith("norm.weight", StringComparison.Ordinal)) Initialiser.Constant(parameter, 1);
            else if (name.EndsWith(".bias", StringComparison.Ordinal)) Initialiser.Constant(parameter, 0);
            else initialiser.Normal(name, parameter, _config.InitialiserRange);
        }
    }

    // A wrong shape inside a matrix product aborts the process with some providers, so it is caught here.
    void CheckShapes(Tensor x_bsw, Tensor positions_bs, Tensor? mask_b1st, KeyValueCache? cache)
    {
        var x = x_bsw.shape;
        if (x.Length != 3 || x[2] != _config.Width)
            throw new ArgumentException($"embeddings are [{string.Join(", ", x)}]; [batch, sequence, {_config.Width}] was expected");
        if (!positions_bs.shape.SequenceEqual([x[0], x[1]]))
            throw new ArgumentException($"positions are [{string.Join(", ", positions_bs.shape)}]; [{x[0]}, {x[1]}] was expected");
        if (mask_b1st is null) return;
        long[] expected = [x[0], 1, x[1], x[1] + (cache?.Length ?? 0)];
        if (!mask_b1st.shape.SequenceEqual(expected))
            throw new ArgumentException($"the mask is [{string.Join(", ", mask_b1st.shape)}]; [{string.Join(", ", expected)}] was expected");
    }
}
