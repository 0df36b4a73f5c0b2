namespace Grafting.Core.Data;

/// <param name="Pixels">The picture as the tower reads it, [3, S, S]; null for text only.</param>
public sealed record LoadedSample(Sample Sample, float[]? Pixels);

/// <summary>The sample and the picture at every position of an order; pure, so that workers may prepare positions ahead of time.</summary>
/// <param name="bad">Where damaged pictures are counted; null: the first one is an error.</param>
public sealed class SampleReader(IReadOnlyList<Sample> samples, SampleOrder order, PictureCache? pictures, BadSampleLog? bad = null)
{
    /// <summary>
    /// A sample whose picture is damaged is counted and named, and the next one of the order stands in for it. What a position gives
    /// depends on the files alone, never on what was read before.
    /// </summary>
    /// <exception cref="GraftException">Of kind <see cref="ErrorKind.Input"/>: more damaged pictures than the budget allows.</exception>
    public LoadedSample At(long position)
    {
        for (int attempt = 0; attempt < samples.Count; attempt++)
        {
            var sample = samples[order.At(position + attempt)];
            if (sample.ImagePath is null || pictures is null) return new LoadedSample(sample, null);
            try
            {
                return new LoadedSample(sample, pictures.Load(sample.ImagePath));
            }
            catch (GraftException damage) when (bad is not null && damage.Kind == ErrorKind.Input)
            {
                bad.Add(new BadSample($"{sample.ImagePath}, sample {Printable.Quote(sample.Id)}", BadSampleReason.DamagedPicture, damage.Message));
            }
        }
        throw Fault.Input("No sample has a readable picture.", "Check the images folder.");
    }
}
