using System.Runtime.CompilerServices;
using System.Text.Json;
using Grafting.Core.Evaluation.MultipleChoice;

namespace Grafting.Tests.Evaluation.MultipleChoice;

/// <summary>
/// What lm-evaluation-harness itself makes of awkward records (blanks, brackets, quotes, accents, template marks): its prompts without and
/// with an example, and its scores of given log-likelihoods. The file was written by running its <c>ConfigurableTask</c> at commit 4e7e0d4.
/// </summary>
public class HarnessVectorTests
{
    static JsonElement Vectors([CallerFilePath] string thisFile = "") =>
        JsonElement.Parse(File.ReadAllText(Path.Combine(Path.GetDirectoryName(thisFile)!, "vectors", "harness.json"))).GetProperty("tasks");

    static IEnumerable<string> Tasks() => Vectors().EnumerateObject().Select(task => task.Name);

    [TestCaseSource(nameof(Tasks))]
    public void Prompts_and_scores_are_those_of_the_harness(string task)
    {
        using var folder = new ChoiceFolder();
        var vector = Vectors().GetProperty(task);
        foreach (var split in vector.GetProperty("splits").EnumerateObject())
            folder.Write($"{split.Name}.jsonl", [.. split.Value.EnumerateArray().Select(record => JsonSerializer.Serialize(record))]);
        foreach (var shots in vector.GetProperty("shots").EnumerateObject())
        {
            var test = folder.Load(task, shots: int.Parse(shots.Name));
            var questions = shots.Value.GetProperty("questions").EnumerateArray().ToList();
            Assert.That(test.Questions, Has.Count.EqualTo(questions.Count));
            var answers = new List<ChoiceAnswer>();
            for (var i = 0; i < questions.Count; i++)
            {
                var expected = questions[i].GetProperty("requests").EnumerateArray().Select(
                    pair => (pair[0].GetString()!, pair[1].GetString()!));
                Assert.That(test.Texts(i), Is.EqualTo(expected), $"{shots.Name} shots, question {i}");
                answers.Add(
                    ChoiceAnswer.From(
                        test.Questions[i], questions[i].GetProperty("logLikelihoods").EnumerateArray().Select(v => v.GetDouble())));
                var scores = questions[i].GetProperty("scores").EnumerateObject().Select(
                    score => (score.Name, score.Value.GetDouble() == 1));
                Assert.That(
                    test.Task.Metrics.Select(metric => (metric.Name(), answers[i].Correct(metric))), Is.EquivalentTo(scores),
                    $"question {i}");
            }
            foreach (var metric in test.Task.Metrics)
            {
                var error = shots.Value.GetProperty("standardErrors").GetProperty(metric.Name()).GetDouble();
                Assert.That(ChoiceScore.From(answers, metric, 1).StandardError, Is.EqualTo(100 * error).Within(1e-9));
            }
        }
    }
}
