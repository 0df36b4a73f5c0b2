using System.Text.Json.Nodes;
using Grafting.Core.Models.Decoders;
using static TorchSharp.torch;

namespace Grafting.Core.Models;

/// <summary>What a decoder is made of, as its family's <c>config.json</c> says it.</summary>
public abstract record DecoderConfig
{
    public abstract string ModelType { get; }

    public abstract DecoderShape Shape { get; init; }

    /// <summary>Added to the mean square before the root.</summary>
    public abstract double NormEpsilon { get; init; }

    /// <summary>Rotation of queries and keys.</summary>
    public abstract RopeConfig Rope { get; init; }

    /// <summary>Whether the embedding table is the head as well.</summary>
    public abstract bool TieEmbeddings { get; init; }

    /// <summary>Standard deviation of fresh weights; without effect on a loaded checkpoint.</summary>
    public abstract double InitialiserRange { get; init; }

    /// <summary>Names of the decoder's parameters in a Hugging Face checkpoint.</summary>
    public abstract KeyMap Keys { get; }

    /// <summary>What embeddings are multiplied by before the first layer.</summary>
    public virtual double EmbeddingScale => 1;

    /// <summary>
    /// Whether transformers scales embeddings that it is given in place of ids (inputs_embeds), as against those of ids alone.
    /// </summary>
    public virtual bool ScalesGivenEmbeddings => false;

    /// <summary>c where logits become c·tanh(logit / c).</summary>
    public virtual double? LogitCap => null;

    /// <summary>Whether norms multiply by 1 + weight instead of by weight.</summary>
    public virtual bool UnitOffsetNorms => false;

    /// <summary>The positions that each layer sees, where that differs between layers; a family without such layers gives null.</summary>
    public virtual LayerWindows? MixedLayers => null;

    /// <summary>A decoder with undefined parameters.</summary>
    public Decoder Build(Device device, ScalarType dtype)
    {
        Check();
        return new TransformerDecoder(this, device, dtype);
    }

    /// <summary>One of its layers alone, with undefined parameters.</summary>
    public abstract DecoderLayer BuildLayer(int index, Device device, ScalarType dtype);

    /// <summary>A decoder made of these layers of this one, in this order; of none, it is embedding, final norm and head alone.</summary>
    public abstract DecoderConfig WithLayers(IReadOnlyList<int> layers);

    /// <summary>The model's part of <c>config.json</c>, in the spelling that every version of transformers reads.</summary>
    public abstract JsonObject ToJson(ScalarType dtype);

    /// <exception cref="GraftException">Of kind Usage, naming the value.</exception>
    private protected virtual void Check()
    {
        Shape.Validate();
        Fault.IfOutside(NormEpsilon, 0, 1, "rms_norm_eps");
        Fault.IfOutside(InitialiserRange, 0, 10, "initializer_range");
        MixedLayers?.Validate(Shape.Layers);
        Rope.Validate();
    }

    /// <summary>Checks the values as <see cref="Build"/> does.</summary>
    internal T Checked<T>()
        where T : DecoderConfig
    {
        Check();
        return (T)this;
    }

    /// <summary>The fields that every family's file has.</summary>
    private protected JsonObject Describe(string architecture, ScalarType dtype) => new()
    {
        ["architectures"] = new JsonArray(architecture),
        ["model_type"] = ModelType,
        ["hidden_size"] = Shape.Width,
        ["intermediate_size"] = Shape.FeedForwardWidth,
        ["num_hidden_layers"] = Shape.Layers,
        ["num_attention_heads"] = Shape.Heads,
        ["num_key_value_heads"] = Shape.KvHeads,
        ["head_dim"] = Shape.HeadWidth,
        ["vocab_size"] = Shape.Vocabulary,
        ["max_position_embeddings"] = Shape.MaxPositions,
        ["rms_norm_eps"] = NormEpsilon,
        ["tie_word_embeddings"] = TieEmbeddings,
        ["initializer_range"] = InitialiserRange,
        ["torch_dtype"] = TensorLoading.HuggingFaceName(dtype),
    };
}
