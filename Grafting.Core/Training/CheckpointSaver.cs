using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Grafting.Core.Checkpoints;

namespace Grafting.Core.Training;

/// <summary>
/// Saves the checkpoints of a run, and decides what a save that fails means. In the course of a stage the run goes on, and the next
/// checkpoint is another chance; three failures in a row end it. At the end of a stage, and where the run stops on request, a save is tried
/// three times, and failing then ends the run: nothing is called saved that is not.
/// </summary>
/// <param name="log">Is on disk up to the step of a checkpoint before the checkpoint is.</param>
/// <param name="newest">Step of the checkpoint that the run began with; null without one.</param>
sealed class CheckpointSaver(RunFolder run, MetricsLog log, TrainerSettings settings, int? newest)
{
    const int Attempts = 3;
    static readonly TimeSpan[] Pauses = [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(4)];

    int? _newest = newest;
    int _failures;
    string? _failure;
    bool _graceTold;

    /// <summary>Whether the newest save failed.</summary>
    public bool IsFailing => _failures > 0;

    /// <summary>Saves in the course of a stage.</summary>
    /// <param name="step">How long a step takes.</param>
    /// <exception cref="GraftException">Resources, at the third failure in a row.</exception>
    public void Save(TrainingState state, IEnumerable<TensorSource> model, IEnumerable<TensorSource> optimizer, TimeSpan step)
    {
        if (Attempt(state, model, optimizer, step) is not { } fault) return;
        _failure = fault.Message;
        if (++_failures == Attempts) throw Lost("Three saves in a row have failed, the last", state, fault);
        settings.Watch.Warn?.Invoke(
            $"step {state.Step} could not be saved, and the run goes on; its newest checkpoint is {Newest()}. {fault.Message} {fault.Remedy}".TrimEnd());
    }

    /// <summary>Saves what must not be lost.</summary>
    /// <exception cref="GraftException">Resources, when it cannot be saved.</exception>
    public void MustSave(TrainingState state, IEnumerable<TensorSource> model, IEnumerable<TensorSource> optimizer, TimeSpan step)
    {
        for (var attempt = 0; Attempt(state, model, optimizer, step) is { } fault; attempt++)
        {
            if (attempt == Pauses.Length) throw Lost($"{Attempts} attempts to save have failed,", state, fault);
            settings.Watch.Warn?.Invoke(string.Create(
                CultureInfo.InvariantCulture,
                $"step {state.Step} could not be saved; trying again in {Pauses[attempt].TotalSeconds} s. {fault.Message}"));
            settings.Watch.Wait(Pauses[attempt]);
        }
    }

    /// <summary>Notes a failed save in the line of the next step: that of its own step is written before it.</summary>
    public void Note(JsonObject metrics)
    {
        if (_failure is not null) metrics["saveFailed"] = _failure;
        _failure = null;
    }

    GraftException? Attempt(TrainingState state, IEnumerable<TensorSource> model, IEnumerable<TensorSource> optimizer, TimeSpan step)
    {
        var clock = Stopwatch.StartNew();
        try
        {
            log.Sync();
            foreach (var warning in run.Checkpoints.Save(state, model, optimizer, settings.KeepCheckpoints))
                settings.Watch.Warn?.Invoke(warning);
        }
        catch (GraftException fault) when (fault.Kind == ErrorKind.Resources)
        {
            return fault;
        }
        (_newest, _failures) = (state.Step, 0);
        CompareWithGrace(step + clock.Elapsed);
        return null;
    }

    void CompareWithGrace(TimeSpan needed)
    {
        if (_graceTold || settings.Watch.Grace is not { } grace || needed <= grace) return;
        _graceTold = true;
        settings.Watch.Warn?.Invoke(string.Create(
            CultureInfo.InvariantCulture,
            $"a step and a save take {needed.TotalSeconds:F1} s, and the system leaves {grace.TotalSeconds:0.#} s between its notice and "
                + $"the end: a run that is told to stop may lose what it did since the checkpoint before. Ask the system for an earlier "
                + $"notice."));
    }

    GraftException Lost(string what, TrainingState state, GraftException fault) => Fault.Resources(
        $"{what} of step {state.Step}: {fault.Message} The newest checkpoint is {Newest()}.",
        $"{fault.Remedy} Then go on with --resume.".TrimStart(),
        fault);

    string Newest() => _newest is { } step ? $"that of step {step}" : "none yet";
}
