namespace Grafting.Core.Forward;

/// <summary>Inputs by the names that Hugging Face's models give them; the last two weigh a tower's outputs into a loss.</summary>
static class InputNames
{
    public const string Ids = "input_ids";
    public const string Embeddings = "inputs_embeds";
    public const string Mask = "attention_mask";
    public const string Positions = "position_ids";
    public const string Labels = "labels";
    public const string Pixels = "pixel_values";
    public const string LastWeights = "loss_w_last";
    public const string PooledWeights = "loss_w_pooled";

    public static IReadOnlyList<string> OfDecoder { get; } = [Ids, Embeddings, Mask, Positions, Labels];

    public static IReadOnlyList<string> OfTower { get; } = [Pixels, LastWeights, PooledWeights];
}
