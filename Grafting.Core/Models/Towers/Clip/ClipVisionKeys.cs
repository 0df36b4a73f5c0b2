namespace Grafting.Core.Models.Towers.Clip;

/// <summary>Names of a CLIP tower's tensors in a Hugging Face checkpoint.</summary>
public static class ClipVisionKeys
{
    internal const string Landmark = "embeddings.class_embedding";

    /// <param name="prefix">What stands before <c>embeddings</c> and <c>encoder</c>.</param>
    public static KeyMap Map(string prefix = "vision_model.") => new(
        [
            ("class_token", prefix + Landmark),
            ("patches", prefix + "embeddings.patch_embedding"),
            ("positions", prefix + "embeddings.position_embedding.weight"),
            // Spelt so in every published checkpoint.
            ("pre_norm", prefix + "pre_layrnorm"),
            .. EncoderLayerKeys.Rules(prefix),
            ("post_norm", prefix + "post_layernorm"),
        ],
        // 0, 1, 2, ... in early checkpoints.
        [prefix + "embeddings.position_ids"]);
}
