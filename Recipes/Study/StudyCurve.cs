using Grafting.Core;
using Grafting.Core.Models;
using Grafting.Core.Models.Decoders;
using Grafting.Core.Running;
using Grafting.Core.Text;
using Grafting.Core.Training;
using Grafting.Recipes.Runs;
using Grafting.Recipes.Schema;
using static TorchSharp.torch;

namespace Grafting.Recipes.Study;

/// <summary>
/// Stage 3: target and encoder are trained together, for every fraction anew from where the encoder's training ended. The baseline takes as
/// many steps as the operations allow that the graft has taken in all at that fraction.
/// </summary>
sealed class StudyCurve(CellRun run, StudyTargets targets, StudyTarget target, Recipe study, StudyCell cell)
{
    /// <summary>Changes whenever the protocol does, so that old cells are made anew.</summary>
    public const string Version = "curve/1";

    public static IReadOnlyList<double> Fractions { get; } = [0, 0.1, 0.2, 0.3];

    readonly FineTuneSection _section = study.FineTune
        ?? throw Fault.Usage(
            $"recipe '{study.Name}' has no 'fineTune', which group G of the study needs.", "Add it, or leave G out with --only.");

    /// <param name="encoder">As its training left it.</param>
    /// <param name="flops">Of that training.</param>
    /// <param name="seconds">Of that training.</param>
    public IReadOnlyList<FineTunedPoint> Run(VisionEncoder encoder, double flops, double seconds, ChatTemplate template, StopRequest? stop)
    {
        var graft = cell.Condition.FineTuning == StudyFineTuning.FromGraft;
        // What the graft has cost before its fine-tuning is the baseline's to spend, less what it has spent itself.
        var saved = graft ? 0 : SurrogateFlops(template) - flops;
        var points = new List<FineTunedPoint>();
        foreach (var fraction in Fractions)
        {
            using var decoder = DecoderFamilies.Load(target.Folder, CPU, ScalarType.Float32);
            var (copy, _) = EncoderTraining.CreateEncoder(run.Recipe, decoder);
            using var owned = copy;
            Copy(encoder, copy);
            var model = new TrainingModel(decoder, copy, []);
            var steps = (int)(fraction * run.TrainingPictures / _section.Batch);
            if (!graft) steps = Math.Max(0, steps + (int)(saved / run.FlopsOfStep(model, 0, _section.ToStage(1, lora: false), template)));
            var spent = steps > 0 ? run.Train(model, 0, [_section.ToStage(steps, lora: false)], template, stop) : default;
            points.Add(new FineTunedPoint(
                fraction, steps, flops + spent.Flops, seconds + spent.Seconds, run.AskTest(model, template, stop),
                run.AskValidation(model, template, stop)));
        }
        return points;
    }

    /// <summary>What training the encoder against the surrogate takes.</summary>
    double SurrogateFlops(ChatTemplate template)
    {
        var condition = cell.Condition with { FineTuning = StudyFineTuning.None };
        var recipe = condition.Apply(study, cell.Seed);
        var (decoder, translators) = targets.Load(target, condition);
        using var ownedDecoder = decoder;
        var (encoder, _) = EncoderTraining.CreateEncoder(recipe, decoder);
        using var owned = encoder;
        var model = new TrainingModel(decoder, encoder, translators);
        return recipe.Stages.Sum(stage => stage.Steps * run.FlopsOfStep(model, translators.Count, stage, template));
    }

    static void Copy(VisionEncoder from, VisionEncoder to)
    {
        var values = from.named_parameters().ToDictionary(p => p.name, p => p.parameter, StringComparer.Ordinal);
        using var _ = no_grad();
        foreach (var (name, parameter) in to.named_parameters()) parameter.copy_(values[name]);
    }
}
