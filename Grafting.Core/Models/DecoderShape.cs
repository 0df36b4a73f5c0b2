namespace Grafting.Core.Models;

/// <summary>Sizes of a decoder that others build on.</summary>
/// <param name="Width">Residual width; also the width of an embedding.</param>
/// <param name="FeedForwardWidth">Inner width of the gated feed-forward part.</param>
/// <param name="KvHeads">Key/value heads; query heads are spread evenly over them.</param>
/// <param name="MaxPositions">Positions that the checkpoint was made for; longer sequences compute, but were never trained.</param>
public sealed record DecoderShape(
    int Width, int FeedForwardWidth, int Layers, int Heads, int KvHeads, int HeadWidth, int Vocabulary, int MaxPositions)
{
    /// <exception cref="GraftException">Of kind Usage, naming the value by its field in <c>config.json</c>.</exception>
    public DecoderShape Validate()
    {
        Fault.IfOutside(Width, 1, 1 << 20, "hidden_size");
        Fault.IfOutside(FeedForwardWidth, 1, 1 << 22, "intermediate_size");
        // None is embedding, norm and head alone, between which a layer stream runs one layer at a time.
        Fault.IfOutside(Layers, 0, 4096, "num_hidden_layers");
        Fault.IfOutside(Heads, 1, 4096, "num_attention_heads");
        Fault.IfOutside(KvHeads, 1, Heads, "num_key_value_heads");
        Fault.IfOutside(HeadWidth, 2, 1 << 16, "head_dim");
        Fault.IfOutside(Vocabulary, 1, 1 << 24, "vocab_size");
        Fault.IfOutside(MaxPositions, 1, int.MaxValue, "max_position_embeddings");
        if (Heads % KvHeads != 0) throw Fault.Usage($"{Heads} heads cannot share {KvHeads} key/value heads evenly.");
        if (HeadWidth % 2 != 0) throw Fault.Usage($"The head width is {HeadWidth}; rotation needs an even one.");
        return this;
    }

    /// <summary>Reads the sizes by the names that every family's file has for them.</summary>
    /// <param name="absent">
    /// What transformers takes for absent fields. No key/value heads there are as many as heads, no head width there is the width shared by
    /// the heads.
    /// </param>
    internal static DecoderShape Read(ConfigReader config, DecoderShape absent)
    {
        var width = config.Int("hidden_size", absent.Width);
        var heads = config.Int("num_attention_heads", absent.Heads);
        if (heads < 1) throw Fault.Input($"{config.Source}: num_attention_heads is {heads}.");
        return new(
            width,
            config.Int("intermediate_size", absent.FeedForwardWidth),
            config.Int("num_hidden_layers", absent.Layers),
            heads,
            config.Int("num_key_value_heads", absent.KvHeads > 0 && !config.IsNull("num_key_value_heads") ? absent.KvHeads : heads),
            config.Int("head_dim", absent.HeadWidth > 0 ? absent.HeadWidth : width / heads),
            config.Int("vocab_size", absent.Vocabulary),
            config.Int("max_position_embeddings", absent.MaxPositions));
    }
}
