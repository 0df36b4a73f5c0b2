using System.Text.Json.Nodes;
using Grafting.Core.Reporting.Charts;

namespace Grafting.Core.Reporting;

/// <summary>Losses of one training stage over its steps, nats per supervised token.</summary>
public sealed record TrainingCurve(string Stage, IReadOnlyList<CurvePoint> Training, IReadOnlyList<CurvePoint> Validation)
{
    /// <summary>
    /// Curves from the lines of <c>metrics.jsonl</c>: <c>stage</c>, <c>stageStep</c>, <c>loss</c>, and now and then <c>validationLoss</c>.
    /// </summary>
    public static IReadOnlyList<TrainingCurve> From(IEnumerable<JsonObject> metrics) =>
    [
        .. metrics
            .Where(line => line.ContainsKey("stageStep"))
            .GroupBy(line => (string)line["stage"]!, StringComparer.Ordinal)
            .Select(stage => new TrainingCurve(stage.Key, [.. Points(stage, "loss")], [.. Points(stage, "validationLoss")])),
    ];

    static IEnumerable<CurvePoint> Points(IEnumerable<JsonObject> lines, string name) =>
        from line in lines
        where line[name] is not null // a loss that is not finite has no place on a curve
        select new CurvePoint((double)line["stageStep"]!, (double)line[name]!);
}
