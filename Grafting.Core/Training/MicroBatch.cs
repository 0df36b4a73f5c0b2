using Grafting.Core.Imaging;
using Grafting.Core.Models;

namespace Grafting.Core.Training;

/// <summary>What one forward pass takes: packed conversations and their pictures.</summary>
/// <param name="Packed">Tokens; in a <see cref="StepBatch"/> the weights already hold each token's share of the step's loss.</param>
/// <param name="Pixels">Squares of the pictures in the order of their conversations, float32 [n, 3, S, S]; empty without pictures.</param>
/// <param name="Pictures">How many pictures.</param>
/// <param name="TargetIsText">For each supervised position whether its sample is text only.</param>
public sealed record MicroBatch(PackedBatch Packed, float[] Pixels, int Pictures, bool[] TargetIsText)
{
    /// <summary>Packs samples; text-only ones add nothing to the pictures, so that the tower never sees them.</summary>
    public static MicroBatch From(IReadOnlyList<EncodedSample> samples, PicturePositions imageTokens, int rowLength)
    {
        foreach (var sample in samples)
        {
            var (pictures, places) = (sample.Pictures.Count, sample.Chat.Pictures);
            if (pictures != places)
                throw new ArgumentException($"sample '{sample.Id}' has {pictures} pictures and {places} places for them", nameof(samples));
        }
        var packed = PackedBatch.Pack([.. samples.Select(s => s.Chat)], imageTokens, rowLength, [.. samples.Select(s => s.Layouts)]);
        PreparedPicture[] shown = [.. samples.SelectMany(s => s.Pictures)];
        return new MicroBatch(packed, Join(shown), shown.Length, Array.ConvertAll(packed.TargetOwners, owner => samples[owner].IsText));
    }

    /// <summary>Squares that pass through the tower: the pictures, and their tiles where they are cut into such.</summary>
    public int Squares => Packed.Pictures.Sum(layout => layout.Squares);

    /// <summary>Pictures one after another.</summary>
    public static float[] Join(IReadOnlyList<PreparedPicture> pictures)
    {
        var (pixels, at) = (new float[pictures.Sum(p => p.Pixels.Length)], 0);
        foreach (var picture in pictures)
        {
            picture.Pixels.CopyTo(pixels.AsSpan(at));
            at += picture.Pixels.Length;
        }
        return pixels;
    }
}
