namespace Grafting.Core.Models.Decoders.Blocks;

/// <summary>Names that the tensors of every family have in common in a Hugging Face checkpoint.</summary>
internal static class DecoderKeys
{
    /// <summary>Where a layer's tensors stand.</summary>
    public const string Layer = "model.layers.{n}.";

    /// <param name="tied">Whether the embedding table is the head, so that a head in the file must be a copy of it.</param>
    /// <param name="layer">Names inside a layer: ours and the file's.</param>
    public static KeyMap Map(bool tied, params IEnumerable<(string Ours, string Theirs)> layer) => new(
        [
            ("embedding", "model.embed_tokens"),
            .. layer.Select(rule => ("layers.{n}." + rule.Ours, Layer + rule.Theirs)),
            ("norm", "model.norm"),
            ("output", "lm_head"),
        ],
        [
            // Early checkpoints stored the frequencies; they follow from the configuration.
            Layer + "self_attn.rotary_emb.inv_freq",
            "model.rotary_emb.inv_freq",
        ],
        tied ? [("lm_head.weight", "model.embed_tokens.weight")] : []);

    /// <summary>Separate matrices of attention and feed-forward part.</summary>
    public static IEnumerable<(string Ours, string Theirs)> Matrices { get; } =
    [
        ("attention.query", "self_attn.q_proj"),
        ("attention.key", "self_attn.k_proj"),
        ("attention.value", "self_attn.v_proj"),
        ("attention.output", "self_attn.o_proj"),
        ("feed_forward.gate", "mlp.gate_proj"),
        ("feed_forward.up", "mlp.up_proj"),
        ("feed_forward.down", "mlp.down_proj"),
    ];

    /// <summary>The two norms of a layer that has one in front of each part.</summary>
    public static IEnumerable<(string Ours, string Theirs)> PreNorms { get; } =
        [("attention_norm", "input_layernorm"), ("feed_forward_norm", "post_attention_layernorm")];

    /// <summary>The four norms of a layer that has one in front of each part and one behind it.</summary>
    public static IEnumerable<(string Ours, string Theirs)> SandwichNorms { get; } =
    [
        ("attention_norm", "input_layernorm"),
        ("attention_output_norm", "post_attention_layernorm"),
        ("feed_forward_norm", "pre_feedforward_layernorm"),
        ("feed_forward_output_norm", "post_feedforward_layernorm"),
    ];

    /// <summary>Norms of each head's queries and keys.</summary>
    public static IEnumerable<(string Ours, string Theirs)> HeadNorms { get; } =
        [("attention.query_norm", "self_attn.q_norm"), ("attention.key_norm", "self_attn.k_norm")];
}
