using System.Text;
using Grafting.Core;
using Grafting.Core.Checkpoints;
using Grafting.Core.Data;
using Grafting.Core.Running;
using Grafting.Core.Training;
using Grafting.Recipes.Schema;

namespace Grafting.Recipes.Runs;

/// <summary>Training samples that are read in one proportion to others.</summary>
/// <param name="Indices">In the data set, rising.</param>
/// <param name="Weight">Samples of these among those of all weights' sum.</param>
sealed record SampleGroup(Dataset Data, int[] Indices, int Weight)
{
    public IReadOnlyList<Sample> Samples => new SampleView(Data, Indices);
}

/// <summary>The data files of a run, read, and divided into what is trained on and what is held out.</summary>
sealed class RunData : IDisposable
{
    readonly TrainingFiles _files;
    readonly DataSection _section;
    readonly List<Dataset> _open = [];
    readonly Dataset? _validation;
    readonly IReadOnlyList<int> _weights;

    /// <exception cref="GraftException">Input, when a file cannot be used; Usage, when weights and files do not go together.</exception>
    public RunData(TrainingFiles files, DataSection section, IProgress<ProgressReport>? progress)
    {
        (_files, _section) = (files, section);
        try
        {
            Data = Open(files.Data)!;
            Text = Open(files.Text);
            _validation = Open(files.Validation);
            _weights = section.Weights is { } given ? Whole(given) : [];
        }
        catch
        {
            Dispose();
            throw;
        }

        Dataset? Open(IReadOnlyList<string> paths)
        {
            if (paths.Count == 0) return null;
            _open.Add(Dataset.Load(paths, files.Images, section.MaxBadSamples, progress));
            return _open[^1];
        }
    }

    public Dataset Data { get; }

    /// <summary>Text-only samples of their own; null where there are none.</summary>
    public Dataset? Text { get; }

    /// <summary>Changes with the content of any data file.</summary>
    public string Fingerprint => Digests.Sha256(Encoding.ASCII.GetBytes(string.Concat(_open.Select(file => file.Fingerprint))));

    /// <summary>What the files were found to be.</summary>
    public IReadOnlyList<string> Kinds =>
        [.. _open.Select(file => FormattableString.Invariant(
            $"{file.Path}: {file.Kinds}, {file.Count} samples, {file.Report.WithPicture} with pictures"))];

    /// <summary>What was skipped, in words.</summary>
    public IReadOnlyList<string> Warnings => SkippedSamples.InWords(_open);

    /// <summary>What is trained on: without weights one group, else one for each name of the data that has such samples.</summary>
    /// <param name="withPictures">Those that have some, or those that have none.</param>
    public IReadOnlyList<SampleGroup> Training(bool withPictures)
    {
        IEnumerable<SampleGroup> groups = _weights.Count == 0
            ? [new(Data, [.. Enumerable.Range(0, Data.Count)], 1)]
            : Data.Groups.Select((group, i) => new SampleGroup(Data, [.. Enumerable.Range(group.First, group.Count)], _weights[i]));
        return
        [
            .. from whole in groups
               let own = whole with { Indices = [.. whole.Indices.Where(i => Data.Traits[i].HasPictures == withPictures && !IsHeldOut(i))] }
               where own.Indices.Length > 0
               select own,
        ];
    }

    /// <summary>At most so many held-out samples, always the same, with the image prompt that the encoder is later asked with.</summary>
    public IReadOnlyList<EncodedSample> HeldOut(
        ChatEncoder encoder, PictureCache pictures, IReadOnlyList<string> imagePrompts, int most, bool onlyPictures)
    {
        var file = _validation ?? Data;
        var held = Enumerable.Range(0, file.Count).Where(i => _validation is not null || IsHeldOut(i))
            .Where(i => !onlyPictures || file.Traits[i].HasPictures).ToList();
        if (held.Count == 0) return [];
        var source = new DatasetSource(
            new SampleView(file, held), encoder, pictures, file.Report.Skipped, seed: 0, new PromptDraw([.. imagePrompts.Take(1)], 0));
        return [.. Enumerable.Range(0, Math.Min(most, held.Count)).Select(i => source.At(i))];
    }

    /// <summary>Keeps what is skipped in the folder of the run; what was skipped there before counts.</summary>
    /// <exception cref="GraftException">Input, when that is more than the budget allows.</exception>
    public void KeepSkipped(RunFolder run) => SkippedSampleFile.Keep(run.Folder, _open);

    public void Dispose()
    {
        foreach (var file in _open) file.Dispose();
    }

    bool IsHeldOut(int index) => _validation is null && SampleSplit.IsHeldOut(Data.Traits[index].SplitPosition, _section.Validation);

    IReadOnlyList<int> Whole(IReadOnlyList<double> given)
    {
        var whole = MixWeights.Whole(given);
        return whole.Count == Data.Groups.Count ? whole : throw Fault.Usage(
            $"data.weights has {whole.Count} numbers, and there are {Data.Groups.Count} data files ({_files.InWords()}).",
            "Give one weight for each file, folder or pattern that is named.");
    }
}
