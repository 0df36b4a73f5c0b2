using System.Text.Json.Nodes;

namespace Grafting.Core.Evaluation;

/// <summary>How a graft did after some of its fine-tuning.</summary>
/// <param name="Percent">Of the data read.</param>
/// <param name="Samples">Samples read.</param>
/// <param name="Steps">Optimizer steps made.</param>
/// <param name="Seconds">Training time from the graft on.</param>
/// <param name="Gain">Over the mark before, on the same questions; null at the first.</param>
public sealed record CurveMark(double Percent, int Samples, int Steps, double Seconds, SystemScore Score, SystemDifference? Gain);

/// <summary>Everything that <c>transfer --curve</c> found; its JSON form is the schema <c>graft.curve/1</c>.</summary>
/// <param name="Graft">The zero-shot graft.</param>
/// <param name="Output">The fine-tuned graft, as the run left it at the last mark.</param>
/// <param name="Method">"full" or "lora".</param>
/// <param name="Samples">Samples with pictures in all.</param>
/// <param name="Flat">Whether the run ended before its last mark, since the last one found shows no gain.</param>
/// <param name="RateLeft">Learning rate at the end as a share of the stage's; 0 where the schedule was run to its end.</param>
public sealed record CurveResult(
    string Target, string Graft, string Output, string Method, int Samples, IReadOnlyList<CurveMark> Marks, bool Flat, double RateLeft,
    string ReportPath)
{
    public const string Schema = "graft.curve/1";

    const int Decimals = 4;

    public JsonObject ToJson() => new()
    {
        ["target"] = Target,
        ["graft"] = Graft,
        ["output"] = Output,
        ["method"] = Method,
        ["samples"] = Samples,
        ["flat"] = Flat,
        ["rateLeft"] = Math.Round(RateLeft, Decimals),
        ["questions"] = Marks[0].Score.Answers.Count,
        ["marks"] = new JsonArray([.. Marks.Select(mark => new JsonObject
        {
            ["percent"] = mark.Percent,
            ["samples"] = mark.Samples,
            ["steps"] = mark.Steps,
            ["seconds"] = Math.Round(mark.Seconds, 2),
            ["exactMatch"] = ToJson(mark.Score.ExactMatch),
            ["nll"] = ToJson(mark.Score.Nll),
            ["gain"] = mark.Gain is { } gain ? ToJson(gain.Points) : null,
        })]),
        ["report"] = ReportPath,
    };

    static JsonObject ToJson(Interval interval) => new()
    {
        ["value"] = Math.Round(interval.Value, Decimals),
        ["low"] = Math.Round(interval.Low, Decimals),
        ["high"] = Math.Round(interval.High, Decimals),
    };
}
