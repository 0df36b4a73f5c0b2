using System.Text.Json.Nodes;
using Grafting.Core.Evaluation;
using Grafting.Core.Evaluation.MultipleChoice;

namespace Grafting.Tests.Evaluation.MultipleChoice;

public class ChoiceScoreTests
{
    // Per character: −2 and −1.5; −1, −1 and −3; −2 and −1.
    [TestCase(new[] { -4.0, -6 }, new[] { 2, 4 }, 0, 1)]
    [TestCase(new[] { -4.0, -2, -3 }, new[] { 4, 2, 1 }, 1, 0, TestName = "The first of equally good ones is taken")]
    [TestCase(new[] { -2.0, -2 }, new[] { 1, 2 }, 0, 1)]
    public void The_likeliest_choice_whole_and_per_character(double[] logLikelihoods, int[] lengths, int whole, int perCharacter)
    {
        var answer = new ChoiceAnswer("q", "", 0, logLikelihoods, lengths);
        Assert.That(
            (answer.Chosen(ChoiceMetric.Accuracy), answer.Chosen(ChoiceMetric.NormalisedAccuracy)), Is.EqualTo((whole, perCharacter)));
        Assert.That(answer.Correct(ChoiceMetric.Accuracy), Is.EqualTo(whole == 0));
    }

    [Test]
    public void Length_is_in_characters_without_the_blank_in_front()
    {
        var question = new ChoiceQuestion("q", "here", "", ["context"], ["été", "😀 ok", "ab"], 0);
        Assert.That(ChoiceAnswer.From(question, [-1, -2, -3]).Lengths, Is.EqualTo(new[] { 3, 4, 2 }));
    }

    [Test]
    public void The_standard_error_is_that_of_the_mean()
    {
        // 1, 0, 1, 1: the sample deviation is 1/2, over the root of 4 that is 1/4.
        var score = ChoiceScore.From([Right("a"), Wrong("b"), Right("c"), Right("d")], ChoiceMetric.Accuracy, 1);
        Assert.Multiple(() =>
        {
            Assert.That(score.Percent.Value, Is.EqualTo(75));
            Assert.That(score.StandardError, Is.EqualTo(25).Within(1e-12));
            Assert.That((score.Percent.Low, score.Percent.High), Is.EqualTo((25.0, 100.0)), "binomial with n = 4, p = 3/4");
        });
    }

    [Test]
    public void One_question_has_no_standard_error() =>
        Assert.That(ChoiceScore.From([Right("a")], ChoiceMetric.Accuracy, 1).StandardError, Is.Null);

    [Test]
    public void Subjects_are_weighted_by_their_questions_and_their_errors_pooled()
    {
        ChoiceAnswer[] answers = [Right("1", "b"), Right("2", "a"), Wrong("3", "a"), Right("4", "a"), Right("5", "a"), Wrong("6", "b")];
        var score = TaskScore.From(answers, [ChoiceMetric.Accuracy], 1);
        var whole = score[ChoiceMetric.Accuracy];
        Assert.Multiple(() =>
        {
            Assert.That(
                score.Subjects.Select(s => (s.Key, s.Value.Answers.Count, s.Value[ChoiceMetric.Accuracy].Percent.Value)),
                Is.EqualTo(new[] { ("a", 4, 75.0), ("b", 2, 50.0) }));
            Assert.That(
                score.Subjects.Select(s => s.Value[ChoiceMetric.Accuracy].StandardError), Is.EqualTo(new[] { 25.0, 50.0 }).Within(1e-12));
            Assert.That(whole.Percent.Value, Is.EqualTo(100 * 4 / 6.0).Within(1e-12));
            // (3·4·0.25² + 1·2·0.5²) / (6 − 2) = 0.3125, over 6, root.
            Assert.That(whole.StandardError, Is.EqualTo(100 * Math.Sqrt(0.3125 / 6)).Within(1e-12));
        });
    }

    [Test]
    public void A_difference_is_paired()
    {
        ChoiceAnswer[] better = [Right("1"), Right("2"), Wrong("3"), Right("4")];
        ChoiceAnswer[] worse = [Wrong("1"), Right("2"), Wrong("3"), Right("4")];
        var difference = ChoiceScore.Difference(worse, better, ChoiceMetric.Accuracy, 1);
        Assert.Multiple(() =>
        {
            Assert.That(difference.Value, Is.EqualTo(-25));
            Assert.That(difference.High, Is.LessThanOrEqualTo(0), "no question speaks for the first");
            Assert.That(ChoiceScore.Difference(better, better, ChoiceMetric.Accuracy, 1), Is.EqualTo(new Interval(0, 0, 0)));
            Assert.Throws<ArgumentException>(
                () => ChoiceScore.Difference(better, [Right("1"), Right("2"), Wrong("9"), Right("4")], ChoiceMetric.Accuracy, 1));
        });
    }

    [Test]
    public void The_metrics_of_each_benchmark_are_the_harnesss() => Assert.That(
        ChoiceTasks.All.Select(task => $"{task.Name}: {string.Join(' ', task.Metrics.Select(m => m.Name()))}"),
        Is.EqualTo(new[]
        {
            "mmlu: acc", "hellaswag: acc acc_norm", "arc_easy: acc acc_norm", "arc_challenge: acc acc_norm", "piqa: acc acc_norm",
            "boolq: acc",
            "winogrande: acc", "openbookqa: acc acc_norm",
        }));

    [Test]
    public void The_document_has_every_model_and_every_metric_side_by_side()
    {
        using var folder = new ChoiceFolder();
        folder.Write("a_test.csv", "q,1,2,3,4,A", "r,1,2,3,4,A");
        var test = folder.Load("mmlu");
        IReadOnlyList<ChoiceAnswer> target = [Right("1", "a"), Right("2", "a")], surrogate = [Right("1", "a"), Wrong("2", "a")];
        var exam = new LanguageExam(
            [new("target", "/t", 8, 1.234), new("surrogate", "/s", 4, 0.5)],
            [TaskResult.From(test, [new("target", target), new("surrogate", surrogate)], 1)], 5, false, 1);
        var expected = JsonNode.Parse(
            $$"""
            {
              "models": { "target": { "path": "/t", "layers": 8, "seconds": 1.23 }, "surrogate": { "path": "/s", "layers": 4, "seconds": 0.5 } },
              "shots": 5, "beginToken": false, "seed": 1,
              "tasks": {
                "mmlu": {
                  "questions": 2, "files": [ "{{folder["a_test.csv"]}}" ],
                  "models": {
                    "target": {
                      "acc": { "value": 100, "low": 100, "high": 100, "standardError": 0 },
                      "subjects": { "a": { "acc": { "value": 100, "low": 100, "high": 100, "standardError": 0 }, "questions": 2 } }
                    },
                    "surrogate": {
                      "acc": { "value": 50, "low": 0, "high": 100, "standardError": 50 },
                      "subjects": { "a": { "acc": { "value": 50, "low": 0, "high": 100, "standardError": 50 }, "questions": 2 } }
                    }
                  },
                  "differences": { "surrogate-target": { "acc": { "value": -50, "low": -100, "high": 0, "parity": true } } }
                }
              }
            }
            """);
        Assert.That(exam.ToJson().ToJsonString(), Is.EqualTo(expected!.ToJsonString()));
    }

    static ChoiceAnswer Right(string id, string subject = "") => new(id, subject, 0, [-1, -2], [1, 1]);

    static ChoiceAnswer Wrong(string id, string subject = "") => new(id, subject, 0, [-2, -1], [1, 1]);
}
