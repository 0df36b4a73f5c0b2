using Grafting.Core.Checkpoints;
using Grafting.Recipes.Runs;

namespace Grafting.Recipes.Toy;

/// <summary>The pictures and questions for the built-in target, drawn where they are first needed.</summary>
public sealed record ToyData(string Folder)
{
    const string Kind = "data";
    const int Seed = 7;

    public TrainingFiles Training =>
        new([Path.Combine(Folder, "train.json")], Folder) { Text = [Text], Validation = [Path.Combine(Folder, "val.json")] };

    /// <summary>Scenes in words.</summary>
    public string Text => Path.Combine(Folder, "text.json");

    /// <summary>Questions about scenes that no training has seen.</summary>
    public string Test => Path.Combine(Folder, "test.json");

    /// <summary>Whether a target is one that reads the toy's language: pre-training leaves a manifest in it.</summary>
    public static bool IsFor(string target) =>
        File.Exists(Path.Combine(target, ArtefactManifest.FileName)) && ArtefactManifest.Read(target).Kind == ToyPretraining.Kind;

    /// <summary>Draws the data set unless it is there already.</summary>
    public static ToyData Ensure(string folder)
    {
        var data = new ToyData(Path.GetFullPath(folder));
        if (!File.Exists(Path.Combine(folder, ArtefactManifest.FileName)))
        {
            AtomicFolder.Commit(folder, staging =>
            {
                ToyDataset.Write(staging, Seed, new ToyDatasetCounts());
                new ArtefactManifest(Kind, new Origin("toy data", Seed: Seed)).Write(staging);
            });
        }
        return data;
    }
}
