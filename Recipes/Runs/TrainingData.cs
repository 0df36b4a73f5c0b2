using Grafting.Core;
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
    readonly IReadOnlyList<WeightedSamples> _pictured;
    readonly IReadOnlyList<WeightedSamples> _written;
    readonly IReadOnlyList<Sample> _heldOut;
    readonly int? _buffer;
    readonly PictureCache _pictures;
    readonly IReadOnlyList<string> _imagePrompts;

    public TrainingData(TrainingFiles files, Recipe recipe, PictureCache pictures)
    {
        (_pictures, _imagePrompts, _buffer) = (pictures, recipe.ImagePrompts, recipe.Data.ShuffleBuffer);
        _data = Dataset.Load(files.All(), files.Images, recipe.Data.MaxBadSamples);
        _text = files.Text is null ? null : Dataset.Load(files.Text, files.Images, recipe.Data.MaxBadSamples);
        _validation = files.Validation is null ? null : Dataset.Load(files.Validation, files.Images, recipe.Data.MaxBadSamples);
        (IReadOnlyList<Sample> Train, IReadOnlyList<Sample> HeldOut) Split(IReadOnlyList<Sample> samples) =>
            _validation is null ? SampleSplit.Split(samples, recipe.Data.Validation) : (samples, _validation);
        (var train, _heldOut) = Split(_data);
        IReadOnlyList<WeightedSamples> groups = recipe.Data.Weights is { } weights
            ? [.. Weighted(weights, files).Select(group => group with { Samples = Split(group.Samples).Train })]
            : [new WeightedSamples(train, 1)];
        _pictured = Only(sample => sample.Images.Count > 0);
        _written = _text is null ? Only(sample => sample.Images.Count == 0) : [new WeightedSamples(_text, 1)];

        IReadOnlyList<WeightedSamples> Only(Func<Sample, bool> condition) =>
            [.. groups.Select(group => group with { Samples = SampleView.Where(group.Samples, condition) }).Where(group => group.Samples.Count > 0)];
    }

    /// <param name="Weight">Samples of these among those of all weights' sum.</param>
    sealed record WeightedSamples(IReadOnlyList<Sample> Samples, int Weight);

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

        ISampleSource? Source(IReadOnlyList<WeightedSamples> groups, Dataset file, ulong kind)
        {
            var order = (seed << 16) + ((ulong)index << 1) + kind;
            List<(ISampleSource, int)> sources = [.. groups.Select((group, place) => ((ISampleSource)One(group.Samples, file, order ^ ((ulong)place << 56)), group.Weight))];
            return sources.Count switch { 0 => null, 1 => sources[0].Item1, _ => new MixedSource(sources) };
        }

        DatasetSource One(IReadOnlyList<Sample> samples, Dataset file, ulong order) =>
            new(samples, encoder, _pictures, file.Report.Skipped, order, new PromptDraw(_imagePrompts, order), _buffer);

        MixedSource Mix() => new([.. from source in new[] { (images, Count(_pictured)), (texts, Count(_written)) } where source.Item1 is not null select source!]);

        int Count(IReadOnlyList<WeightedSamples> groups) => groups.Sum(group => group.Samples.Count);
    }

    IReadOnlyList<WeightedSamples> Weighted(IReadOnlyList<double> weights, TrainingFiles files)
    {
        var whole = MixWeights.Whole(weights);
        if (whole.Count != _data.Groups.Count)
            throw Fault.Usage($"data.weights has {whole.Count} numbers, and there are {_data.Groups.Count} data files ({files.InWords()}).", "Give one weight for each --data.");
        return [.. _data.Groups.Select((group, i) => new WeightedSamples(new SampleView(_data, [.. Enumerable.Range(group.First, group.Count)]), whole[i]))];
    }

    public void Dispose()
    {
        foreach (var file in Files) file.Dispose();
    }
}
