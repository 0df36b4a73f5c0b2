using System.Globalization;
using System.Text.RegularExpressions;
using Grafting.Core.Checkpoints;

namespace Grafting.Core.Training;

/// <summary>The training checkpoints of a run: <c>checkpoints/step-000000100/</c>, each whole or not there at all.</summary>
/// <param name="folder">The run's folder. One process at a time may save there.</param>
public sealed partial class CheckpointStore(string folder)
{
    /// <summary>Folder of the checkpoints in a run.</summary>
    public const string FolderName = "checkpoints";

    public const string Kind = "checkpoint";
    public const string StateFile = "state.json";
    const string ModelFile = "model.safetensors";
    const string OptimizerFile = "optimizer.safetensors";
    readonly string _root = Path.Combine(folder, FolderName);
    readonly HashSet<string> _leftAlone = [];

    /// <summary>
    /// Saves, and then removes what is older than the newest <paramref name="keep"/>, once the newest has been read back.
    /// </summary>
    /// <param name="state">Where the run stands.</param>
    /// <param name="model">Every parameter trained so far.</param>
    /// <param name="optimizer">The optimizer's state; empty at the end of a stage.</param>
    /// <param name="keep">How many to keep, at least 1.</param>
    /// <returns>What could not be removed and why, each told once; the checkpoint is safe.</returns>
    /// <exception cref="GraftException">
    /// Resources, when the checkpoint could not be written: the ones before it are still there, and nothing half-written is.
    /// </exception>
    public IReadOnlyList<string> Save(
        TrainingState state, IEnumerable<TensorSource> model, IEnumerable<TensorSource> optimizer, int keep = 2)
    {
        AtomicFolder.RemoveLeftovers(_root);
        var target = Path.Combine(_root, NameOf(state.Step));
        AtomicFolder.Commit(
            target,
            staging =>
            {
                var stamps = new Dictionary<string, FileStamp>
                {
                    [ModelFile] = SafetensorsWriter.Write(Path.Combine(staging, ModelFile), model),
                    [OptimizerFile] = SafetensorsWriter.Write(Path.Combine(staging, OptimizerFile), optimizer),
                };
                AtomicFile.WriteText(Path.Combine(staging, StateFile), state.ToJson());
                new ArtefactManifest(Kind, new Origin(state.Command, state.Recipe)) { Files = stamps }.Write(staging);
            },
            // The end of a stage follows its last step, which may have been saved.
            replace: Directory.Exists(target));
        return RemoveOld(target, keep);
    }

    /// <summary>The newest checkpoint, verified file by file; null when there is none.</summary>
    /// <exception cref="GraftException">
    /// Input, naming the file that is damaged. An older checkpoint is not taken in its place without a word: steps would be lost.
    /// </exception>
    public StoredCheckpoint? Latest()
    {
        if (Folders() is not [.. var older, var newest]) return null;
        try
        {
            Verify(newest);
            var path = Path.Combine(newest, StateFile);
            var state = TrainingState.FromJson(File.ReadAllText(path), path);
            if (NameOf(state.Step) != Path.GetFileName(newest))
                throw Fault.Input($"{path}: is of step {state.Step}, and its folder is called {Path.GetFileName(newest)}.");
            return new StoredCheckpoint(newest, state, Path.Combine(newest, ModelFile), Path.Combine(newest, OptimizerFile));
        }
        catch (GraftException fault) when (fault.Kind == ErrorKind.Input)
        {
            var loss = older is [.., var before]
                ? $"Remove {newest} to go on from {Path.GetFileName(before)}; the steps after it are then done again."
                : $"There is no checkpoint before it: remove {newest}, and the run begins anew.";
            throw Fault.Input(fault.Message, fault.Remedy is null or FileProblem.Remedy ? loss : fault.Remedy, fault);
        }
    }

    List<string> RemoveOld(string newest, int keep)
    {
        var ours = Folders().Where(IsOurs).SkipLast(keep).ToList();
        if (ours.Count == 0) return [];
        ReadBack(newest);
        var warnings = new List<string>();
        foreach (var old in ours)
        {
            try
            {
                if (ArtefactManifest.Read(old).Unlisted(old).FirstOrDefault() is { } foreign)
                    throw Fault.Input($"{old} is no longer needed, and is kept: {foreign.Message}");
                AtomicFolder.Remove(old);
            }
            catch (GraftException fault)
            {
                if (_leftAlone.Add(old)) warnings.Add($"{fault.Message} {fault.Remedy}".TrimEnd());
            }
        }
        return warnings;
    }

    /// <summary>Only what has proved to be whole may take the place of what is removed.</summary>
    static void ReadBack(string newest)
    {
        try
        {
            Verify(newest);
        }
        catch (GraftException fault)
        {
            AtomicFolder.Remove(newest);
            throw Fault.Resources($"what was written is not what is read back: {fault.Message}", "Check the disk.", fault);
        }
    }

    static void Verify(string folder)
    {
        // The manifest's own digest comes before its kind, so that a damaged kind is called damage.
        var manifest = ArtefactManifest.Read(folder);
        manifest.Verify(folder);
        if (manifest.Kind != Kind) throw Fault.Input($"{folder}: holds a {manifest.Kind}, expected a {Kind}.");
    }

    /// <summary>What is damaged or somebody else's is not removed.</summary>
    static bool IsOurs(string folder)
    {
        try
        {
            return ArtefactManifest.Read(folder).Kind == Kind;
        }
        catch (GraftException fault) when (fault.Kind == ErrorKind.Input)
        {
            return false;
        }
    }

    /// <summary>By step.</summary>
    List<string> Folders() => Directory.Exists(_root)
        ? [.. Directory.EnumerateDirectories(_root).Where(path => StepName().IsMatch(Path.GetFileName(path))).Order(StringComparer.Ordinal)]
        : [];

    static string NameOf(int step) => string.Create(CultureInfo.InvariantCulture, $"step-{step:D9}");

    [GeneratedRegex(@"^step-[0-9]{9}\z")]
    private static partial Regex StepName();
}

/// <summary>A training checkpoint on disk.</summary>
public sealed record StoredCheckpoint(string Folder, TrainingState State, string ModelPath, string OptimizerPath);
