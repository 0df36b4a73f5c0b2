namespace Grafting.Core.Models.Decoders.Llama;

/// <summary>Names of a Llama's tensors in a Hugging Face checkpoint.</summary>
public static class LlamaKeys
{
    /// <param name="tied">Whether the embedding table is the head, so that a head in the file must be a copy of it.</param>
    /// <param name="body">Prefix of everything but the head; composite models put theirs before it.</param>
    /// <param name="head">Name of the head's module.</param>
    public static KeyMap Map(bool tied, string body = "model.", string head = "lm_head") => new(
        [
            ("embedding", body + "embed_tokens"),
            ("layers.{n}.attention_norm", body + "layers.{n}.input_layernorm"),
            ("layers.{n}.attention.query", body + "layers.{n}.self_attn.q_proj"),
            ("layers.{n}.attention.key", body + "layers.{n}.self_attn.k_proj"),
            ("layers.{n}.attention.value", body + "layers.{n}.self_attn.v_proj"),
            ("layers.{n}.attention.output", body + "layers.{n}.self_attn.o_proj"),
            ("layers.{n}.feed_forward_norm", body + "layers.{n}.post_attention_layernorm"),
            ("layers.{n}.feed_forward.gate", body + "layers.{n}.mlp.gate_proj"),
            ("layers.{n}.feed_forward.up", body + "layers.{n}.mlp.up_proj"),
            ("layers.{n}.feed_forward.down", body + "layers.{n}.mlp.down_proj"),
            ("norm", body + "norm"),
            ("output", head),
        ],
        [
            // Early checkpoints stored the frequencies; they follow from the configuration.
            body + "layers.{n}.self_attn.rotary_emb.inv_freq",
            body + "rotary_emb.inv_freq",
        ],
        tied ? [(head + ".weight", body + "embed_tokens.weight")] : []);
}
