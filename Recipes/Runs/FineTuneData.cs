using System.Text;
using Grafting.Core;
using Grafting.Core.Checkpoints;
using Grafting.Core.Data;
using Grafting.Core.Numerics;
using Grafting.Core.Training;
using Grafting.Recipes.Schema;

namespace Grafting.Recipes.Runs;

/// <summary>Where the run stands when a fraction of the data has been read.</summary>
/// <param name="Fraction">Of all samples.</param>
/// <param name="Samples">How many that is.</param>
/// <param name="Steps">Optimizer steps from the start.</param>
public sealed record FineTuneMark(double Fraction, int Samples, int Steps);

/// <summary>
/// The samples of a fine-tuning run. They stand in a hash order, so that 10 % of the data lie within 20 %; between two marks, what lies between
/// their fractions is read once per epoch, so that at its mark a run has read that fraction and nothing else.
/// </summary>
sealed class FineTuneData : IDisposable
{
    readonly Dataset _data;
    readonly Dataset? _validation;
    readonly SampleView _pictured;
    readonly SampleView _heldOut;
    readonly IReadOnlyList<string> _imagePrompts;
    readonly ulong _seed;
    readonly int[] _positions;

    /// <exception cref="GraftException">Usage, when a fraction is less than a step; Input, when the data cannot be used.</exception>
    public FineTuneData(TrainingFiles files, Recipe recipe, FineTuneSection section, IReadOnlyList<double> fractions)
    {
        _data = Dataset.Load(files.All(), files.Images, recipe.Data.MaxBadSamples);
        _validation = files.Validation is null ? null : Dataset.Load(files.Validation, files.Images, recipe.Data.MaxBadSamples);
        var (train, heldOut) = _validation is null ? SampleSplit.Split(_data, recipe.Data.Validation) : (_data, _validation);
        _heldOut = SampleView.Where(heldOut, sample => sample.Images.Count > 0);
        _pictured = SampleView.Where(train, sample => sample.Images.Count > 0);
        if (_pictured.Count == 0) throw Fault.Input($"{files.InWords()}: no sample for training has a picture.", "Fine-tuning reads samples with pictures.");
        (_imagePrompts, _seed) = (recipe.ImagePrompts, (ulong)recipe.Seed);
        (Marks, _positions) = Plan(_pictured, _seed, section, fractions);
    }

    /// <summary>Samples with pictures in all.</summary>
    public int Count => _pictured.Count;

    /// <summary>One for each fraction.</summary>
    public IReadOnlyList<FineTuneMark> Marks { get; }

    /// <summary>Changes with the content of any data file.</summary>
    public string Fingerprint => Digests.Sha256(Encoding.ASCII.GetBytes(_data.Fingerprint + _validation?.Fingerprint));

    /// <summary>What the training files were found to be.</summary>
    public string Kinds => FormattableString.Invariant($"{_data.Path}: {_data.Kinds}, {_data.Count} samples, {_data.Report.WithPicture} with pictures");

    /// <summary>What was skipped, in words.</summary>
    public IReadOnlyList<string> Warnings => SkippedSamples.InWords(new[] { _data, _validation }.OfType<Dataset>());

    /// <param name="encoder">For the training samples.</param>
    /// <param name="plain">For validation: answers are the only labels.</param>
    /// <param name="mostHeldOut">Samples per validation.</param>
    public StageData Samples(ChatEncoder encoder, ChatEncoder plain, PictureCache pictures, int mostHeldOut)
    {
        var source = new DatasetSource(new SampleView(_pictured, _positions), encoder, pictures, _data.Report.Skipped, seed: null, new PromptDraw(_imagePrompts, _seed));
        if (_heldOut.Count == 0) return new StageData(source, null, []);
        var heldOut = new DatasetSource(_heldOut, plain, pictures, (_validation ?? _data).Report.Skipped, seed: 0, new PromptDraw([.. _imagePrompts.Take(1)], 0));
        return new StageData(source, null, [.. Enumerable.Range(0, Math.Min(mostHeldOut, _heldOut.Count)).Select(i => heldOut.At(i))]);
    }

    public void Dispose()
    {
        _data.Dispose();
        _validation?.Dispose();
    }

    static (List<FineTuneMark> Marks, int[] Positions) Plan(IReadOnlyList<Sample> samples, ulong seed, FineTuneSection section, IReadOnlyList<double> fractions)
    {
        var order = HashOrder.Of(samples, seed);
        var random = new DeterministicRandom(seed);
        var (marks, positions, taken) = (new List<FineTuneMark>(), new List<int>(), 0);
        foreach (var fraction in fractions)
        {
            var end = (int)Math.Round(fraction * order.Length);
            Read(order[taken..end]);
            taken = end;
            var steps = positions.Count / section.Batch;
            if (steps <= (marks.Count == 0 ? 0 : marks[^1].Steps))
            {
                throw Fault.Usage(
                    FormattableString.Invariant($"a fraction of {fraction} is {end} of {order.Length} samples, which makes no step of {section.Batch} beyond the mark before."),
                    "Give a larger fraction, or a smaller fineTune.batch in the recipe.");
            }
            marks.Add(new FineTuneMark(fraction, end, steps));
        }
        return (marks, [.. positions]);

        // The first pass keeps the hash order, so that one epoch of a fraction is the same run whatever marks lie before it.
        void Read(int[] part)
        {
            var left = (int)Math.Round(part.Length * section.Epochs);
            for (; left > 0; left -= part.Length)
            {
                positions.AddRange(part.Take(left));
                random.Shuffle<int>(part);
            }
        }
    }
}
