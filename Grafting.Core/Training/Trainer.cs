using Grafting.Core.Checkpoints;
using Grafting.Core.Models;
using Grafting.Core.Running;
using TorchSharp.Modules;

namespace Grafting.Core.Training;

/// <summary>The samples that a stage reads.</summary>
/// <param name="Images">Samples with a picture; needed when the stage's image batch is not 0.</param>
/// <param name="Texts">Text-only samples; needed when the stage's text batch is not 0.</param>
/// <param name="Validation">Held-out samples, read in full at each validation; may be empty.</param>
public sealed record StageData(ISampleSource? Images, ISampleSource? Texts, IReadOnlyList<EncodedSample> Validation)
{
    /// <summary>All samples evenly interleaved; needed when the stage's batch is one of all data together.</summary>
    public ISampleSource? Mixed { get; init; }
}

/// <summary>How often a run looks around.</summary>
/// <param name="CheckpointEvery">Steps between checkpoints; the end of a stage always makes one.</param>
/// <param name="ValidateEvery">Steps between validations; the end of a stage always validates.</param>
/// <param name="Workers">Batches prepared ahead; never changes the result.</param>
public sealed record TrainerSettings(int CheckpointEvery = 100, int ValidateEvery = 50, int Workers = 2)
{
    /// <summary>Where the model is looked at on the way; null: nowhere.</summary>
    public TrainingMarks? Marks { get; init; }

    /// <summary>How many checkpoints are kept.</summary>
    public int KeepCheckpoints { get; init; } = 2;

    /// <summary>When a stage ends before its last step; null: never.</summary>
    public EarlyStop? EarlyStop { get; init; }

    public RunWatch Watch { get; init; } = new();
}

/// <summary>Steps of a stage at which somebody looks at the model.</summary>
/// <param name="Steps">Counted from the start of the stage; 0 is before the first. Each gets a checkpoint.</param>
/// <param name="Reached">
/// Called at each of them, also when a run resumes there; false ends the stage. It must leave the model as it is.
/// </param>
public sealed record TrainingMarks(IReadOnlySet<int> Steps, Func<TrainingState, bool> Reached);

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
    /// <param name="recipe">
    /// SHA-256 of the resolved recipe; a run resumes only with the same one, or one whose changes its history has.
    /// </param>
    /// <param name="data">Fingerprint of the data.</param>
    /// <param name="stop">When requested, the step in hand is finished and saved.</param>
    /// <returns>Seconds of training, those before a resume included.</returns>
    /// <exception cref="GraftException">
    /// Stopped after saving on request; Numerics when the guard ends the run, before the update; Input when a weight is not finite before
    /// training; Resources when nothing can be saved.
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
        var changes = start is null ? [] : RecipeHistory.Read(run.Folder).Between(start.State.Recipe, recipe);
        start?.State.Check(changes is null ? [recipe] : [recipe, start.State.Recipe], data);
        var state = start is null ? new TrainingState(0, 0, 0, run.Command, recipe, data, 0) : start.State with { Recipe = recipe };
        if (settings.EarlyStop is not null && stages.FirstOrDefault(s => s.Data.Validation.Count == 0).Config is { } blind)
            throw Fault.Usage(
                $"stage '{blind.Name}' is to end early by its validation loss, and there is no validation data.",
                "Hold some out, or leave out 'earlyStop'.");
        model.RequireFinite();
        if (run.AbandonedBy is { } holder)
            settings.Watch.Warn?.Invoke(
                $"{run.Folder} was left by {holder}: it was killed, or its machine went down. Going on from step {state.Step}.");
        using var log = run.OpenMetrics(state.Step);
        if (changes is { Count: > 0 }) log.NoteNext("recipeChanges", RecipeHistory.ToJson(changes));
        var saver = new CheckpointSaver(run, log, settings, start?.State.Step);
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
            state = new StageRun(this, stage, stageData, groups, optimizer, log, saver).Run(state, progress, stop);
            state = state.NextStage();
            saver.MustSave(state, Trained(), [], TimeSpan.Zero);
            if (stop is { Requested: true } && state.Stage < stages.Count)
                throw stop.Stopped(
                    $"Stage '{stage.Name}' is done and saved in {run.Folder}.", "Run the same command with --resume to go on.");
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
        optimizer.Load(file, checkpoint.State.Updates);
    }

    internal TrainingModel Model => model;

    internal RunFolder Run => run;

    internal TrainerSettings Settings => settings;

    /// <summary>Every parameter trained so far, for a checkpoint.</summary>
    internal IEnumerable<TensorSource> Trained() => _trained.Select(p => TensorLoading.Source(p.Key, p.Value));
}
