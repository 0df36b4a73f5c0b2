using Grafting.Core;
using Grafting.Core.Checkpoints;
using Grafting.Core.Data;
using Grafting.Core.Imaging;
using Grafting.Core.Models;
using Grafting.Core.Models.Adapters;
using Grafting.Core.Models.Decoders;
using Grafting.Core.Models.Towers;
using Grafting.Core.Running;
using Grafting.Core.Text;
using Grafting.Core.Training;
using Grafting.Core.Transfer;
using Grafting.Recipes.Costs;
using Grafting.Recipes.Schema;
using Grafting.Surrogates;
using static TorchSharp.torch;

namespace Grafting.Recipes.Runs;

/// <summary>What <c>train-encoder</c> is asked to do.</summary>
/// <param name="Surrogate">Folder of the surrogate.</param>
/// <param name="Data">Data files.</param>
/// <param name="Run">Folder of the run; one that is there already is gone on with.</param>
/// <param name="Bundle">Folder that receives the trained encoder.</param>
/// <param name="Command">The command line, for manifests.</param>
public sealed record EncoderTrainingRequest(
    string Surrogate, Recipe Recipe, TrainingFiles Data, string Run, string Bundle, Device Device, ScalarType DType, string Command)
{
    /// <summary>What was changed in the recipe of a run that is gone on with.</summary>
    public IReadOnlyList<ChangedValue> Changed { get; init; } = [];
}

/// <param name="Seconds">Training time, that before a resume included.</param>
/// <param name="Warnings">What was skipped, in words.</param>
public sealed record EncoderTrainingResult(string Bundle, string Run, double Seconds, IReadOnlyList<string> Warnings);

/// <summary>Trains a vision encoder against a surrogate, stage by stage, and writes the bundle.</summary>
public static class EncoderTraining
{
    /// <summary>Samples per validation; more would cost time without telling more.</summary>
    const int ValidationSamples = 256;

    /// <summary>The request of a run that was interrupted, with the recipe as it was resolved then.</summary>
    /// <param name="edits">Changes of the recipe, each <c>path=value</c>.</param>
    /// <param name="allowed">Paths of the recipe that may change although that alters the numbers.</param>
    /// <exception cref="GraftException">Usage, when the edits change more than that.</exception>
    public static EncoderTrainingRequest Reopen(
        string run, Device device, string command, IReadOnlyList<string> edits, IReadOnlyList<string> allowed)
    {
        var kept = RunRequest.Read(run);
        var path = Path.Combine(run, RunFolder.RecipeName);
        var text = File.ReadAllText(path);
        var (before, recipe) = (RecipeFile.Parse(text, path), RecipeFile.Parse(text, path, edits));
        var changed = RecipeDiff.Between(before, recipe);
        RecipeDiff.RequireAllowed(before, recipe, changed, allowed);
        return new EncoderTrainingRequest(kept.Surrogate, recipe, kept.Data, run, kept.Bundle, device, kept.DType, command)
        {
            Changed = changed,
        };
    }

    /// <param name="watch">Who hears of saves that fail; null hears nothing.</param>
    /// <param name="started">Called with the run's folder once it exists: nothing was refused then.</param>
    public static EncoderTrainingResult Run(
        EncoderTrainingRequest request,
        IProgress<ProgressReport>? progress = null,
        StopRequest? stop = null,
        RunWatch? watch = null,
        Action<string>? started = null) =>
        Prepare(request, prepared => Train(request, prepared, progress, stop, watch, started), progress);

    /// <summary>Opens what a request names, and hands it to <paramref name="use"/> as long as that lasts.</summary>
    internal static T Prepare<T>(EncoderTrainingRequest request, Func<PreparedTraining, T> use, IProgress<ProgressReport>? progress)
    {
        var recipe = request.Recipe;
        var surrogate = SurrogateFolder.Open(request.Surrogate);
        var tokenizer = Tokenizer.Load(request.Surrogate);
        var template = ChatTemplate.Chosen(recipe.Data.Template, tokenizer, request.Surrogate);
        using var decoder = DecoderFamilies.Load(request.Surrogate, request.Device, request.DType);
        CpuThreads.Fit(decoder.Shape, request.Device);
        var (encoder, preprocessing) = CreateEncoder(recipe, decoder);
        using var owned = encoder;
        var model = new TrainingModel(decoder, encoder, surrogate.Translators);

        using var data = new TrainingData(request.Data, recipe, new PictureCache(new ImagePreprocessor(preprocessing)), progress);
        var length = Math.Min(recipe.Data.MaxLength ?? int.MaxValue, decoder.Shape.MaxPositions);
        ChatEncoder Encoding(LabelPolicy labels) => new(tokenizer, template, labels, encoder.Positions, length);
        var validation = data.Validation(Encoding(new LabelPolicy()), ValidationSamples);
        var stages = recipe.Stages.Select(
            (stage, i) => (stage, data.Sources(stage, Encoding(stage.ToLabels()), (ulong)recipe.Seed, i, validation))).ToList();

        return use(new PreparedTraining(surrogate, template, model, encoder, preprocessing, data, stages));
    }

