namespace Grafting.Core.Models.Towers;

/// <summary>Names of a block's tensors, as CLIP and SigLIP both have them.</summary>
static class EncoderLayerKeys
{
    /// <param name="prefix">What stands before <c>encoder</c>, with its dot.</param>
    public static IEnumerable<(string Ours, string Theirs)> Rules(string prefix)
    {
        var layer = prefix + "encoder.layers.{n}.";
        yield return ("blocks.{n}.attention_norm", layer + "layer_norm1");
        yield return ("blocks.{n}.query", layer + "self_attn.q_proj");
        yield return ("blocks.{n}.key", layer + "self_attn.k_proj");
        yield return ("blocks.{n}.value", layer + "self_attn.v_proj");
        yield return ("blocks.{n}.output", layer + "self_attn.out_proj");
        yield return ("blocks.{n}.feed_forward_norm", layer + "layer_norm2");
        yield return ("blocks.{n}.up", layer + "mlp.fc1");
        yield return ("blocks.{n}.down", layer + "mlp.fc2");
    }
}
