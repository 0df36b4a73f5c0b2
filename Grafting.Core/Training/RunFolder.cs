using Grafting.Core.Checkpoints;

namespace Grafting.Core.Training;

/// <summary>
/// A training run on disk: <c>recipe.yaml</c> as resolved, <c>metrics.jsonl</c>, <c>checkpoints/</c>. One process at a time holds it.
/// </summary>
public sealed class RunFolder : IDisposable
{
    public const string MetricsName = "metrics.jsonl";
    public const string RecipeName = "recipe.yaml";
    readonly FileStream _lock;

    RunFolder(string folder, FileStream held)
    {
        (Folder, _lock) = (folder, held);
        Checkpoints = new CheckpointStore(folder);
    }

    public string Folder { get; }

    /// <summary>The command that trains, for manifests.</summary>
    public required string Command { get; init; }

    public CheckpointStore Checkpoints { get; }

    public string MetricsPath => Path.Combine(Folder, MetricsName);

    /// <summary>Starts a run in a folder that does not exist yet.</summary>
    public static RunFolder Create(string folder, string recipe, string command)
    {
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
            throw Fault.Usage($"{folder} is there already.", "Give another --output, or --resume to go on with that run.");
        Directory.CreateDirectory(folder);
        var run = new RunFolder(folder, Hold(folder)) { Command = command };
        AtomicFile.WriteText(Path.Combine(folder, RecipeName), recipe);
        return run;
    }

    /// <summary>Takes up a run that was interrupted.</summary>
    public static RunFolder Open(string folder, string command)
    {
        if (!File.Exists(Path.Combine(folder, RecipeName)))
            throw Fault.Input($"{folder} is not a training run: it has no {RecipeName}.", "Give the folder that 'graft train-encoder' wrote.");
        return new RunFolder(folder, Hold(folder)) { Command = command };
    }

    /// <summary>The log, cut back to what the checkpoint to resume from has seen.</summary>
    public MetricsLog OpenMetrics(int lastStep) => MetricsLog.Open(MetricsPath, lastStep);

    /// <summary>Goes on with another recipe, for whose changes the user vouches.</summary>
    /// <param name="recipe">As resolved.</param>
    public void ChangeRecipe(string recipe, IReadOnlyList<ChangedValue> values)
    {
        var path = Path.Combine(Folder, RecipeName);
        var change = new RecipeChange(Digests.Sha256(path), Digests.Sha256(System.Text.Encoding.UTF8.GetBytes(recipe)), values);
        // First the change, then the recipe: a run that is killed between the two still has a recipe that fits its checkpoints.
        new RecipeHistory([.. RecipeHistory.Read(Folder).Changes, change]).Write(Folder);
        AtomicFile.WriteText(path, recipe);
    }

    public void Dispose() => _lock.Dispose();

    static FileStream Hold(string folder)
    {
        var path = Path.Combine(folder, ".lock");
        try
        {
            // The system drops the lock with the process, so that no stale one can remain.
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (File.Exists(path))
        {
            throw Fault.Usage($"another process is training in {folder}.", $"Wait for it, or give another --output ({e.Message}).");
        }
    }
}
