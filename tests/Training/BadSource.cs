using Grafting.Core.Training;

namespace Grafting.Tests.Training;

/// <summary>Samples with pictures, some of which are changed.</summary>
sealed class BadSource(Func<EncodedSample, EncodedSample> spoil, params long[] positions) : ISampleSource
{
    readonly Tiny.Source _pictures = new(true);

    public EncodedSample At(long position) => positions.Contains(position) ? spoil(_pictures.At(position)) : _pictures.At(position);

    /// <summary>A picture that is not a number makes the loss none.</summary>
    public static EncodedSample NotANumber(EncodedSample sample) =>
        sample with { Pictures = [sample.Pictures[0].Pixels.Select((v, i) => i == 5 ? float.NaN : v).ToArray()] };

    /// <summary>Such a picture and no label: the loss does not see it, the gradient does (0 · NaN).</summary>
    public static EncodedSample Unlabelled(EncodedSample sample) =>
        NotANumber(sample) with { Chat = sample.Chat with { Weights = new float[sample.Chat.Weights.Length] } };

    public static StageData Data(Func<EncodedSample, EncodedSample> spoil, params long[] positions) =>
        Tiny.Data with { Images = new BadSource(spoil, positions) };
}
