namespace Grafting.Core.Models.Towers.Dinov2;

/// <summary>Names of a DINOv2's tensors in a Hugging Face checkpoint.</summary>
public static class Dinov2Keys
{
    internal const string Landmark = "embeddings.cls_token";

    /// <param name="gated">Whether the feed-forward parts are SwiGLU, which have names of their own.</param>
    /// <param name="prefix">What stands before <c>embeddings</c> and <c>encoder</c>.</param>
    public static KeyMap Map(bool gated, string prefix = "")
    {
        var layer = prefix + "encoder.layer.{n}.";
        return new(
            [
                ("class_token", prefix + Landmark),
                ("registers", prefix + "embeddings.register_tokens"),
                ("patches", prefix + "embeddings.patch_embeddings.projection"),
                ("positions", prefix + "embeddings.position_embeddings"),
                ("blocks.{n}.attention_norm", layer + "norm1"),
                ("blocks.{n}.query", layer + "attention.attention.query"),
                ("blocks.{n}.key", layer + "attention.attention.key"),
                ("blocks.{n}.value", layer + "attention.attention.value"),
                ("blocks.{n}.output", layer + "attention.output.dense"),
                ("blocks.{n}.attention_scale", layer + "layer_scale1.lambda1"),
                ("blocks.{n}.feed_forward_norm", layer + "norm2"),
                ("blocks.{n}.up", layer + (gated ? "mlp.weights_in" : "mlp.fc1")),
                ("blocks.{n}.down", layer + (gated ? "mlp.weights_out" : "mlp.fc2")),
                ("blocks.{n}.feed_forward_scale", layer + "layer_scale2.lambda1"),
                ("post_norm", prefix + "layernorm"),
            ],
            // Stands in for patches that are hidden in pre-training.
            [prefix + "embeddings.mask_token"]);
    }
}
