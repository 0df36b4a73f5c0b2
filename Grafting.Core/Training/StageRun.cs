using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Grafting.Core.Running;
using TorchSharp.Modules;

namespace Grafting.Core.Training;

/// <summary>One stage in progress.</summary>
sealed class StageRun(
    Trainer trainer, StageConfig stage, StageData data, IReadOnlyList<ParameterGroup> groups, AdamW optimizer, MetricsLog log,
    CheckpointSaver saver)
{
    readonly List<Parameter> _parameters = [.. groups.SelectMany(g => g.Parameters).Select(p => p.Value)];
    readonly List<Parameter[]> _byGroup = [.. groups.Select(g => g.Parameters.Select(p => p.Value).ToArray())];
    readonly LearningRateSchedule _schedule = stage.ToSchedule();
    double? _validationLoss;

    public TrainingState Run(TrainingState state, IProgress<ProgressReport>? progress, StopRequest? stop)
    {
        using var batches = new Prefetch<StepBatch>(
            new StepReader(stage, data, trainer.Model.ImageTokens).At, state.StageStep, stage.Steps, trainer.Settings.Workers);
        var clock = Stopwatch.StartNew();
        var (before, tokens) = (state.Seconds, 0L);
        while (Passes(state, clock) && state.StageStep < stage.Steps)
        {
            var started = clock.Elapsed;
            var batch = batches.Take();
            var (metrics, guard) = Step(state, batch);
            tokens += batch.Tokens;
            state = state with
            {
                Step = state.Step + 1,
                StageStep = state.StageStep + 1,
                Seconds = before + clock.Elapsed.TotalSeconds,
                Guard = guard,
            };
            var last = state.StageStep == stage.Steps;
            if (data.Validation.Count > 0 && (last || state.StageStep % trainer.Settings.ValidateEvery == 0))
            {
                _validationLoss = Validator.Loss(trainer.Model, data.Validation, stage);
                metrics["validationLoss"] = Finite(_validationLoss.Value);
                if (trainer.Settings.EarlyStop is { } early)
                {
                    state = state with { EarlyStop = state.EarlyStop.After(_validationLoss.Value, early) };
                    if (!last && state.EarlyStop.Ends(early)) metrics["earlyStop"] = last = true;
                }
            }
            var rate = tokens / clock.Elapsed.TotalSeconds;
            metrics["tokensPerSecond"] = Math.Round(rate, 1);
            metrics["seconds"] = Math.Round(state.Seconds, 3);
            saver.Note(metrics);
            log.Add(metrics);
            progress?.Report(Report(state, metrics, rate));
            var stopping = !last && stop is { Requested: true };
            var step = clock.Elapsed - started;
            if (!stopping && (IsMark(state) || (!last && state.StageStep % trainer.Settings.CheckpointEvery == 0)))
                saver.Save(state, trainer.Trained(), optimizer.Save(), step);
            if (stopping)
            {
                saver.MustSave(state, trainer.Trained(), optimizer.Save(), step);
                throw stop!.Stopped(
                    $"Step {state.StageStep} of {stage.Steps} of stage '{stage.Name}' is saved in {trainer.Run.Folder}.",
                    "Run the same command with --resume to go on.");
            }
            if (!last) continue;
            Passes(state, clock);
            break;
        }
        return state;
    }

    bool IsMark(TrainingState state) => trainer.Settings.Marks is { } marks && marks.Steps.Contains(state.StageStep);

    /// <summary>Looks at the model where the run has a mark; the time that this takes is not training.</summary>
    /// <returns>Whether the stage goes on.</returns>
    bool Passes(TrainingState state, Stopwatch clock)
    {
        if (!IsMark(state)) return true;
        clock.Stop();
        var goesOn = trainer.Settings.Marks!.Reached(state);
        clock.Start();
        return goesOn;
    }

    ProgressReport Report(TrainingState state, JsonObject metrics, double rate)
    {
        var values = new List<(string, string)>
        {
            ("loss", metrics["loss"]?.GetValue<double>().ToString("F3", CultureInfo.InvariantCulture) ?? "not finite"),
            ("tokens/s", rate.ToString("F0", CultureInfo.InvariantCulture)),
        };
        if (_validationLoss is { } loss) values.Add(("validation", loss.ToString("F3", CultureInfo.InvariantCulture)));
        if (saver.IsFailing) values.Add(("saving", "fails"));
        if (state.Guard.SkippedInStage > 0) values.Add(("skipped", state.Guard.SkippedInStage.ToString(CultureInfo.InvariantCulture)));
        if (metrics.ContainsKey("earlyStop")) values.Add(("ended early", $"no gain in {state.EarlyStop.Without} validations"));
        return new ProgressReport(stage.Name, state.StageStep, stage.Steps, "steps", values);
    }

    (JsonObject Metrics, GuardState Guard) Step(TrainingState state, StepBatch batch)
    {
        using var dropping = trainer.Model.Lora?.Dropout.During(state.Step);
        GradientNorm.Reset(_parameters);
        var loss = StepGradient.Accumulate(trainer.Model, batch, stage.Recompute);
        var norms = GradientNorm.Clip(_byGroup, stage.ClipNorm);
        var judged = StepGuard.Judge(stage, state.Guard, loss.Total, norms.Total);
        var rate = _schedule.At(state.StageStep);
        var metrics = Metrics(state, batch, loss, norms, rate);
        if (judged.NewLevel) metrics["newLevel"] = true;
        if (judged.Reason is null)
        {
            optimizer.Step(rate);
            return (metrics, judged.State);
        }
        metrics["skipped"] = judged.Reason == SkipReason.Spike ? "spike" : "non-finite";
        metrics["sampleIds"] = new JsonArray([.. batch.SampleIds.Select(id => JsonValue.Create(id))]);
        Keep(state, batch, loss, norms, judged, metrics);
        if (judged.Ends) throw Refusal(state, batch, judged, metrics);
        trainer.Settings.Watch.Warn?.Invoke(
            $"step {state.Step + 1} was skipped: {judged.Words}. "
            + (
                metrics["notKept"] is { } lost
                    ? $"It could not be kept for a replay: {lost}"
                    : $"'{SkippedStep.ReplayCommand(trainer.Run.Folder, state.Step + 1)}' looks into it."));
        return (metrics, judged.State);
    }

    JsonObject Metrics(TrainingState state, StepBatch batch, StepLoss loss, GradientNorms norms, double rate)
    {
        var metrics = new JsonObject
        {
            ["stage"] = stage.Name,
            ["step"] = state.Step + 1,
            ["stageStep"] = state.StageStep + 1,
            ["loss"] = Finite(loss.Total),
            ["imageLoss"] = Finite(loss.Image),
            ["textLoss"] = Finite(loss.Text),
            ["gradientNorm"] = Finite(norms.Total),
            ["learningRate"] = rate,
            ["groups"] = new JsonObject(groups.Zip(norms.Groups, (group, norm) => KeyValuePair.Create(
                group.Name, (JsonNode?)new JsonObject { ["rate"] = rate * group.Rate, ["norm"] = Finite(norm) }))),
            ["samples"] = batch.SampleIds.Count,
            ["pictures"] = batch.Parts.Sum(part => part.Pictures),
            ["targets"] = batch.Parts.Sum(part => part.Packed.TargetIds.Length),
            ["tokens"] = batch.Tokens,
            ["pairs"] = batch.Parts.Sum(part => part.Packed.Pairs),
        };
        // What the tower was asked to read, where that is more than the pictures.
        if (trainer.Model.Encoder?.Tiling is not null) metrics["squares"] = batch.Parts.Sum(part => part.Squares);
        return metrics;
    }

    /// <summary>JSON has no word for what is not finite; null stands for it.</summary>
    static JsonValue? Finite(double value) => double.IsFinite(value) ? JsonValue.Create(value) : null;

    /// <summary>Keeps the step for a replay. A full disk ends no run that goes on without it; the log then says what was lost.</summary>
    void Keep(TrainingState state, StepBatch batch, StepLoss loss, GradientNorms norms, StepJudgement judged, JsonObject metrics)
    {
        var step = new SkippedStep
        {
            Step = state.Step + 1,
            Stage = stage.Name,
            StageIndex = state.Stage,
            StageStep = state.StageStep,
            Reason = judged.Reason!.Value,
            Words = judged.Words,
            Loss = loss.Total,
            Norm = norms.Total,
            Samples = batch.SampleIds,
            Recipe = state.Recipe,
            Data = state.Data,
        };
        try
        {
            step.Write(trainer.Run, trainer.Trained());
        }
        catch (GraftException fault) when (fault.Kind == ErrorKind.Resources)
        {
            metrics["notKept"] = fault.Message;
        }
    }

    GraftException Refusal(TrainingState state, StepBatch batch, StepJudgement judged, JsonObject metrics)
    {
        var samples = $"samples {string.Join(", ", batch.SampleIds.Take(8))}{(batch.SampleIds.Count > 8 ? ", …" : "")}";
        return Fault.Numerics(
            $"stage '{stage.Name}', step {state.StageStep + 1}: {judged.Words}; {samples}. No update was made.",
            metrics["notKept"] is { } lost
                ? $"Lower the learning rate, or look at these samples. The step could not be kept for a replay: {lost}"
                : $"Lower the learning rate, or look at these samples; '{SkippedStep.ReplayCommand(trainer.Run.Folder, state.Step + 1)}' "
                    + "tells which of them it is.");
    }
}
