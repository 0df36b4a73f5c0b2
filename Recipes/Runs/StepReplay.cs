using System.Globalization;
using Grafting.Core;
using Grafting.Core.Running;
using Grafting.Core.Training;
using Grafting.Recipes.Schema;
using static TorchSharp.torch;

namespace Grafting.Recipes.Runs;

/// <summary>A step that a run did not take, as it was kept and as it comes out when it is computed again.</summary>
public sealed record StepReplay(string Run, SkippedStep Kept, StepDiagnosis Found)
{
    public const string Schema = "graft.replay/1";

    /// <summary>Computes a kept step of <c>train-encoder</c> again; neither the run nor anything else is changed.</summary>
    /// <param name="run">The run's folder.</param>
    /// <param name="step">Number of the step in the run.</param>
    /// <exception cref="GraftException">Input: the step was not kept, or recipe or data are no longer those of the run.</exception>
    public static StepReplay Of(string run, int step, Device device, IProgress<ProgressReport>? progress = null)
    {
        var kept = SkippedStep.Read(run, step);
        var request = EncoderTraining.Reopen(run, device, "debug replay", [], []);
        if (RecipeFile.Digest(request.Recipe) != kept.Recipe)
            throw Fault.Input($"{run}: the recipe is not the one that step {step} was made with.", $"Restore {RunFolder.RecipeName}.");
        return EncoderTraining.Prepare(request, prepared =>
        {
            if (prepared.Fingerprint != kept.Data)
                throw Fault.Input($"the data are not those that step {step} of {run} was read from.", "Restore them.");
            kept.Restore(run, prepared.Model);
            var (stage, data) = prepared.Stages[kept.StageIndex];
            return new StepReplay(Path.GetFullPath(run), kept, StepDiagnosis.Of(prepared.Model, stage, data, kept.StageStep, progress));
        }, progress);
    }

    /// <summary>The number in <c>step-1234</c>, <c>step-000001234</c> or <c>1234</c>.</summary>
    /// <exception cref="GraftException">Usage, for anything else.</exception>
    public static int ParseStep(string name)
    {
        var digits = name.StartsWith("step-", StringComparison.Ordinal) ? name["step-".Length..] : name;
        return int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var step) && step > 0
            ? step
            : throw Fault.Usage($"{Printable.Quote(name)} is not a step.", "Give its number, as in step-1234.");
    }
}
