using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Grafting.Core.Running;
using TorchSharp.Modules;

namespace Grafting.Core.Training;

/// <summary>One stage in progress.</summary>
sealed class StageRun(
    Trainer trainer, StageConfig stage, StageData data, IReadOnlyList<ParameterGroup> groups, AdamW optimizer, MetricsLog log)
{
    readonly List<Parameter> _parameters = [.. groups.SelectMany(g => g.Parameters).Select(p => p.Value)];
    readonly LearningRateSchedule _schedule = stage.ToSchedule();
    double? _validationLoss;

    public TrainingState Run(TrainingState state, IProgress<ProgressReport>? progress, StopRequest? stop)
    {
        var batches = new Prefetch<StepBatch>(new StepReader(stage, data, trainer.Model.ImageTokens).At, state.StageStep, stage.Steps, trainer.Settings.Workers);
        var clock = Stopwatch.StartNew();
        var (before, tokens) = (state.Seconds, 0L);
        while (Passes(state, clock) && state.StageStep < stage.Steps)
        {
            var batch = batches.Take();
            var metrics = Step(state, batch);
            tokens += batch.Tokens;
            state = state with { Step = state.Step + 1, StageStep = state.StageStep + 1, Seconds = before + clock.Elapsed.TotalSeconds };
            var last = state.StageStep == stage.Steps;
            if (data.Validation.Count > 0 && (last || state.StageStep % trainer.Settings.ValidateEvery == 0))
                metrics["validationLoss"] = _validationLoss = Validator.Loss(trainer.Model, data.Validation, stage);
            var rate = tokens / clock.Elapsed.TotalSeconds;
            metrics["tokensPerSecond"] = Math.Round(rate, 1);
            metrics["seconds"] = Math.Round(state.Seconds, 3);
            log.Add(metrics);
            progress?.Report(Report(state, metrics, rate));
            var stopping = !last && stop is { Requested: true };
            if (stopping || IsMark(state) || (!last && state.StageStep % trainer.Settings.CheckpointEvery == 0))
                trainer.Run.Checkpoints.Save(state, trainer.Trained(), optimizer.Save());
            if (stopping)
            {
                throw stop!.Stopped(
                    $"Step {state.StageStep} of {stage.Steps} of stage '{stage.Name}' is saved in {trainer.Run.Folder}.",
                    "Run the same command with --resume to go on.");
            }
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
            ("loss", metrics["loss"]!.GetValue<double>().ToString("F3", CultureInfo.InvariantCulture)),
            ("tokens/s", rate.ToString("F0", CultureInfo.InvariantCulture)),
        };
        if (_validationLoss is { } loss) values.Add(("validation", loss.ToString("F3", CultureInfo.InvariantCulture)));
        return new ProgressReport(stage.Name, state.StageStep, stage.Steps, "steps", values);
    }

    JsonObject Step(TrainingState state, StepBatch batch)
    {
        using var dropping = trainer.Model.Lora?.Dropout.During(state.Step);
        GradientNorm.Reset(_parameters);
        var loss = StepGradient.Accumulate(trainer.Model, batch);
        var norm = GradientNorm.Clip(_parameters, stage.ClipNorm);
        var rate = _schedule.At(state.StageStep);
        if (!double.IsFinite(loss.Total) || !double.IsFinite(norm))
        {
            throw Fault.Numerics(
                $"stage '{stage.Name}', step {state.StageStep + 1}: loss {loss.Total}, gradient norm {norm}; "
                + $"samples {string.Join(", ", batch.SampleIds.Take(8))}{(batch.SampleIds.Count > 8 ? ", …" : "")}. No update was made.",
                "Lower the learning rate, or look at these samples.");
        }
        optimizer.Step(rate);
        return new JsonObject
        {
            ["stage"] = stage.Name,
            ["step"] = state.Step + 1,
            ["stageStep"] = state.StageStep + 1,
            ["loss"] = loss.Total,
            ["imageLoss"] = loss.Image,
            ["textLoss"] = loss.Text,
            ["gradientNorm"] = norm,
            ["learningRate"] = rate,
            ["samples"] = batch.SampleIds.Count,
            ["pictures"] = batch.Parts.Sum(part => part.Pictures),
            ["targets"] = batch.Parts.Sum(part => part.Packed.TargetIds.Length),
            ["tokens"] = batch.Tokens,
        };
    }
}
