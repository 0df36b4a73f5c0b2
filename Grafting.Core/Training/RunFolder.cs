using Grafting.Core.Checkpoints;

namespace Grafting.Core.Training;

/// <summary>
/// A training run on disk: <c>recipe.yaml</c> as resolved, <c>metrics.jsonl</c>, <c>checkpoints/</c>. One process at a time holds it.
/// </summary>
public sealed class RunFolder : IDisposable
{
    public const string MetricsName = "metrics.jsonl";
    public const string RecipeName = "recipe.yaml";
    readonly RunLock _lock;

    RunFolder(string folder, RunLock held)
    {
        (Folder, _lock) = (folder, held);
        Checkpoints = new CheckpointStore(folder);
    }

    public string Folder { get; }

    /// <summary>The command that trains, for manifests.</summary>
    public required string Command { get; init; }

    public CheckpointStore Checkpoints { get; }

    public string MetricsPath => Path.Combine(Folder, MetricsName);

    /// <summary>Who trained here last, if that process was killed; null where it ended in order.</summary>
    public RunHolder? AbandonedBy => _lock.AbandonedBy;

    /// <summary>Starts a run in a folder that does not exist yet; it appears with its first files in it.</summary>
    /// <param name="more">Writes further files, into the folder that it is given.</param>
    public static RunFolder Create(string folder, string recipe, string command, Action<string>? more = null)
    {
        var exists = Directory.Exists(folder);
        if (exists && Directory.EnumerateFileSystemEntries(folder).Any())
            throw Fault.Usage($"{folder} is there already.", "Give another --run, or --resume to go on with that run.");
        AtomicFolder.Commit(
            folder,
            staging =>
            {
                AtomicFile.WriteText(Path.Combine(staging, RecipeName), recipe);
                more?.Invoke(staging);
            },
            replace: exists);
        return new RunFolder(folder, RunLock.Take(folder)) { Command = command };
    }

    /// <summary>Takes up a run that was interrupted.</summary>
    public static RunFolder Open(string folder, string command)
    {
        if (!File.Exists(Path.Combine(folder, RecipeName)))
            throw Fault.Input(
                $"{folder} is not a training run: it has no {RecipeName}.", "Give the folder that 'graft train-encoder' wrote.");
        return new RunFolder(folder, RunLock.Take(folder)) { Command = command };
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
}
