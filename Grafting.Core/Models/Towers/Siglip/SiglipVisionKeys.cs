namespace Grafting.Core.Models.Towers.Siglip;

/// <summary>Names of a SigLIP tower's tensors in a Hugging Face checkpoint.</summary>
public static class SiglipVisionKeys
{
    // CLIP's patches have no bias, and the text side has no patches.
    internal const string Landmark = "embeddings.patch_embedding.bias";

    /// <param name="prefix">What stands before <c>embeddings</c> and <c>encoder</c>.</param>
    public static KeyMap Map(string prefix = "vision_model.") => new(
        [
            ("patches", prefix + "embeddings.patch_embedding"),
            ("positions", prefix + "embeddings.position_embedding.weight"),
            .. EncoderLayerKeys.Rules(prefix),
            ("post_norm", prefix + "post_layernorm"),
            ("head.probe", prefix + "head.probe"),
            ("head.inner_weight", prefix + "head.attention.in_proj_weight"),
            ("head.inner_bias", prefix + "head.attention.in_proj_bias"),
            ("head.output", prefix + "head.attention.out_proj"),
            ("head.norm", prefix + "head.layernorm"),
            ("head.up", prefix + "head.mlp.fc1"),
            ("head.down", prefix + "head.mlp.fc2"),
        ],
        // 0, 1, 2, ... in early checkpoints; and the head, where the tower is built without it.
        [prefix + "embeddings.position_ids", prefix + "head.*"]);
}
