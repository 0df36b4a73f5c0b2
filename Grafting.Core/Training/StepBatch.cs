namespace Grafting.Core.Training;

/// <summary>What one forward pass takes: packed conversations and their pictures.</summary>
/// <param name="Packed">Tokens; weights already hold each sample's share of the step's loss.</param>
/// <param name="Pixels">Pictures in the order of their conversations, float32 [n, 3, S, S]; empty without pictures.</param>
/// <param name="Pictures">How many pictures.</param>
/// <param name="TargetIsText">For each supervised position whether its sample is text only.</param>
public sealed record MicroBatch(PackedBatch Packed, float[] Pixels, int Pictures, bool[] TargetIsText);

/// <summary>All that one optimizer step reads, prepared on a worker thread.</summary>
/// <param name="SampleIds">For messages.</param>
/// <param name="ImageWeight">Sum of token weights over samples with a picture, before normalisation.</param>
/// <param name="TextWeight">The same over text-only samples.</param>
/// <param name="Tokens">Positions read, image tokens included.</param>
public sealed record StepBatch(
    IReadOnlyList<MicroBatch> Parts, IReadOnlyList<string> SampleIds, double ImageWeight, double TextWeight, long Tokens)
{
    /// <summary>
    /// Packs the samples of a step into micro-batches. Every token's weight is divided by the total over the whole step here, so that the
    /// sum of the micro-batches' gradients is the step's gradient however it is split.
    /// </summary>
    /// <exception cref="GraftException">Input, when no token of the step is supervised.</exception>
    public static StepBatch Build(IReadOnlyList<EncodedSample> samples, StageConfig stage, int imageTokens)
    {
        double Weight(bool text) => samples.Where(s => (s.Pixels is null) == text).Sum(s => s.Chat.Weights.Sum(w => (double)w));
        var (image, text) = (Weight(false), Weight(true));
        if (!(image + text > 0))
            throw Fault.Input($"no token of the samples {string.Join(", ", samples.Select(s => s.Id))} is supervised.", "Look at the answers in the data.");
        var textShare = (image, text) switch
        {
            (0, _) => 1,
            (_, 0) => 0,
            _ => stage.TextShare ?? (text / (image + text)),
        };

        var parts = new List<MicroBatch>();
        foreach (var chunk in samples.Chunk(stage.MicroBatch))
        {
            var packed = PackedBatch.Pack([.. chunk.Select(s => s.Chat)], imageTokens, stage.RowLength);
            var isText = Array.ConvertAll(packed.TargetOwners, owner => chunk[owner].Pixels is null);
            var weights = new float[packed.TargetWeights.Length];
            for (var i = 0; i < weights.Length; i++)
            {
                var scale = isText[i] ? textShare / text : (1 - textShare) / image;
                weights[i] = (float)(packed.TargetWeights[i] * scale);
            }
            float[][] pictures = [.. from s in chunk where s.Pixels is not null select s.Pixels];
            parts.Add(new MicroBatch(packed with { TargetWeights = weights }, [.. pictures.SelectMany(p => p)], pictures.Length, isText));
        }
        return new StepBatch(parts, [.. samples.Select(s => s.Id)], image, text, parts.Sum(p => (long)p.Packed.UsedPositions));
    }
}
