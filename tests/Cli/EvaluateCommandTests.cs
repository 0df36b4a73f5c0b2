using System.Text.Json;
using Grafting.Cli;
using Grafting.Tests.Support;

namespace Grafting.Tests.Cli;

/// <summary><c>graft evaluate --language</c> on the built-in target.</summary>
public class EvaluateCommandTests
{
    readonly TempFolder _folder = new();

    string Surrogate => _folder["surrogate"];

    [OneTimeSetUp]
    public void Build_a_surrogate_and_questions()
    {
        string[] colours = ["red", "green", "blue", "yellow"];
        string Line(int i) => $$$"""{"id":"{{{i}}}","question":"What colour is thing {{{i}}}?","choices":{"text":["red","green","blue","yellow"],"label":["A","B","C","D"]},"answerKey":"{{{"ABCD"[i % 4]}}}"}""";
        _folder.Write("arc/ARC-Easy-Test.jsonl", string.Join('\n', Enumerable.Range(0, 10).Select(Line)));
        _folder.Write("arc/ARC-Easy-Train.jsonl", string.Join('\n', Enumerable.Range(10, 10).Select(Line)));
        _folder.Write(
            "mmlu/test/colours_test.csv",
            string.Join('\n', Enumerable.Range(0, 3).Select(i => $"Which is {colours[i]}?,{string.Join(',', colours)},{"ABCD"[i]}")));
        _folder.Write("mmlu/test/shapes_test.csv", "Which is round?,circle,square,triangle,star,A\n");
        var built = Graft("build-surrogate", "--target", "toy", "--layers", "4", "--output", Surrogate);
        Assert.That(built.Code, Is.Zero, built.Error);
    }

    [OneTimeTearDown]
    public void Remove() => _folder.Dispose();

    [Test]
    public void The_last_surrogate_and_its_target_answer_the_same_questions()
    {
        var run = Graft(
            "evaluate", "--language", "--task", $"arc_easy={_folder["arc"]}", "--task", $"mmlu={_folder["mmlu"]}", "--device", "cpu");
        Assert.That(run.Code, Is.Zero, run.Error);
        var json = run.Json();
        Assert.Multiple(() =>
        {
            Assert.That(json.GetProperty("schema").GetString(), Is.EqualTo("graft.evaluate/1"));
            Assert.That(
                json.GetProperty("models").EnumerateObject().Select(m => (m.Name, m.Value.GetProperty("layers").GetInt32())),
                Is.EqualTo(new[] { ("target", 8), ("surrogate", 4) }));
            Assert.That(json.GetProperty("models").GetProperty("surrogate").GetProperty("path").GetString(), Is.EqualTo(Surrogate));
            var arc = json.GetProperty("tasks").GetProperty("arc_easy");
            Assert.That(arc.GetProperty("questions").GetInt32(), Is.EqualTo(10));
            foreach (var metric in (string[])["acc", "acc_norm"])
            {
                double Percent(string model) =>
                    arc.GetProperty("models").GetProperty(model).GetProperty(metric).GetProperty("value").GetDouble();
                var difference = arc.GetProperty("differences").GetProperty("surrogate-target").GetProperty(metric);
                Assert.That(difference.GetProperty("value").GetDouble(), Is.EqualTo(Percent("surrogate") - Percent("target")).Within(1e-3));
                Assert.That(
                    difference.GetProperty("value").GetDouble(),
                    Is.InRange(difference.GetProperty("low").GetDouble(), difference.GetProperty("high").GetDouble()));
            }
            var mmlu = json.GetProperty("tasks").GetProperty("mmlu").GetProperty("models").GetProperty("target");
            Assert.That(mmlu.TryGetProperty("acc_norm", out _), Is.False);
            Assert.That(
                mmlu.GetProperty("subjects").EnumerateObject().Select(s => (s.Name, s.Value.GetProperty("questions").GetInt32())),
                Is.EqualTo(new[] { ("colours", 3), ("shapes", 1) }));
            Assert.That(
                mmlu.GetProperty("subjects").GetProperty("shapes").GetProperty("acc").GetProperty("standardError").ValueKind,
                Is.EqualTo(JsonValueKind.Null));
        });
    }

