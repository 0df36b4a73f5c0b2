using System.Text.Json;
using System.Text.Json.Nodes;
using Grafting.Core.Evaluation;

namespace Grafting.Surrogates.Analysis;

/// <summary>The form in which an analysis lies on disk.</summary>
static class AnalysisJson
{
    public static JsonObject Write(AnalysisResult result)
    {
        var (facts, measurements, analysis) = result;
        return new JsonObject
        {
            ["target"] = new JsonObject { ["name"] = facts.Target, ["path"] = facts.TargetPath, ["identity"] = facts.TargetIdentity },
            ["layers"] = measurements.Layers,
            ["samples"] = measurements.Samples.Count,
            ["tokens"] = facts.Tokens,
            ["dtype"] = facts.DType,
            ["arithmetic"] = facts.Arithmetic,
            ["seed"] = facts.Seed,
            ["text"] = new JsonObject { ["path"] = facts.TextPath, ["fingerprint"] = facts.TextFingerprint },
            ["library"] = facts.Library,
            ["transition"] = Write(analysis.Trajectory),
            ["proposal"] = analysis.Proposal is { } cut ? new JsonObject { ["first"] = cut.First, ["last"] = cut.Last } : null,
            ["no_proposal"] = analysis.NoProposal,
            ["disagreements"] = new JsonArray([.. analysis.Disagreements.Select(sentence => JsonValue.Create(sentence))]),
            ["criteria"] = new JsonObject(Criteria.All.Select(
                criterion => KeyValuePair.Create(criterion.Key(), (JsonNode?)Write(criterion, analysis.Findings[criterion])))),
            ["curves"] = new JsonArray([.. measurements.Samples.Select((name, sample) => Curves(name, sample, measurements))]),
        };
    }

    static JsonObject Write(Criterion criterion, Finding finding) => new()
    {
        ["unit"] = criterion.Unit(),
        ["transition"] = Write(finding.Transition),
        ["reason"] = finding.Reason,
        ["evidence"] = finding.Evidence,
        ["mean"] = new JsonArray([.. finding.Mean.Select((interval, layer) => new JsonObject
        {
            ["layer"] = layer, ["value"] = interval.Value, ["low"] = interval.Low, ["high"] = interval.High,
        })]),
    };

    static JsonObject? Write(Transition? transition) => transition is null ? null : new JsonObject
    {
        ["layer"] = transition.Layer,
        ["low"] = transition.Low,
        ["high"] = transition.High,
        ["support"] = transition.Support,
    };

    static JsonObject Curves(string name, int sample, LayerMeasurements measurements)
    {
        var curves = new JsonObject { ["sample"] = name };
        foreach (var criterion in Criteria.All)
            curves[criterion.Key()] = new JsonArray([.. measurements.Values[criterion][sample].Select(value => JsonValue.Create(value))]);
        return curves;
    }

    public static AnalysisResult Read(JsonElement json)
    {
        var (target, text) = (json.GetProperty("target"), json.GetProperty("text"));
        var facts = new AnalysisFacts(
            Text(target, "name"), Text(target, "path"), Text(target, "identity"), json.GetProperty("tokens").GetInt64(),
            Text(json, "dtype"),
            Text(json, "arithmetic"), json.GetProperty("seed").GetUInt64(), Text(text, "path"), Text(text, "fingerprint"),
            Text(json, "library"));
        JsonElement[] curves = [.. json.GetProperty("curves").EnumerateArray()];
        var measurements = new LayerMeasurements(
            [.. curves.Select(curve => Text(curve, "sample"))], json.GetProperty("layers").GetInt32(), Criteria.All.ToDictionary(
                criterion => criterion, criterion => curves.Select(curve => Numbers(curve.GetProperty(criterion.Key()))).ToArray()));
        var findings = json.GetProperty("criteria");
        var proposal = json.GetProperty("proposal");
        var analysis = new TransitionAnalysis(
            Criteria.All.ToDictionary(
                criterion => criterion, criterion => ReadFinding(findings.GetProperty(criterion.Key()), measurements.Layers)),
            proposal.ValueKind == JsonValueKind.Null
                ? null
                : new LayerRange(proposal.GetProperty("first").GetInt32(), proposal.GetProperty("last").GetInt32()),
            json.GetProperty("no_proposal").GetString(), [.. json.GetProperty("disagreements").EnumerateArray().Select(Text)]);
        return new AnalysisResult(facts.Validate(), measurements.Validate(), analysis);
    }

    static Finding ReadFinding(JsonElement json, int layers)
    {
        var (transition, evidence) = (json.GetProperty("transition"), json.GetProperty("evidence"));
        Interval[] mean = [.. json.GetProperty("mean").EnumerateArray().Select(layer => new Interval(
            layer.GetProperty("value").GetDouble(), layer.GetProperty("low").GetDouble(), layer.GetProperty("high").GetDouble()))];
        if (mean.Length != layers) throw new FormatException($"a mean has {mean.Length} layers, expected {layers}");
        return new Finding(
            transition.ValueKind == JsonValueKind.Null ? null : new Transition(
                transition.GetProperty("layer").GetInt32(), transition.GetProperty("low").GetInt32(),
                transition.GetProperty("high").GetInt32(),
                transition.GetProperty("support").GetDouble()),
            json.GetProperty("reason").GetString(), evidence.ValueKind == JsonValueKind.Null ? null : evidence.GetDouble(), mean);
    }

    static double[] Numbers(JsonElement json) => [.. json.EnumerateArray().Select(value => value.GetDouble())];

    static string Text(JsonElement json, string name) => Text(json.GetProperty(name));

    static string Text(JsonElement json) => json.GetString() ?? throw new FormatException("a text is null");
}
