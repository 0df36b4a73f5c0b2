using Grafting.Core.Data;
using Grafting.Core.Running;
using Grafting.Core.Training;
using Grafting.Recipes.Schema;

namespace Grafting.Recipes.Runs;

/// <summary>The samples that each stage of a training run reads.</summary>
sealed class TrainingData : IDisposable
{
    readonly IReadOnlyList<SampleGroup> _pictured;
    readonly IReadOnlyList<SampleGroup> _written;
    readonly int? _buffer;
    readonly PictureCache _pictures;
    readonly IReadOnlyList<string> _imagePrompts;

    public TrainingData(TrainingFiles files, Recipe recipe, PictureCache pictures, IProgress<ProgressReport>? progress = null)
    {
        (_pictures, _imagePrompts, _buffer) = (pictures, recipe.ImagePrompts, recipe.Data.ShuffleBuffer);
        Read = new RunData(files, recipe.Data, progress);
        _pictured = Read.Training(withPictures: true);
        _written = Read.Text is { } text
            ? [new SampleGroup(text, [.. Enumerable.Range(0, text.Count)], 1)]
            : Read.Training(withPictures: false);
    }

    /// <summary>What was read.</summary>
    public RunData Read { get; }

    /// <summary>At most so many held-out samples.</summary>
    public IReadOnlyList<EncodedSample> Validation(ChatEncoder encoder, int most) =>
        Read.HeldOut(encoder, _pictures, _imagePrompts, most, onlyPictures: false);

    /// <summary>The samples of a stage; each stage has an order of its own.</summary>
    public StageData Sources(StageConfig stage, ChatEncoder encoder, ulong seed, int index, IReadOnlyList<EncodedSample> validation)
    {
        var (images, texts) = (Source(_pictured, 0), Source(_written, 1));
        return new StageData(images, texts, validation) { Mixed = stage.Batch is null ? null : Mix() };

        ISampleSource? Source(IReadOnlyList<SampleGroup> groups, ulong kind)
        {
            var order = (seed << 16) + ((ulong)index << 1) + kind;
            List<(ISampleSource, int)> sources =
                [.. groups.Select((group, place) => ((ISampleSource)One(group, order ^ ((ulong)place << 56)), group.Weight))];
            return sources.Count switch { 0 => null, 1 => sources[0].Item1, _ => new MixedSource(sources) };
        }

        DatasetSource One(SampleGroup group, ulong order) =>
            new(group.Samples, encoder, _pictures, group.Data.Report.Skipped, order, new PromptDraw(_imagePrompts, order), _buffer);

        MixedSource Mix() =>
            new(
                [.. from source in new[] { (images, Count(_pictured)), (texts, Count(_written)) } where source.Item1 is not null
                    select source!]);

        static int Count(IReadOnlyList<SampleGroup> groups) => groups.Sum(group => group.Indices.Length);
    }

    public void Dispose() => Read.Dispose();
}
