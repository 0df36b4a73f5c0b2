using Grafting.Core.Models;

namespace Grafting.Core.Training;

/// <summary>Reads the samples of each step of a stage.</summary>
/// <param name="imageTokens">Positions of pictures.</param>
public sealed class StepReader(StageConfig stage, StageData data, PicturePositions imageTokens)
{
    /// <param name="step">Counted from the start of the stage. Pure and thread-safe: workers call it ahead of time.</param>
    public StepBatch At(long step)
    {
        var samples = new List<EncodedSample>();
        Read(data.Images, stage.ImageBatch, "pictures");
        Read(data.Texts, stage.TextBatch, "text-only samples");
        Read(data.Mixed, stage.Batch ?? 0, "samples of all data");
        return StepBatch.Build(samples, stage, imageTokens);

        void Read(ISampleSource? source, int count, string what)
        {
            if (count == 0) return;
            if (source is null)
                throw Fault.Usage($"stage '{stage.Name}' reads {what}, and there are none.", "Give such data, or read none of them.");
            for (var i = 0; i < count; i++) samples.Add(source.At((step * count) + i));
        }
    }
}
