using static TorchSharp.torch;

namespace Grafting.Core.Models;

/// <summary>A causal language model that takes embeddings, so that pictures can stand between words.</summary>
// b batch, s sequence (new positions), t all positions (cached and new), w residual width, n any number of rows
public abstract class Decoder(string name) : nn.Module(name)
{
    /// <summary>What stands before a layer's number in the names of its parameters, in every family.</summary>
    public const string LayerPrefix = "layers.";

    public abstract DecoderConfig Config { get; }

    public DecoderShape Shape => Config.Shape;

    /// <summary>
    /// The decoder layers, first to last. Their parameters are those whose names begin with <see cref="LayerPrefix"/> and a number.
    /// </summary>
    public abstract IReadOnlyList<DecoderLayer> Layers { get; }

    /// <summary>Names of the parameters in a Hugging Face checkpoint.</summary>
    public KeyMap Keys => Config.Keys;

    /// <summary>
    /// What rows of the embedding table are multiplied by, in the decoder's dtype, to be what the first layer expects; 1 for most families.
    /// </summary>
    public abstract double EmbeddingScale { get; }

    public abstract Device Device { get; }

    public abstract ScalarType DType { get; }

    /// <summary>Rows of the embedding table, as the first layer expects them.</summary>
    /// <param name="ids_bs">int64, on the decoder's device.</param>
    public abstract Tensor embed(Tensor ids_bs);

    /// <param name="x_bsw">Embeddings in the decoder's dtype.</param>
    /// <param name="positions_bs">int64; any values, e.g. starting again at 0 for each sample packed into a row.</param>
    /// <param name="mask_b1st">
    /// bool, true = may attend; null = causal. A query that may attend to nothing (padding) gets the mean of all values: a finite
    /// result without meaning, no NaN in either direction.
    /// </param>
    /// <param name="cache">Positions before these; the new ones are appended.</param>
    /// <param name="hiddenStates">
    /// Receives the embeddings, then the output of each layer, then the final norm of the last one: layers + 2 tensors. (Hugging Face
    /// leaves out the raw output of the last layer, the second-last here.)
    /// </param>
    /// <returns>Hidden states after the final norm, [b, s, w].</returns>
    public abstract Tensor forward(
        Tensor x_bsw, Tensor positions_bs, Tensor? mask_b1st, KeyValueCache? cache = null, ICollection<Tensor>? hiddenStates = null);

    /// <returns>The final norm of hidden states, [.., w].</returns>
    public abstract Tensor final_norm(Tensor x);

    /// <returns>Logits over the vocabulary for hidden states after the final norm.</returns>
    public abstract Tensor head(Tensor hidden_nw);

    /// <summary>Fills every parameter from a seed, for training from scratch.</summary>
    public abstract void Initialise(ulong seed);
}
