using System.Text;
using Grafting.Core;
using Grafting.Core.Checkpoints;
using Grafting.Core.Data;
using Grafting.Core.Evaluation;
using Grafting.Core.Imaging;
using Grafting.Core.Models;
using Grafting.Core.Models.Lora;
using Grafting.Core.Running;
using Grafting.Core.Text;
using Grafting.Core.Training;
using Grafting.Core.Transfer;
using Grafting.Recipes.Costs;
using Grafting.Recipes.Schema;
using Grafting.Surrogates;

namespace Grafting.Recipes.Runs;

/// <param name="Graft">The fine-tuned graft.</param>
/// <param name="Seconds">Training time, that before a resume included; examinations are not.</param>
/// <param name="Curve">What was found on the way, where it was asked for.</param>
/// <param name="Warnings">What was skipped, in words.</param>
public sealed record FineTuningResult(GraftArtefact Graft, string Run, double Seconds, CurveResult? Curve, IReadOnlyList<string> Warnings);

/// <summary>Trains the whole target, or adapters of low rank in it, from a graft on: stage 3 of the paper.</summary>
public static class FineTuning
{
    /// <summary>Samples per validation; more would cost time without telling more.</summary>
    const int ValidationSamples = 256;

    /// <param name="provider">Who stands behind the tensors, for the report.</param>
    /// <param name="watch">Who hears of saves that fail; null hears nothing.</param>
    /// <param name="started">Called with the run's folder once it exists: nothing was refused then.</param>
    public static FineTuningResult Run(
        FineTuneRequest request, string provider, IProgress<ProgressReport>? progress = null, StopRequest? stop = null,
        RunWatch? watch = null, Action<string>? started = null)
    {
        var (recipe, section) = (request.Recipe, request.Section);
        var graft = Source(request.Graft);
        using var data = new FineTuneData(request.Data, recipe, section, request.Fractions, progress);
        var stage = section.ToStage(data.Marks[^1].Steps, request.Method == FineTuneMethod.Lora);
        var tokenizer = Tokenizer.Load(graft.Model);
        var template = graft.Encoder.ChatTemplate(graft.Model);
        var preprocessing = EncoderFiles.Preprocessing(graft.Folder, graft.Encoder);
        var pictures = new PictureCache(new ImagePreprocessor(preprocessing));

        using var decoder = graft.LoadTarget(request.Device, request.DType);
        CpuThreads.Fit(decoder.Shape, request.Device);
        using var encoder = graft.LoadEncoder(request.Device, request.DType);
        var adapters = request.Method == FineTuneMethod.Lora ? LoraAdapters.Attach(decoder, section.Lora, (ulong)recipe.Seed) : null;
        var model = new TrainingModel(decoder, encoder, []) { Lora = adapters };
        var length = Math.Min(recipe.Data.MaxLength ?? int.MaxValue, decoder.Shape.MaxPositions);
        ChatEncoder Encoding(LabelPolicy labels) => new(tokenizer, template, labels, encoder.Positions, length);
        var samples = data.Samples(Encoding(stage.ToLabels()), Encoding(new LabelPolicy()), pictures, ValidationSamples);
        using var curve = request.Curve is null
            ? null
            : new CurveRun(
                request, graft, data, new Examinee(model, tokenizer, template, pictures, graft.Encoder.ImagePrompt), progress, stop);

        // Nothing is left behind where model or data are refused.
        using var run = Directory.Exists(request.Run)
            ? RunFolder.Open(request.Run, request.Command)
            : RunFolder.Create(request.Run, RecipeFile.Resolve(recipe), request.Command, request.Keep);
        started?.Invoke(run.Folder);
        data.Read.KeepSkipped(run);
        foreach (var kind in data.Read.Kinds) watch?.Say?.Invoke(kind);
        var settings = new TrainerSettings(recipe.CheckpointEvery, recipe.ValidateEvery)
        {
            Marks = curve?.Marks,
            KeepCheckpoints = recipe.KeepCheckpoints,
            Watch = watch ?? new RunWatch(),
        };
        var trainer = new Trainer(model, run, settings);
        double seconds;
        using (var meter = CostMeter.Begin(run.Folder, recipe.Name, CostSizes(graft, encoder), model, [stage], watch?.Warn))
        {
            seconds = trainer.Train([(stage, samples)], RecipeFile.Digest(recipe), Fingerprint(request, data), meter.Watch(progress), stop);
        }

        var reached = curve?.Reached ?? data.Marks[^1];
        var tuned = GraftArtefact.Write(
            graft,
            new FineTuned(request.Method, reached.Samples, data.Count, reached.Steps),
            request.Output,
            new Origin(request.Command, RecipeFile.Digest(recipe), recipe.Seed),
            replace: true,
            staging =>
            {
                var stamps = EncoderFiles.Write(staging, encoder, preprocessing);
                if (adapters is not null) stamps[PeftAdapter.WeightsName] = PeftAdapter.Write(staging, adapters, graft.Model);
                else TunedModel.Write(staging, graft.Model, [.. Weights.Sources(decoder, decoder.Keys)], request.DType, stamps);
                return stamps;
            });
        return new FineTuningResult(tuned, run.Folder, seconds, curve?.Finish(tuned.Folder, stage, provider), data.Read.Warnings);
    }

    /// <summary>The graft to begin with.</summary>
    /// <exception cref="GraftException">Usage, when it was fine-tuned already.</exception>
    internal static GraftArtefact Source(string folder)
    {
        var graft = GraftArtefact.Open(folder);
        return graft.Tuning is null ? graft : throw Fault.Usage(
            $"{folder} is fine-tuned already.",
            "Give the zero-shot graft that it came from; to read more data, start again with a larger --fraction.");
    }

    static CostModel CostSizes(GraftArtefact graft, VisionEncoder encoder)
    {
        var target = TargetShape.In(graft.Model);
        return CostModel.Of(target, target.Layers, encoder);
    }

    /// <summary>Everything beside the recipe that decides what is trained.</summary>
    static string Fingerprint(FineTuneRequest request, FineTuneData data)
    {
        var fractions = string.Join(' ', request.Fractions.Select(fraction => FormattableString.Invariant($"{fraction:R}")));
        return Digests.Sha256(
            Encoding.UTF8.GetBytes($"{data.Read.Fingerprint} {GraftArtefact.Identity(request.Graft)} {request.Method} {fractions}"));
    }
}