    [Test]
    public void A_text_that_no_training_has_seen_is_read_by_both()
    {
        var run = Graft("evaluate", "--language", "--samples", "40", "--device", "cpu");
        Assert.That(run.Code, Is.Zero, run.Error);
        var text = run.Json().GetProperty("text");
        double Value(string name) => text.GetProperty("all").GetProperty(name).GetProperty("value").GetDouble();
        Assert.Multiple(() =>
        {
            Assert.That(text.GetProperty("passages").GetInt32(), Is.EqualTo(40));
            Assert.That(Value("lossDifference"), Is.EqualTo(Value("surrogateLoss") - Value("targetLoss")).Within(1e-9));
            Assert.That(Value("divergence"), Is.Positive);
            Assert.That(Value("agreement"), Is.InRange(0.1, 1));
            Assert.That(
                text.GetProperty("answers").GetProperty("tokens").GetInt64(),
                Is.InRange(40, text.GetProperty("all").GetProperty("tokens").GetInt64() / 2));
            Assert.That(
                text.GetProperty("answers").GetProperty("targetLoss").GetProperty("value").GetDouble(), Is.LessThan(0.1),
                "the target answers nearly every question");
            Assert.That(run.Json().TryGetProperty("tasks", out _), Is.False);
        });
    }

    [Test]
    public void A_target_named_alone_is_examined_alone()
    {
        var run = Graft(
            "evaluate", "--language", "--target", "toy", "--task", $"arc_easy={_folder["arc"]}", "--limit", "2", "--shots", "2", "--device",
            "cpu");
        var arc = run.Json().GetProperty("tasks").GetProperty("arc_easy");
        Assert.Multiple(() =>
        {
            Assert.That(run.Json().GetProperty("shots").GetInt32(), Is.EqualTo(2));
            Assert.That(arc.GetProperty("questions").GetInt32(), Is.EqualTo(2));
            Assert.That(arc.GetProperty("models").EnumerateObject().Select(m => m.Name), Is.EqualTo(new[] { "target" }));
            Assert.That(arc.GetProperty("differences").EnumerateObject(), Is.Empty);
        });
    }

    [Test]
    public void The_table_has_a_line_for_each_metric_and_progress_is_told()
    {
        var run = CliRun.Of(
            "evaluate", "--language", "--task", $"arc_easy={_folder["arc"]}", "--device", "cpu", "--workspace", _folder["ws"]);
        Assert.Multiple(() =>
        {
            Assert.That(run.Code, Is.Zero, run.Error);
            Assert.That(
                run.Output, Does.Contain("surrogate − target").And.Match(@"arc_easy +10 +acc ").And.Match(@"arc_easy +10 +acc_norm "));
            Assert.That(
                run.Error, Does.Contain("asking target: arc_easy").And.Contain("asking surrogate: arc_easy").And.Contain("40/40 choices"));
        });
    }

    [TestCase("evaluate", "--language")]
    [TestCase("evaluate --language --target toy", "nothing to examine on")]
    [TestCase("evaluate --language --target toy --text x.txt", "names no surrogate")]
    [TestCase("evaluate --language --task arc_easy", "<task>=<file or folder>")]
    [TestCase("evaluate --language --task arc=x", "\"arc\" is not a known task")]
    [TestCase("evaluate --language --task piqa=x --examples boolq=y", "--examples names boolq")]
    public void A_wrong_line_is_a_usage_error(string line, string complaint)
    {
        var run = Graft(line.Split(' '));
        Assert.That(run.Code, Is.EqualTo(ExitCodes.Usage));
        Assert.That(run.Json().GetProperty("message").GetString() + run.Json().GetProperty("remedy").GetString(), Does.Contain(complaint));
    }

    [Test]
    public void A_workspace_without_a_surrogate_says_what_makes_one()
    {
        var run = CliRun.Of("evaluate", "--language", "--task", $"arc_easy={_folder["arc"]}", "--workspace", _folder["empty"], "--json");
        Assert.That(run.Code, Is.EqualTo(ExitCodes.Input));
        Assert.That(run.Json().GetProperty("remedy").GetString(), Does.Contain("'graft build-surrogate'"));
    }

    CliRun Graft(params string[] words) => CliRun.Of([.. words, "--workspace", _folder["ws"], "--json"]);
}
