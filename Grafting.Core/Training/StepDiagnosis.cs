using Grafting.Core.Running;
using TorchSharp.Modules;

namespace Grafting.Core.Training;

/// <summary>What one sample adds to a step.</summary>
/// <param name="Targets">Supervised tokens.</param>
/// <param name="Loss">Nats per token, weighted as in the step.</param>
/// <param name="Norm">Of its share of the step's gradient.</param>
public sealed record SampleDiagnosis(string Id, int Targets, double Loss, double Norm)
{
    public bool IsFinite => double.IsFinite(Loss) && double.IsFinite(Norm);
}

/// <param name="Norm">Of the group's gradient over the whole step.</param>
public sealed record GroupDiagnosis(string Name, double Norm);

/// <summary>A step taken apart: which sample, which group of parameters, which module.</summary>
/// <param name="Loss">Of the whole step.</param>
/// <param name="Norm">Of the whole gradient.</param>
/// <param name="Samples">Worst first: those that are not finite, then by gradient norm.</param>
/// <param name="FirstNonFinite">
/// The first module whose output is not finite for the worst sample, or the parameter whose gradient is; null: all are.
/// </param>
public sealed record StepDiagnosis(
    double Loss, double Norm, IReadOnlyList<SampleDiagnosis> Samples, IReadOnlyList<GroupDiagnosis> Groups, string? FirstNonFinite)
{
    /// <summary>Computes a step again sample by sample, with the model as it is; nothing is updated.</summary>
    /// <param name="step">Position in the stage, from 0.</param>
    public static StepDiagnosis Of(
        TrainingModel model, StageConfig stage, StageData data, long step, IProgress<ProgressReport>? progress = null)
    {
        var groups = model.Choose(stage.Train);
        Parameter[][] parameters = [.. groups.Select(g => g.Parameters.Select(p => p.Value).ToArray())];
        Parameter[] all = [.. parameters.SelectMany(p => p)];
        // Of one sample a micro-batch each, with the weights that they have in the whole step.
        var batch = new StepReader(stage with { MicroBatch = 1 }, data, model.ImageTokens).At(step);
        var found = new List<(SampleDiagnosis Sample, MicroBatch Part)>();
        foreach (var (part, id) in batch.Parts.Zip(batch.SampleIds))
        {
            Backward(part, out var loss, out var norm);
            var weight = part.Packed.TargetWeights.Sum(w => (double)w);
            found.Add((new SampleDiagnosis(id, part.Packed.TargetIds.Length, weight > 0 ? loss / weight : 0, norm), part));
            progress?.Report(new ProgressReport("replaying", found.Count, batch.Parts.Count, "samples"));
        }
        var ordered = found.OrderBy(f => f.Sample.IsFinite).ThenByDescending(f => f.Sample.Norm).ToList();
        var worst = ordered[0];
        string? first = null;
        if (!worst.Sample.IsFinite)
        {
            Backward(worst.Part, out _, out _);
            first = ModuleWalk.FirstNonFinite(model, worst.Part) ?? ModuleWalk.NonFiniteGradient(model);
        }
        GradientNorm.Reset(all);
        var whole = StepGradient.Accumulate(model, batch, stage.Recompute);
        var norms = GradientNorm.Clip(parameters, double.PositiveInfinity);
        return new StepDiagnosis(
            whole.Total, norms.Total, [.. ordered.Select(f => f.Sample)],
            [.. groups.Zip(norms.Groups, (g, norm) => new GroupDiagnosis(g.Name, norm))], first);

        void Backward(MicroBatch part, out double loss, out double norm)
        {
            GradientNorm.Reset(all);
            loss = StepGradient.Accumulate(model, batch with { Parts = [part] }, stage.Recompute).Total;
            norm = GradientNorm.Clip(parameters, double.PositiveInfinity).Total;
        }
    }
}
