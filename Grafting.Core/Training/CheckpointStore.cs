using System.Globalization;
using System.Text.RegularExpressions;
using Grafting.Core.Checkpoints;

namespace Grafting.Core.Training;

/// <summary>The training checkpoints of a run: <c>checkpoints/step-000000100/</c>, each whole or not there at all.</summary>
/// <param name="folder">The run's folder.</param>
/// <param name="keep">How many to keep; the newest is never removed.</param>
public sealed partial class CheckpointStore(string folder, int keep = 2)
{
    /// <summary>Folder of the checkpoints in a run.</summary>
    public const string FolderName = "checkpoints";

    public const string Kind = "checkpoint";
    public const string StateFile = "state.json";
    const string ModelFile = "model.safetensors";
    const string OptimizerFile = "optimizer.safetensors";
    readonly string _root = Path.Combine(folder, FolderName);

    /// <param name="state">Where the run stands.</param>
    /// <param name="model">Every parameter trained so far.</param>
    /// <param name="optimizer">The optimizer's state; empty at the end of a stage.</param>
    public void Save(TrainingState state, IEnumerable<TensorSource> model, IEnumerable<TensorSource> optimizer)
    {
        Directory.CreateDirectory(_root);
        var target = Path.Combine(_root, $"step-{state.Step:D9}");
        if (Directory.Exists(target)) return;
        AtomicFolder.Commit(target, staging =>
        {
            var stamps = new Dictionary<string, FileStamp>
            {
                [ModelFile] = SafetensorsWriter.Write(Path.Combine(staging, ModelFile), model),
                [OptimizerFile] = SafetensorsWriter.Write(Path.Combine(staging, OptimizerFile), optimizer),
            };
            File.WriteAllText(Path.Combine(staging, StateFile), state.ToJson());
            new ArtefactManifest(Kind, new Origin(state.Command, state.Recipe)) { Files = stamps }.Write(staging);
        });
        foreach (var old in Folders().SkipLast(keep)) Directory.Delete(old, recursive: true);
    }

    /// <summary>The newest checkpoint, verified file by file; null when there is none.</summary>
    /// <exception cref="GraftException">Input, naming the file that was changed.</exception>
    public StoredCheckpoint? Latest()
    {
        if (Folders().LastOrDefault() is not { } newest) return null;
        try
        {
            ArtefactManifest.Read(newest, Kind).Verify(newest);
        }
        catch (GraftException fault)
        {
            throw Fault.Input(fault.Message, $"Remove {newest} to go on from the checkpoint before it.", fault);
        }
        var state = TrainingState.FromJson(File.ReadAllText(Path.Combine(newest, StateFile)));
        return new StoredCheckpoint(newest, state, Path.Combine(newest, ModelFile), Path.Combine(newest, OptimizerFile));
    }

    IEnumerable<string> Folders() =>
        Directory.Exists(_root)
            ? from path in Directory.EnumerateDirectories(_root)
              let name = StepName().Match(Path.GetFileName(path))
              where name.Success && File.Exists(Path.Combine(path, ArtefactManifest.FileName))
              orderby int.Parse(name.Groups[1].ValueSpan, CultureInfo.InvariantCulture)
              select path
            : [];

    [GeneratedRegex(@"^step-(\d{9})$")]
    private static partial Regex StepName();
}

/// <summary>A training checkpoint on disk.</summary>
public sealed record StoredCheckpoint(string Folder, TrainingState State, string ModelPath, string OptimizerPath);
