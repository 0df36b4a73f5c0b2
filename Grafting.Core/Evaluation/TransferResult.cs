using System.Text.Json.Nodes;

namespace Grafting.Core.Evaluation;

/// <summary>What one system said to a question that is shown as an example.</summary>
public sealed record ExampleAnswer(string Given, bool Correct, double Nll);

/// <summary>A question listed with the answers of all systems.</summary>
/// <param name="Answers">By system, in the order in which systems are listed.</param>
public sealed record Example(
    string Id, string Picture, string Type, string Question, string Expected, IReadOnlyList<KeyValuePair<string, ExampleAnswer>> Answers);

/// <summary>Everything that <c>transfer --evaluate</c> found; its JSON form is the schema <c>graft.transfer/1</c>.</summary>
/// <param name="Systems">
/// By name, in the order in which they are listed: "pair", "graft" or "tuned", "blind", and "text" where there is one.
/// </param>
/// <param name="Differences">"graft-pair", "graft-blind", or the same of "tuned".</param>
/// <param name="Seconds">By stage, in the order in which they ran.</param>
/// <param name="ReportPath">The report for people.</param>
public sealed record TransferResult(
    string Target,
    string Surrogate,
    string Bundle,
    string Graft,
    IReadOnlyList<KeyValuePair<string, SystemScore>> Systems,
    IReadOnlyList<KeyValuePair<string, SystemDifference>> Differences,
    IReadOnlyList<KeyValuePair<string, double>> Seconds,
    IReadOnlyList<Example> Examples,
    string ReportPath)
{
    public const string Schema = "graft.transfer/1";

    /// <summary>Name of a graft that was trained further, among the systems.</summary>
    public const string FineTuned = "tuned";

    /// <summary>Percentages and nats are printed to this many decimals, seconds to two.</summary>
    const int Decimals = 4;

    public int Questions => Systems.Count == 0 ? 0 : Systems[0].Value.Answers.Count;

    public SystemScore? Find(string system) => Systems.FirstOrDefault(entry => entry.Key == system).Value;

    public SystemDifference? Difference(string name) => Differences.FirstOrDefault(entry => entry.Key == name).Value;

    /// <summary>
    /// Up to <paramref name="count"/> questions with the answers of all systems: the kinds of question take turns, and no picture is
    /// shown twice while there are others.
    /// </summary>
    public static IReadOnlyList<Example> ChooseExamples(IReadOnlyList<KeyValuePair<string, SystemScore>> systems, int count)
    {
        if (systems.Count == 0) return [];
        var answers = systems[0].Value.Answers;
        HashSet<string> pictures = new(StringComparer.Ordinal);
        List<int> fresh = [], repeated = [];
        var rounds = Enumerable.Range(0, answers.Count)
            .GroupBy(i => answers[i].Type, StringComparer.Ordinal)
            .SelectMany(group => group.Select((i, round) => (i, round)))
            .OrderBy(entry => entry.round);
        foreach (var (i, _) in rounds) (pictures.Add(answers[i].Picture) ? fresh : repeated).Add(i);
        return [.. fresh.Concat(repeated).Take(count).Select(i => ExampleAt(systems, i))];
    }

    static Example ExampleAt(IReadOnlyList<KeyValuePair<string, SystemScore>> systems, int index)
    {
        var first = systems[0].Value.Answers[index];
        return new Example(first.Id, first.Picture, first.Type, first.Question, first.Expected,
        [
            .. systems.Select(system => KeyValuePair.Create(
                system.Key,
                new ExampleAnswer(
                    system.Value.Answers[index].Given, system.Value.Answers[index].Correct, system.Value.Answers[index].Nll))),
        ]);
    }

    /// <summary>
    /// The document of schema <c>graft.transfer/1</c>. <c>systems.*.samples</c> is the number of questions that the system answered; the
    /// answers themselves stand, for the questions chosen, under <c>examples</c>.
    /// </summary>
    public JsonObject ToJson() => new()
    {
        ["schema"] = Schema,
        ["ok"] = true,
        ["target"] = Target,
        ["surrogate"] = Surrogate,
        ["bundle"] = Bundle,
        ["graft"] = Graft,
        ["systems"] = Object(Systems, ToJson),
        ["differences"] = Object(Differences, difference =>
        {
            var json = ToJson(difference.Points);
            json["parity"] = difference.Parity;
            return json;
        }),
        ["seconds"] = Object(Seconds, seconds => Math.Round(seconds, 2)),
        ["questions"] = Questions,
        ["report"] = ReportPath,
        ["examples"] = new JsonArray([.. Examples.Select(ToJson)]),
    };

    static JsonObject ToJson(SystemScore score) => new()
    {
        ["exactMatch"] = ToJson(score.ExactMatch),
        ["nll"] = ToJson(score.Nll),
        ["byType"] = Object([.. score.ByType], type => new JsonObject
        {
            ["count"] = type.Count,
            ["exactMatch"] = Math.Round(type.ExactMatch, Decimals),
        }),
        ["samples"] = score.Answers.Count,
    };

    static JsonObject ToJson(Interval interval) => new()
    {
        ["value"] = Math.Round(interval.Value, Decimals),
        ["low"] = Math.Round(interval.Low, Decimals),
        ["high"] = Math.Round(interval.High, Decimals),
    };

    static JsonObject ToJson(Example example) => new()
    {
        ["id"] = example.Id,
        ["image"] = example.Picture,
        ["type"] = example.Type,
        ["question"] = example.Question,
        ["expected"] = example.Expected,
        ["answers"] = Object(example.Answers, answer => new JsonObject
        {
            ["given"] = answer.Given,
            ["correct"] = answer.Correct,
            ["nll"] = Math.Round(answer.Nll, Decimals),
        }),
    };

    static JsonObject Object<T>(IReadOnlyList<KeyValuePair<string, T>> entries, Func<T, JsonNode> value) =>
        new(entries.Select(entry => KeyValuePair.Create(entry.Key, (JsonNode?)value(entry.Value))));
}
