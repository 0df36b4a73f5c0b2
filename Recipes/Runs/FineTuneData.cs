using Grafting.Core;
using Grafting.Core.Data;
using Grafting.Core.Running;
using Grafting.Core.Training;
using Grafting.Recipes.Schema;

namespace Grafting.Recipes.Runs;

/// <summary>The samples of a fine-tuning run, in the order of its <see cref="FineTuneOrder"/>.</summary>
sealed class FineTuneData : IDisposable
{
    readonly IReadOnlyList<string> _imagePrompts;
    readonly ulong _seed;
    readonly FineTuneOrder _order;

    /// <exception cref="GraftException">Usage, when a fraction is less than a step; Input, when the data cannot be used.</exception>
    public FineTuneData(
        TrainingFiles files, Recipe recipe, FineTuneSection section, IReadOnlyList<double> fractions,
        IProgress<ProgressReport>? progress = null)
    {
        (_imagePrompts, _seed) = (recipe.ImagePrompts, (ulong)recipe.Seed);
        Read = new RunData(files with { Text = [] }, recipe.Data, progress);
        try
        {
            var pictured = Read.Training(withPictures: true);
            if (pictured.Count == 0)
                throw Fault.Input($"{files.InWords()}: no sample for training has a picture.", "Fine-tuning reads samples with pictures.");
            Count = pictured.Sum(group => group.Indices.Length);
            _order = FineTuneOrder.Of(pictured, _seed, section, fractions, recipe.Data.ShuffleBuffer);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>What was read.</summary>
    public RunData Read { get; }

    /// <summary>Samples with pictures in all.</summary>
    public int Count { get; }

    /// <summary>One for each fraction.</summary>
    public IReadOnlyList<FineTuneMark> Marks => _order.Marks;

    /// <param name="encoder">For the training samples.</param>
    /// <param name="plain">For validation: answers are the only labels.</param>
    /// <param name="mostHeldOut">Samples per validation.</param>
    public StageData Samples(ChatEncoder encoder, ChatEncoder plain, PictureCache pictures, int mostHeldOut) => new(
        new DatasetSource(
            new SampleView(Read.Data, _order.Samples), encoder, pictures, Read.Data.Report.Skipped, seed: null,
            new PromptDraw(_imagePrompts, _seed)),
        Texts: null,
        Read.HeldOut(plain, pictures, _imagePrompts, mostHeldOut, onlyPictures: true));

    public void Dispose() => Read.Dispose();
}
