using Grafting.Core.Reporting.Charts;

namespace Grafting.Core.Reporting;

/// <summary>Training curves as the reports draw them, one figure a stage.</summary>
static class TrainingFigures
{
    public static Markup Draw(IReadOnlyList<TrainingCurve> curves) => Markup.Of($"""
        <div class="curves">
        {Markup.Join(curves, curve => Markup.Of($"""
            <figure><h3>{curve.Stage}</h3>
            {LineChart.Draw($"Loss of {curve.Stage}", "step", "nats per token", [.. Lines(curve)])}
            </figure>
            """))}
        </div>
        """);

    static IEnumerable<LineSeries> Lines(TrainingCurve curve)
    {
        if (curve.Training.Count > 0) yield return new LineSeries("training", "training", curve.Training, Noisy: true);
        if (curve.Validation.Count > 0) yield return new LineSeries("validation", "validation", curve.Validation, Noisy: false);
    }
}
