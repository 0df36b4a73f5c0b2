using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Grafting.Core.Checkpoints;
using Grafting.Core.Models;
using Grafting.Core.Running;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Grafting.Core.Training;

/// <summary>The samples that a stage reads.</summary>
/// <param name="Images">Samples with a picture; needed when the stage's image batch is not 0.</param>
/// <param name="Texts">Text-only samples; needed when the stage's text batch is not 0.</param>
/// <param name="Validation">Held-out samples, read in full at each validation; may be empty.</param>
public sealed record StageData(ISampleSource? Images, ISampleSource? Texts, IReadOnlyList<EncodedSample> Validation);

/// <summary>How often a run looks around.</summary>
/// <param name="CheckpointEvery">Steps between checkpoints; the end of a stage always makes one.</param>
/// <param name="ValidateEvery">Steps between validations; the end of a stage always validates.</param>
/// <param name="Workers">Batches prepared ahead; never changes the result.</param>
public sealed record TrainerSettings(int CheckpointEvery = 100, int ValidateEvery = 50, int Workers = 2);

/// <summary>
/// Runs the stages of a training run: batches, gradients, updates, metrics, checkpoints. A run that was interrupted anywhere and resumed
/// gives the losses of an uninterrupted one, bit by bit on a CPU.
/// </summary>
/// <param name="model">What is trained.</param>
/// <param name="run">The run's folder, locked by this process.</param>
/// <param name="settings">How often to save and validate.</param>
public sealed class Trainer(TrainingModel model, RunFolder run, TrainerSettings settings)
{
    /// <summary>Parameters that any stage so far has trained; these are what a checkpoint holds.</summary>
    readonly SortedDictionary<string, Parameter> _trained = new(StringComparer.Ordinal);

    /// <summary>Trains all stages, from the latest checkpoint if the run has one.</summary>
    /// <param name="stages">In order, each with its data.</param>
    /// <param name="recipe">SHA-256 of the resolved recipe; a run resumes only with the same one.</param>
    /// <param name="data">Fingerprint of the data.</param>
    /// <param name="stop">When requested, the step in hand is finished and saved.</param>
    /// <returns>Seconds of training, those before a resume included.</returns>
    /// <exception cref="GraftException">
    /// Stopped after saving on request; Numerics when a loss or gradient is not finite, before the update.
    /// </exception>
    public double Train(
        IReadOnlyList<(StageConfig Config, StageData Data)> stages,
        string recipe,
        string data,
        IProgress<ProgressReport>? progress = null,
        StopRequest? stop = null)
    {
        using var promise = stop?.PromiseToSave();
        var start = run.Checkpoints.Latest();
        start?.State.Check(recipe, data);
        var state = start?.State ?? new TrainingState(0, 0, 0, run.Command, recipe, data, 0);
        using var log = run.OpenMetrics(state.Step);
        foreach (var (stage, _) in stages.Take(state.Stage)) Choose(stage);
        if (start is not null && state.StageStep == 0) RestoreModel(start);
        for (var s = state.Stage; s < stages.Count; s++)
        {
            var (stage, stageData) = stages[s];
            var groups = Choose(stage);
            using var optimizer = new AdamW(stage.Optimizer, groups);
            if (start is not null && state.StageStep > 0)
            {
                RestoreModel(start);
                RestoreMoments(start, optimizer);
            }
            state = new StageRun(this, stage, stageData, groups, optimizer, log).Run(state, progress, stop);
            state = state with { Stage = s + 1, StageStep = 0 };
            run.Checkpoints.Save(state, Trained(), []);
        }
        return state.Seconds;
    }

    IReadOnlyList<ParameterGroup> Choose(StageConfig stage)
    {
        var groups = model.Choose(stage.Train);
        foreach (var (name, parameter) in groups.SelectMany(g => g.Parameters)) _trained[name] = parameter;
        return groups;
    }

    void RestoreModel(StoredCheckpoint checkpoint)
    {
        using var file = SafetensorsFile.Open(checkpoint.ModelPath);
        foreach (var (name, entry) in file.Tensors)
        {
            if (!_trained.TryGetValue(name, out var parameter))
                throw Fault.Input($"{file.Path} holds '{name}', which this recipe does not train.", "Start a new run.");
            TensorLoading.Fill(parameter, new StoredTensor(entry, file));
        }
    }

