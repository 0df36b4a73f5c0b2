using Grafting.Core.Checkpoints;
using Grafting.Core.Data;
using Grafting.Core.Training;
using Grafting.Recipes.Schema;

namespace Grafting.Recipes.Runs;

/// <summary>The data sets of a training run and the samples that each stage reads from them.</summary>
sealed class TrainingData : IDisposable
{
    readonly Dataset _data;
    readonly Dataset? _text;
    readonly Dataset? _validation;
    readonly SampleView _pictured;
    readonly IReadOnlyList<Sample> _written;
    readonly IReadOnlyList<Sample> _heldOut;
    readonly PictureCache _pictures;
    readonly IReadOnlyList<string> _imagePrompts;

    public TrainingData(TrainingFiles files, Recipe recipe, PictureCache pictures)
    {
        (_pictures, _imagePrompts) = (pictures, recipe.ImagePrompts);
        _data = Dataset.Load(files.All(), files.Images, recipe.Data.MaxBadSamples);
        _text = files.Text is null ? null : Dataset.Load(files.Text, files.Images, recipe.Data.MaxBadSamples);
        _validation = files.Validation is null ? null : Dataset.Load(files.Validation, files.Images, recipe.Data.MaxBadSamples);
        var (train, heldOut) = _validation is null ? SampleSplit.Split(_data, recipe.Data.Validation) : (_data, _validation);
        _heldOut = heldOut;
        _pictured = SampleView.Where(train, s => s.Images.Count > 0);
        _written = (IReadOnlyList<Sample>?)_text ?? SampleView.Where(train, s => s.Images.Count == 0);
    }

    /// <summary>Changes with the content of any data file.</summary>
    public string Fingerprint => Digests.Sha256(System.Text.Encoding.ASCII.GetBytes(string.Concat(Files.Select(f => f.Fingerprint))));

    /// <summary>What the files were found to be.</summary>
    public IReadOnlyList<string> Kinds =>
        [.. Files.Select(file => FormattableString.Invariant($"{file.Path}: {file.Kinds}, {file.Count} samples, {file.Report.WithPicture} with pictures"))];

    /// <summary>What was skipped, in words.</summary>
    public IReadOnlyList<string> Warnings => SkippedSamples.InWords(Files);

    IEnumerable<Dataset> Files => new[] { _data, _text, _validation }.OfType<Dataset>();

    /// <summary>At most so many held-out samples, always the same, with the image prompt that the encoder is later asked with.</summary>
    public IReadOnlyList<EncodedSample> Validation(ChatEncoder encoder, int most)
    {
        if (_heldOut.Count == 0) return [];
        var source = new DatasetSource(_heldOut, encoder, _pictures, (_validation ?? _data).Report.Skipped, seed: 0, new PromptDraw([.. _imagePrompts.Take(1)], 0));
        return [.. Enumerable.Range(0, Math.Min(most, _heldOut.Count)).Select(i => source.At(i))];
    }

    /// <summary>The samples of a stage; each stage has an order of its own.</summary>
    public StageData Sources(StageConfig stage, ChatEncoder encoder, ulong seed, int index, IReadOnlyList<EncodedSample> validation)
    {
        var (images, texts) = (Source(_pictured, _data, 0), Source(_written, _text ?? _data, 1));
        return new StageData(images, texts, validation) { Mixed = stage.Batch is null ? null : Mix() };

        ISampleSource? Source(IReadOnlyList<Sample> samples, Dataset file, ulong kind)
        {
            var order = (seed << 16) + ((ulong)index << 1) + kind;
            return samples.Count == 0 ? null : new DatasetSource(samples, encoder, _pictures, file.Report.Skipped, order, new PromptDraw(_imagePrompts, order));
        }

        MixedSource Mix() => new([.. from source in new[] { (images, _pictured.Count), (texts, _written.Count) } where source.Item1 is not null select source!]);
    }

    public void Dispose()
    {
        foreach (var file in Files) file.Dispose();
    }
}
