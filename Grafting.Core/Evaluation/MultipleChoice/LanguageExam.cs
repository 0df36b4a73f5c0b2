using System.Text.Json.Nodes;

namespace Grafting.Core.Evaluation.MultipleChoice;

/// <summary>A model that was examined.</summary>
/// <param name="Name">Its part, e.g. "target".</param>
/// <param name="Layers">Decoder layers.</param>
/// <param name="Seconds">For all questions, without loading.</param>
public sealed record ExaminedModel(string Name, string Path, int Layers, double Seconds);

/// <summary>Two models on the same questions.</summary>
/// <param name="Name">"surrogate-target".</param>
/// <param name="Points">By metric: the first one's share of right answers minus the second's, percentage points.</param>
public sealed record TaskDifference(string Name, IReadOnlyList<KeyValuePair<ChoiceMetric, Interval>> Points);

/// <summary>All models on one benchmark.</summary>
/// <param name="Scores">By model, in the order in which they are listed.</param>
/// <param name="Differences">Of every later model from the first.</param>
public sealed record TaskResult(
    string Task, IReadOnlyList<string> Files, IReadOnlyList<KeyValuePair<string, TaskScore>> Scores,
    IReadOnlyList<TaskDifference> Differences)
{
    public int Questions => Scores[0].Value.Answers.Count;

    public static TaskResult From(ChoiceTest test, IReadOnlyList<KeyValuePair<string, IReadOnlyList<ChoiceAnswer>>> answers, ulong seed)
    {
        var metrics = test.Task.Metrics;
        var (first, firstAnswers) = answers[0];
        return new TaskResult(
            test.Task.Name,
            test.Files,
            [.. answers.Select(model => KeyValuePair.Create(model.Key, TaskScore.From(model.Value, metrics, seed)))],
            [
                .. answers.Skip(1).Select(model => new TaskDifference(
                    $"{model.Key}-{first}",
                    [.. metrics.Select(
                        metric => KeyValuePair.Create(metric, ChoiceScore.Difference(model.Value, firstAnswers, metric, seed)))])),
            ]);
    }
}

/// <summary>One or several models on multiple-choice benchmarks.</summary>
/// <param name="Shots">Examples before each question.</param>
/// <param name="BeginToken">Whether the token that begins a text was put before each context.</param>
public sealed record LanguageExam(
    IReadOnlyList<ExaminedModel> Models, IReadOnlyList<TaskResult> Tasks, int Shots, bool BeginToken, ulong Seed)
{
    /// <summary>Percentages are printed to this many decimals, seconds to two.</summary>
    const int Decimals = 4;

    public JsonObject ToJson() => new()
    {
        ["models"] = Object(Models, model => model.Name, model => new JsonObject
        {
            ["path"] = model.Path,
            ["layers"] = model.Layers,
            ["seconds"] = Math.Round(model.Seconds, 2),
        }),
        ["shots"] = Shots,
        ["beginToken"] = BeginToken,
        ["seed"] = Seed,
        ["tasks"] = Object(Tasks, task => task.Task, ToJson),
    };

    static JsonObject ToJson(TaskResult task) => new()
    {
        ["questions"] = task.Questions,
        ["files"] = new JsonArray([.. task.Files.Select(file => JsonValue.Create(file))]),
        ["models"] = Object(task.Scores, model => model.Key, model => ToJson(model.Value)),
        ["differences"] = Object(
            task.Differences, difference => difference.Name, difference => Object(difference.Points, ByMetric, points =>
        {
            var json = ToJson(points.Value);
            json["parity"] = points.Value.Contains(0);
            return json;
        })),
    };

    static JsonObject ToJson(TaskScore score)
    {
        var json = Object(score.Metrics, ByMetric, metric =>
        {
            var value = ToJson(metric.Value.Percent);
            value["standardError"] = metric.Value.StandardError is { } error ? Math.Round(error, Decimals) : null;
            return value;
        });
        if (score.Subjects.Count > 0)
        {
            json["subjects"] = Object(score.Subjects, subject => subject.Key, subject =>
            {
                var one = ToJson(subject.Value);
                one["questions"] = subject.Value.Answers.Count;
                return one;
            });
        }
        return json;
    }

    static JsonObject ToJson(Interval interval) => new()
    {
        ["value"] = Math.Round(interval.Value, Decimals),
        ["low"] = Math.Round(interval.Low, Decimals),
        ["high"] = Math.Round(interval.High, Decimals),
    };

    static string ByMetric<T>(KeyValuePair<ChoiceMetric, T> entry) => entry.Key.Name();

    static JsonObject Object<T>(IEnumerable<T> entries, Func<T, string> name, Func<T, JsonObject> value) =>
        new(entries.Select(entry => KeyValuePair.Create(name(entry), (JsonNode?)value(entry))));
}
