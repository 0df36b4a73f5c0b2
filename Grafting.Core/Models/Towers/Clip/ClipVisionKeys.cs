namespace Grafting.Core.Models.Towers.Clip;

/// <summary>Names of a CLIP tower's tensors in a Hugging Face checkpoint.</summary>
public static class ClipVisionKeys
{
    // Present in every CLIP tower and nowhere else, so it shows where in a checkpoint the tower stands.
    const string Landmark = "embeddings.class_embedding";

    /// <param name="prefix">What stands before <c>embeddings</c> and <c>encoder</c>.</param>
    public static KeyMap Map(string prefix = "vision_model.") => new(
        [
            ("class_token", prefix + Landmark),
            ("patches", prefix + "embeddings.patch_embedding"),
            ("positions", prefix + "embeddings.position_embedding.weight"),
            // Spelt so in every published checkpoint.
            ("pre_norm", prefix + "pre_layrnorm"),
            ("blocks.{n}.attention_norm", prefix + "encoder.layers.{n}.layer_norm1"),
            ("blocks.{n}.query", prefix + "encoder.layers.{n}.self_attn.q_proj"),
            ("blocks.{n}.key", prefix + "encoder.layers.{n}.self_attn.k_proj"),
            ("blocks.{n}.value", prefix + "encoder.layers.{n}.self_attn.v_proj"),
            ("blocks.{n}.output", prefix + "encoder.layers.{n}.self_attn.out_proj"),
            ("blocks.{n}.feed_forward_norm", prefix + "encoder.layers.{n}.layer_norm2"),
            ("blocks.{n}.up", prefix + "encoder.layers.{n}.mlp.fc1"),
            ("blocks.{n}.down", prefix + "encoder.layers.{n}.mlp.fc2"),
            ("post_norm", prefix + "post_layernorm"),
        ],
        // 0, 1, 2, ... in early checkpoints.
        [prefix + "embeddings.position_ids"]);

    /// <summary>
    /// The map for the place where the tower stands: alone (with or without <c>vision_model.</c>), in a full CLIP, or in a LLaVA.
    /// What belongs to the other parts is ignored.
    /// </summary>
    /// <exception cref="GraftException">Of kind Input when there is no CLIP tower, or more than one.</exception>
    public static KeyMap Find(IEnumerable<string> tensors, string source)
    {
        var landmarks = tensors.Where(t => t == Landmark || t.EndsWith("." + Landmark, StringComparison.Ordinal)).ToArray();
        if (landmarks.Length != 1)
        {
            var found = landmarks.Length == 0 ? "none" : string.Join(", ", landmarks.Take(3).Select(Printable.Quote));
            throw Fault.Input($"{source}: a CLIP tower has one tensor \"{Landmark}\"; found: {found}.");
        }
        return Map(landmarks[0][..^Landmark.Length]).Ignoring(
            "text_model.*", "text_projection.weight", "visual_projection.weight", "logit_scale",
            "language_model.*", "model.language_model.*", "lm_head.weight",
            "multi_modal_projector.*", "model.multi_modal_projector.*");
    }
}
