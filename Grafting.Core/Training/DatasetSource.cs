using Grafting.Core.Data;
using Grafting.Core.Numerics;

namespace Grafting.Core.Training;

/// <summary>Samples of a data set, shuffled anew in every epoch, encoded when they are asked for.</summary>
/// <param name="samples">Training samples; not empty.</param>
/// <param name="encoder">Makes tokens and weights.</param>
/// <param name="pictures">Reads pictures; null when the samples have none.</param>
/// <param name="skipped">Counts pictures that turn out to be damaged, and stops the run beyond its budget.</param>
/// <param name="seed">Of the order, and of the draw of image prompts.</param>
/// <param name="imagePrompts">One is drawn for every position (<see cref="Text.ImagePrompt"/>); null or empty: none.</param>
public sealed class DatasetSource(
    IReadOnlyList<Sample> samples, ChatEncoder encoder, PictureCache? pictures, BadSampleLog skipped, ulong seed,
    IReadOnlyList<string>? imagePrompts = null) : ISampleSource
{
    /// <summary>Sets the draws of prompts apart from the shuffling, whose streams are numbered from 0.</summary>
    const ulong PromptStreams = 1UL << 63;

    readonly SampleOrder _order = new(seed, samples.Count);

    /// <summary>A sample of which a picture cannot be decoded gives its place to the one after it in the data, always the same.</summary>
    public EncodedSample At(long position)
    {
        var (index, prompt) = (_order.At(position), PromptAt(position));
        for (var tried = 0; tried < samples.Count; tried++, index = (index + 1) % samples.Count)
        {
            if (Usable(samples[index], prompt) is { } sample) return sample;
        }
        throw Fault.Input("none of the pictures can be read.", "Look at the data.");
    }

    string? PromptAt(long position) =>
        imagePrompts is not { Count: > 0 } ? null : imagePrompts[new DeterministicRandom(seed, PromptStreams | (ulong)position).NextInt(imagePrompts.Count)];

    EncodedSample? Usable(Sample sample, string? prompt)
    {
        var chat = encoder.Encode(sample.Id, sample.Turns, prompt);
        // Pictures that were cut off with the end of the conversation are not read.
        var loaded = new float[chat.Pictures][];
        for (var i = 0; i < loaded.Length; i++)
        {
            try
            {
                loaded[i] = pictures!.Load(sample.Images[i]);
            }
            catch (GraftException fault) when (fault.Kind == ErrorKind.Input)
            {
                skipped.Add(new BadSample($"{sample.Images[i]}, sample {Printable.Quote(sample.Id)}", BadSampleReason.DamagedPicture, fault.Message));
                return null;
            }
        }
        return new EncodedSample(sample.Id, chat, loaded);
    }
}
