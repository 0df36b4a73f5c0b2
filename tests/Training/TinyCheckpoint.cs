using Grafting.Core.Checkpoints;
using Grafting.Core.Training;

namespace Grafting.Tests.Training;

/// <summary>Checkpoints without a model: a few tensors whose values follow from the step, one of them larger than a write buffer.</summary>
static class TinyCheckpoint
{
    public static IReadOnlyList<string> Save(string run, int step, int keep = 2) => Save(new CheckpointStore(run), step, keep);

    public static IReadOnlyList<string> Save(CheckpointStore store, int step, int keep = 2, int large = 20_000) =>
        store.Save(State(step), [Tensor("a", 3, step), Tensor("b", large, step)], [Tensor("a.first", 3, -step)], keep);

    public static TrainingState State(int step) => new(step, 0, step, "test", "recipe", "data", step / 3.0);

    public static string Folder(string run, int step) => Path.Combine(run, CheckpointStore.FolderName, $"step-{step:D9}");

    /// <summary>Names in the folder of checkpoints, hidden ones too.</summary>
    public static string[] Entries(string run) =>
    [
        .. Directory.EnumerateFileSystemEntries(Path.Combine(run, CheckpointStore.FolderName))
            .Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal),
    ];

    public static string[] Names(params int[] steps) => [.. steps.Select(step => $"step-{step:D9}")];

    /// <summary>Fails unless every checkpoint that can be seen is whole.</summary>
    /// <returns>The steps of those there are.</returns>
    public static int[] Whole(string run)
    {
        var visible = Entries(run).Where(name => !name.StartsWith('.')).ToList();
        foreach (var name in visible)
        {
            var folder = Path.Combine(run, CheckpointStore.FolderName, name);
            ArtefactManifest.Read(folder, CheckpointStore.Kind).Verify(folder);
        }
        return [.. visible.Select(name => int.Parse(name["step-".Length..]))];
    }

    public static void Copy(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

    static TensorSource Tensor(string name, int count, int value) =>
        TensorSource.FromFloats(name, [count], Enumerable.Range(0, count).Select(i => value + (i / 8f)).ToArray());
}
