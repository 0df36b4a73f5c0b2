using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Grafting.Core.Training.TensorBoard;

/// <summary>
/// The scalars of a run for TensorBoard, beside <c>metrics.jsonl</c>: <c>tensorboard --logdir</c> takes the run or a folder of runs.
/// </summary>
/// <remarks>
/// A resumed run goes on in a new file that begins with a session start (as PyTorch's <c>SummaryWriter(purge_step=…)</c> writes it): the
/// steps after the checkpoint appear once, with the history that counts.
/// </remarks>
public sealed class TensorBoardLog : IDisposable
{
    static readonly (string Metric, string Tag)[] Tags =
    [
        ("loss", "train/loss"),
        ("imageLoss", "train/imageLoss"),
        ("textLoss", "train/textLoss"),
        ("gradientNorm", "train/gradientNorm"),
        ("learningRate", "train/learningRate"),
        ("validationLoss", "validation/loss"),
        ("tokensPerSecond", "speed/tokensPerSecond"),
    ];

    readonly EventFile _file;
    readonly TimeProvider _clock;

    TensorBoardLog(EventFile file, TimeProvider clock) => (_file, _clock) = (file, clock);

    /// <param name="folder">Folder of the run.</param>
    /// <param name="lastStep">The last step that still counts; 0 for a new run.</param>
    /// <exception cref="GraftException">Of kind <see cref="ErrorKind.Resources"/> where no file can be made.</exception>
    public static TensorBoardLog Open(string folder, int lastStep, TimeProvider? clock = null)
    {
        clock ??= TimeProvider.System;
        return new TensorBoardLog(EventFile.Create(folder, lastStep + 1L, clock), clock);
    }

    /// <param name="metrics">A line of <c>metrics.jsonl</c>; figures that it lacks are left out.</param>
    public void Add(JsonObject metrics)
    {
        List<(string, double)> scalars =
            [.. from entry in Tags where Number(metrics[entry.Metric]) is not null
                select (entry.Tag, Number(metrics[entry.Metric])!.Value)];
        if (scalars.Count == 0) return;
        try
        {
            _file.Add(EventMessage.Scalars(EventFile.Seconds(_clock), metrics["step"]!.GetValue<int>(), scalars));
        }
        catch (GraftException fault) when (fault.Kind == ErrorKind.Resources)
        {
            // metrics.jsonl has the same figures, and what a full disk means for the run is told by its checkpoints.
            Trace.TraceWarning(fault.Message);
        }
    }

    /// <summary>Every file of events in a run with its damage, in words, or null.</summary>
    public static IEnumerable<(string Path, string? Damage)> Check(string folder) =>
        EventFile.In(folder).Select(path => (path, EventFile.Damage(path)));

    public void Dispose() => _file.Dispose();

    static double? Number(JsonNode? value) => value?.GetValueKind() == JsonValueKind.Number ? value.Deserialize<double>() : null;
}
