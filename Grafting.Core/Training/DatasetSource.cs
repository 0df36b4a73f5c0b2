using Grafting.Core.Data;
using Grafting.Core.Imaging;

namespace Grafting.Core.Training;

/// <summary>Samples of a data set, shuffled anew in every epoch, encoded when they are asked for.</summary>
/// <param name="samples">Training samples; not empty.</param>
/// <param name="encoder">Makes tokens and weights.</param>
/// <param name="pictures">Reads pictures; null when the samples have none.</param>
/// <param name="skipped">Counts pictures that turn out to be damaged, and stops the run beyond its budget.</param>
/// <param name="seed">Of the order; null reads the samples as they stand, again and again.</param>
/// <param name="prompts">What leads from pictures to questions; null: nothing.</param>
/// <param name="buffer">Shuffles through a buffer of so many samples, see <see cref="BufferedOrder"/>; null: the whole.</param>
public sealed class DatasetSource(
    IReadOnlyList<Sample> samples, ChatEncoder encoder, PictureCache? pictures, BadSampleLog skipped, ulong? seed,
    PromptDraw? prompts = null,
    int? buffer = null) : ISampleSource
{
    readonly EpochOrder? _order = seed is not { } shuffled
        ? null
        : buffer is { } size ? new BufferedOrder(shuffled, samples.Count, size)
        : new SampleOrder(shuffled, samples.Count);

    /// <summary>A sample of which a picture cannot be decoded gives its place to the one after it in the data, always the same.</summary>
    public EncodedSample At(long position)
    {
        var index = _order?.At(position) ?? (int)(position % samples.Count);
        for (var tried = 0; tried < samples.Count; tried++, index = (index + 1) % samples.Count)
        {
            if (Usable(samples[index], prompts?.At(position)) is { } sample) return sample;
        }
        throw Fault.Input("none of the pictures can be read.", "Look at the data.");
    }

    EncodedSample? Usable(Sample sample, string? prompt)
    {
        if (encoder.DependsOnPictures)
        {
            if (Load(sample, sample.Images.Count) is not { } all) return null;
            var fitting = encoder.Encode(sample.Id, sample.Turns, prompt, [.. all.Select(picture => picture.Layout)]);
            return new EncodedSample(sample.Id, fitting, all[..fitting.Pictures]);
        }
        var chat = encoder.Encode(sample.Id, sample.Turns, prompt);
        // Pictures that were cut off with the end of the conversation are not read.
        return Load(sample, chat.Pictures) is { } loaded ? new EncodedSample(sample.Id, chat, loaded) : null;
    }

    /// <summary>The first pictures of a sample; null when one cannot be read.</summary>
    PreparedPicture[]? Load(Sample sample, int count)
    {
        var loaded = new PreparedPicture[count];
        for (var i = 0; i < loaded.Length; i++)
        {
            try
            {
                loaded[i] = pictures!.Load(sample.Images[i], sample.Store);
            }
            catch (GraftException fault) when (fault.Kind == ErrorKind.Input)
            {
                skipped.Add(
                    new BadSample(
                        $"{sample.Images[i]}, sample {Printable.Quote(sample.Id)}", BadSampleReason.DamagedPicture, fault.Message));
                return null;
            }
        }
        return loaded;
    }
}