    static EncoderTrainingResult Train(
        EncoderTrainingRequest request,
        PreparedTraining prepared,
        IProgress<ProgressReport>? progress,
        StopRequest? stop,
        RunWatch? watch,
        Action<string>? started)
    {
        var (recipe, surrogate, data) = (request.Recipe, prepared.Surrogate, prepared.Data);
        // Nothing is left behind where model or data are refused.
        using var run = Directory.Exists(request.Run)
            ? RunFolder.Open(request.Run, request.Command)
            : RunFolder.Create(request.Run, RecipeFile.Resolve(recipe), request.Command, folder => RunRequest.Write(request, folder));
        started?.Invoke(run.Folder);
        data.Read.KeepSkipped(run);
        foreach (var kind in data.Read.Kinds) watch?.Say?.Invoke(kind);
        if (request.Changed.Count > 0) run.ChangeRecipe(RecipeFile.Resolve(recipe), request.Changed);
        var settings = new TrainerSettings(recipe.CheckpointEvery, recipe.ValidateEvery)
        {
            EarlyStop = recipe.EarlyStop,
            KeepCheckpoints = recipe.KeepCheckpoints,
            Watch = watch ?? new RunWatch(),
        };
        var trainer = new Trainer(prepared.Model, run, settings);
        double seconds;
        using (
            var meter = CostMeter.Begin(
                run.Folder, recipe.Name, CostSizes(surrogate, prepared.Encoder), prepared.Model, recipe.Stages, watch?.Warn))
        {
            seconds = trainer.Train(prepared.Stages, RecipeFile.Digest(recipe), prepared.Fingerprint, meter.Watch(progress), stop);
        }

        EncoderBundle.Write(
            request.Bundle,
            prepared.Encoder,
            prepared.Preprocessing,
            prepared.Template.Name,
            prepared.Model.Translator(),
            RecipeFile.Resolve(recipe),
            new Origin(request.Command, RecipeFile.Digest(recipe), recipe.Seed),
            [new("surrogate", Path.GetFullPath(request.Surrogate), surrogate.Identity), surrogate.Target],
            surrogate.Fingerprint,
            replace: true,
            recipe.ImagePrompts.Count > 0 ? recipe.ImagePrompts[0] : null,
            prepared.Template.Source);
        return new EncoderTrainingResult(request.Bundle, run.Folder, seconds, [.. data.Read.Warnings, .. Skipped(run.Folder)]);
    }

    static IEnumerable<string> Skipped(string run)
    {
        var steps = SkippedStep.Kept(run);
        if (steps.Count == 0) yield break;
        yield return $"{steps.Count} steps were skipped, first step {steps[0]}; '{SkippedStep.ReplayCommand(run, steps[0])}' looks into it";
    }

    static CostModel CostSizes(SurrogateFolder surrogate, VisionEncoder encoder)
    {
        var shape = TargetShape.In(surrogate.Folder);
        return CostModel.Of(shape with { Layers = surrogate.TargetLayers }, shape.Layers, encoder);
    }

    /// <summary>Puts an adapter before a tower, which is disposed with it, also where it does not fit.</summary>
    static VisionEncoder Bridge(Recipe recipe, VisionTower tower, Decoder decoder)
    {
        Adapter? adapter = null;
        try
        {
            adapter = recipe.Adapter.Build(tower, decoder.Shape.Width);
            return new VisionEncoder(tower, adapter, recipe.Boundary, recipe.Tiles);
        }
        catch
        {
            adapter?.Dispose();
            tower.Dispose();
            throw;
        }
    }

    /// <summary>The untrained encoder of a recipe, to be disposed, and how it wants its pictures.</summary>
    internal static (VisionEncoder Encoder, PreprocessorConfig Preprocessing) CreateEncoder(Recipe recipe, Decoder decoder)
    {
        var seed = (ulong)recipe.Seed;
        VisionTower tower;
        PreprocessorConfig preprocessing;
        if (recipe.Tower.Scratch is { } scratch)
        {
            var config = scratch.ToConfig();
            tower = TowerFamilies.Create(config, recipe.Features.ToPath(config.Shape), seed, decoder.Device, decoder.DType);
            preprocessing = PreprocessorConfig.Clip(scratch.ImageSize) with { Fit = scratch.Fit };
        }
        else
        {
            var checkpoint = TowerCheckpoint.Read(TargetResolver.ResolveTower(recipe.Tower.Checkpoint!), recipe.Tower.ImageSize);
            preprocessing = recipe.Tower.Apply(checkpoint.RequirePreprocessing());
            tower = checkpoint.Load(recipe.Features.ToPath(checkpoint.Config.Shape), decoder.Device, decoder.DType);
        }
        var encoder = Bridge(recipe, tower, decoder);
        encoder.InitialiseBridge(seed);
        return (encoder, preprocessing with { Tiling = recipe.Tiles });
    }
}
