using Grafting.Core.Imaging;
using Grafting.Core.Text;

namespace Grafting.Core.Training;

/// <summary>A sample as the trainer takes it.</summary>
/// <param name="Id">Names the sample in errors.</param>
/// <param name="Chat">Tokens and their weights in the loss.</param>
/// <param name="Pictures">One for each slot in the conversation, in their order, preprocessed. Empty for text only.</param>
public sealed record EncodedSample(string Id, EncodedChat Chat, IReadOnlyList<PreparedPicture> Pictures)
{
    public bool IsText => Pictures.Count == 0;

    /// <summary>How each picture was cut.</summary>
    public IReadOnlyList<PictureLayout> Layouts => [.. Pictures.Select(picture => picture.Layout)];
}

/// <summary>An endless stream of samples in a fixed order.</summary>
public interface ISampleSource
{
    /// <summary>The sample at a position, counted since the stage began. Pure and thread-safe: workers call it ahead of time.</summary>
    EncodedSample At(long position);
}
