namespace Grafting.Core.Training;

/// <summary>Linear warm-up from 0, then a cosine down to 0 at the last step (method: arXiv 2505.22664, appendix).</summary>
/// <param name="Peak">Learning rate at the end of the warm-up.</param>
/// <param name="WarmUpSteps">Steps of the warm-up; the first step already moves.</param>
/// <param name="Steps">Steps of the stage.</param>
public sealed record LearningRateSchedule(double Peak, int WarmUpSteps, int Steps)
{
    /// <param name="step">Counted from 0.</param>
    public double At(int step)
    {
        if (step < WarmUpSteps) return Peak * (step + 1) / WarmUpSteps;
        var progress = (double)(step - WarmUpSteps) / Math.Max(1, Steps - WarmUpSteps);
        return Peak * 0.5 * (1 + Math.Cos(Math.PI * progress));
    }
}
