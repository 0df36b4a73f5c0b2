using Grafting.Core.Checkpoints;
using Grafting.Core.Data;
using Grafting.Recipes.Runs;
using Grafting.Recipes.Toy;
using Question = Grafting.Core.Evaluation.Question;

namespace Grafting.Recipes.Study;

/// <summary>The folder of a study: data, targets, surrogates, a file per cell.</summary>
sealed class StudyPlace
{
    public const string CellFolder = "cells";
    const string Kind = "data";
    static readonly string[] Files = ["train.json", "text.json", "val.json", "test.json"];
    readonly StudyScale _scale;
    string? _identity;

    /// <summary>Draws the data unless they are there.</summary>
    public StudyPlace(string folder, StudyScale scale)
    {
        (Folder, _scale) = (Path.GetFullPath(folder), scale);
        Data = Draw("data", heldOut: false);
        HeldOutData = Draw("data-held-out", heldOut: true);
        Test = Questions("test.json");
        Validation = Questions("val.json");
    }

    public string Folder { get; }

    public int TrainPictures => _scale.TrainPictures;

    public string Cells => Path.Combine(Folder, CellFolder);

    public string Scratch => Path.Combine(Folder, "scratch");

    public ToyData Data { get; }

    /// <summary>Trainings scenes without <see cref="StudyScale.HeldOut"/>; its own validation and test are not used.</summary>
    public ToyData HeldOutData { get; }

    public IReadOnlyList<Question> Test { get; }

    public IReadOnlyList<Question> Validation { get; }

    /// <summary>Digest of all that a cell reads, its recipe and target aside.</summary>
    public string DataIdentity => _identity ??= Digests.Sha256(System.Text.Encoding.UTF8.GetBytes(string.Concat(
        Files.Select(name => Digests.Sha256(Path.Combine(Data.Folder, name))))));

    public string FileOf(StudyCell cell) => Path.Combine(Cells, cell.Key + ".json");

    /// <summary>What a cell is trained on; its validation samples are asked afterwards, in words.</summary>
    public TrainingFiles FilesOf(StudyCondition condition) => (condition.HeldOut ? HeldOutData : Data).Training with { Validation = [] };

    ToyData Draw(string name, bool heldOut)
    {
        var data = new ToyData(Path.Combine(Folder, name));
        if (Directory.Exists(data.Folder)) return data;
        var counts = new ToyDatasetCounts(_scale.TrainPictures, _scale.TrainPictures, _scale.ValidationPictures, _scale.TestPictures)
        {
            HeldOut = heldOut
                ? StudyScale.HeldOut.Select(kind => new Thing(0, kind.Colour, kind.Shape).Kind).ToHashSet()
                : new HashSet<int>(),
        };
        AtomicFolder.Commit(data.Folder, staging =>
        {
            ToyDataset.Write(staging, StudyScale.DataSeed, counts);
            new ArtefactManifest(Kind, new Origin("study data", Seed: (long)StudyScale.DataSeed)).Write(staging);
        });
        return data;
    }

    IReadOnlyList<Question> Questions(string name)
    {
        using var file = Dataset.Load(Path.Combine(Data.Folder, name), Data.Folder);
        return Question.Of(file);
    }
}