    static void RestoreMoments(StoredCheckpoint checkpoint, AdamW optimizer)
    {
        using var file = SafetensorsFile.Open(checkpoint.OptimizerPath);
        optimizer.Load(file, checkpoint.State.StageStep);
    }

    IEnumerable<TensorSource> Trained() => _trained.Select(p => TensorLoading.Source(p.Key, p.Value));

    /// <summary>One stage in progress.</summary>
    sealed class StageRun(
        Trainer trainer, StageConfig stage, StageData data, IReadOnlyList<ParameterGroup> groups, AdamW optimizer, MetricsLog log)
    {
        readonly List<Parameter> _parameters = [.. groups.SelectMany(g => g.Parameters).Select(p => p.Value)];
        readonly LearningRateSchedule _schedule = stage.ToSchedule();
        double? _validationLoss;

        public TrainingState Run(TrainingState state, IProgress<ProgressReport>? progress, StopRequest? stop)
        {
            var batches = new Prefetch<StepBatch>(Batch, state.StageStep, stage.Steps, trainer.Settings.Workers);
            var clock = Stopwatch.StartNew();
            var (before, tokens) = (state.Seconds, 0L);
            while (state.StageStep < stage.Steps)
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
                if (last) break;
                var stopping = stop is { Requested: true };
                if (stopping || state.StageStep % trainer.Settings.CheckpointEvery == 0)
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

        StepBatch Batch(long step)
        {
            var samples = new List<EncodedSample>();
            Read(data.Images, stage.ImageBatch, "pictures");
            Read(data.Texts, stage.TextBatch, "text-only samples");
            return StepBatch.Build(samples, stage, trainer.Model.ImageTokens);

            void Read(ISampleSource? source, int count, string what)
            {
                if (count == 0) return;
                if (source is null) throw Fault.Usage($"stage '{stage.Name}' reads {what}, and there are none.", "Give such data, or set that batch to 0.");
                for (var i = 0; i < count; i++) samples.Add(source.At((step * count) + i));
            }
        }

        JsonObject Step(TrainingState state, StepBatch batch)
        {
            GradientNorm.Reset(_parameters);
            var (image, text) = (0.0, 0.0);
            foreach (var part in batch.Parts)
            {
                using var scope = NewDisposeScope();
                var tensors = PackedTensors.From(part.Packed, trainer.Model.Device);
                var losses = trainer.Model.Losses(tensors, trainer.Model.ToPixels(part.Pixels, part.Pictures));
                (losses * tensors.TargetWeights).sum().backward();
                var values = losses.detach().cpu().data<float>().ToArray();
                for (var i = 0; i < values.Length; i++)
                {
                    var share = (double)values[i] * part.Packed.TargetWeights[i];
                    if (part.TargetIsText[i]) text += share;
                    else image += share;
                }
            }
            var norm = GradientNorm.Clip(_parameters, stage.ClipNorm);
            var rate = _schedule.At(state.StageStep);
            if (!double.IsFinite(image + text) || !double.IsFinite(norm))
            {
                throw Fault.Numerics(
                    $"stage '{stage.Name}', step {state.StageStep + 1}: loss {image + text}, gradient norm {norm}; "
                    + $"samples {string.Join(", ", batch.SampleIds.Take(8))}{(batch.SampleIds.Count > 8 ? ", …" : "")}. No update was made.",
                    "Lower the learning rate, or look at these samples.");
            }
            optimizer.Step(rate);
            return new JsonObject
            {
                ["stage"] = stage.Name,
                ["step"] = state.Step + 1,
                ["stageStep"] = state.StageStep + 1,
                ["loss"] = image + text,
                ["imageLoss"] = image,
                ["textLoss"] = text,
                ["gradientNorm"] = norm,
                ["learningRate"] = rate,
                ["tokens"] = batch.Tokens,
            };
        }
    }

    TrainingModel Model => model;

    RunFolder Run => run;

    TrainerSettings Settings => settings;
}
