using Grafting.Core;

namespace Grafting.Tests.Evaluation.MultipleChoice;

/// <summary>What stands before a question, and where it is found.</summary>
public class ExampleTests
{
    [Test]
    public void Mmlu_takes_the_first_ones_of_the_same_subject_from_dev()
    {
        using var folder = Mmlu();
        var test = folder.Load("mmlu", shots: 2);
        Assert.Multiple(() =>
        {
            Assert.That(test.Questions.Select(q => q.Subject), Is.EqualTo(new[] { "anatomy", "us_history", "us_history" }));
            Assert.That(test.Texts(1).First().Context, Is.EqualTo(
                "The following are multiple choice questions (with answers) about us history.\n\n"
                + "h1?\nA. 1\nB. 2\nC. 3\nD. 4\nAnswer: D\n\n"
                + "h2?\nA. 1\nB. 2\nC. 3\nD. 4\nAnswer: A\n\n"
                + "When?\nA. then\nB. now\nC. soon\nD. never\nAnswer:"));
        });
    }

    [Test]
    public void Mmlus_examples_of_a_single_file_are_found_in_the_folder_beside_its_own()
    {
        using var folder = Mmlu();
        var test = folder.Load("mmlu", folder["test/anatomy_test.csv"], shots: 1);
        Assert.That(test.Texts(0).First().Context, Does.Contain("\n\na1?\nA. 1\nB. 2\nC. 3\nD. 4\nAnswer: B\n\nWhat?"));
    }

    [Test]
    public void The_limit_holds_for_each_subject()
    {
        using var folder = Mmlu();
        Assert.That(folder.Load("mmlu", limit: 1).Questions.Select(q => q.Subject), Is.EqualTo(new[] { "anatomy", "us_history" }));
    }

    [Test]
    public void Winograndes_example_is_the_whole_sentence()
    {
        using var folder = new ChoiceFolder();
        folder.Write("dev.jsonl", """{"sentence":"He saw _ wave.","option1":"Al","option2":"Bo","answer":"1"}""");
        folder.Write("train_xs.jsonl", """{"sentence":"not _ this","option1":"x","option2":"y","answer":"1"}""");
        folder.Write("train_xl.jsonl", """{"sentence":"She let _ go.","option1":"Cy","option2":"Di","answer":"2"}""");
        Assert.That(
            folder.Load("winogrande", shots: 1).Texts(0).Select(text => text.Context),
            Is.EqualTo(new[] { "She let Di go.\n\nHe saw Al", "She let Di go.\n\nHe saw Bo" }));
    }

    [Test]
    public void Drawn_examples_depend_on_the_seed_and_the_question_alone_and_do_not_repeat()
    {
        using var folder = new ChoiceFolder();
        folder.Write("ARC-Easy-Test.jsonl", [.. Enumerable.Range(0, 6).Select(i => Arc($"t{i}"))]);
        folder.Write("ARC-Easy-Train.jsonl", [.. Enumerable.Range(0, 20).Select(i => Arc($"e{i:00}"))]);
        string[] Drawn(ulong seed, int? limit = null) =>
            [.. Enumerable.Range(0, limit ?? 6)
                .Select(i => folder.Load("arc_easy", shots: 3, limit: limit, seed: seed).Texts(i).First().Context)];
        var all = Drawn(1);
        Assert.Multiple(() =>
        {
            Assert.That(Drawn(1, limit: 2), Is.EqualTo(all[..2]));
            Assert.That(Drawn(2), Is.Not.EqualTo(all));
            Assert.That(all.Select(context => context[..^"Question: t0\nAnswer:".Length]).Distinct().Count(), Is.GreaterThan(1));
            foreach (var context in all)
            {
                var lines = context.Split('\n').Where(line => line.StartsWith("Question: e", StringComparison.Ordinal)).ToList();
                Assert.That(lines, Has.Count.EqualTo(3).And.Unique);
            }
        });
    }

    [Test]
    public void A_question_is_never_its_own_example()
    {
        using var folder = new ChoiceFolder();
        var file = folder.Write("all.jsonl", [.. Enumerable.Range(0, 4).Select(i => Arc($"q{i}"))]);
        var test = folder.Load("arc_easy", file, examples: file, shots: 3);
        for (var i = 0; i < 4; i++)
            Assert.That(
                test.Texts(i).First().Context.Split($"Question: q{i}\n"), Has.Length.EqualTo(2), "it stands there once, at the end");
        var fault = Assert.Throws<GraftException>(() => folder.Load("arc_easy", file, examples: file, shots: 4))!;
        Assert.That((fault.Kind, fault.Message), Is.EqualTo((ErrorKind.Input, $"{file}: line 1: 4 examples are wanted and 3 are there.")));
    }

    [Test]
    public void No_examples_where_some_are_wanted_is_an_error_that_names_the_split()
    {
        using var folder = new ChoiceFolder();
        var file = folder.Write("test.jsonl", Arc("q"));
        var fault = Assert.Throws<GraftException>(() => folder.Load("arc_easy", file, shots: 1))!;
        Assert.That(fault.Message, Does.Contain("no file of the split arc_easy_train or train"));
    }

    static ChoiceFolder Mmlu()
    {
        var folder = new ChoiceFolder();
        folder.Write("test/anatomy_test.csv", "What?,a,b,c,d,A");
        folder.Write("test/us_history_test.csv", "When?,then,now,soon,never,C", "Who?,1,2,3,4,A");
        folder.Write("dev/anatomy_dev.csv", "a1?,1,2,3,4,B", "a2?,1,2,3,4,C");
        folder.Write("dev/us_history_dev.csv", "h1?,1,2,3,4,D", "h2?,1,2,3,4,A", "h3?,1,2,3,4,B");
        folder.Write("val/anatomy_val.csv", "v?,1,2,3,4,B");
        folder.Write("auxiliary_train/mc_test.csv", "aux?,1,2,3,4,B");
        return folder;
    }

    static string Arc(string text) => $$$"""{"id":"{{{text}}}","question":"{{{text}}}","choices":{"text":["yes","no"],"label":["A","B"]},"answerKey":"A"}""";
}
