using System.Text;
using Grafting.Core;
using Grafting.Core.Evaluation.MultipleChoice;

namespace Grafting.Tests.Evaluation.MultipleChoice;

/// <summary>Files that are not what they should be: one error with file, line and field.</summary>
public class MalformedChoiceTests
{
    const string Good = """{"id":"g","question":"q","choices":{"text":["a","b"],"label":["A","B"]},"answerKey":"A"}""";

    [TestCase("arc_easy", """{"id":"x","choices":{"text":["a","b"],"label":["A","B"]},"answerKey":"A"}""", "line 2 has no \"question\".")]
    [TestCase("arc_easy", """{"id":"x","question":"q","answerKey":"A"}""", "line 2 has no \"choices\".")]
    [TestCase("arc_easy", """{"id":"x","question":"q","choices":{"text":["a"],"label":["A","B"]},"answerKey":"A"}""", "line 2.choices has 1 texts and 2 labels.")]
    [TestCase("arc_easy", """{"id":"x","question":"q","choices":{"text":["a",5],"label":["A","B"]},"answerKey":"A"}""", "line 2.choices.text[1] must be a text, not number.")]
    [TestCase("arc_easy", """{"id":"x","question":"q","choices":{"text":["a","b"],"label":["A","B"]},"answerKey":"C"}""", "line 2 has \"answerKey\": \"C\"; it must be one of the labels \"A\", \"B\".")]
    [TestCase("arc_easy", """{"id":"x","question":"q","choices":{"text":["a"],"label":["A"]},"answerKey":"A"}""", "line 2: has 1 choices; at least 2 are needed.")]
    [TestCase("arc_easy", """["x"]""", "line 2 must be an object, not string.")]
    [TestCase("arc_easy", """{"id":"x","question":"\ud800","choices":{"text":["a","b"],"label":["A","B"]},"answerKey":"A"}""", "line 2.question holds half of a surrogate pair.")]
    [TestCase("arc_easy", """{"id":"x","question":"q" """, "line 3, column 1: not valid JSON")]
    public void The_place_of_the_fault_is_named(string task, string line, string complaint)
    {
        using var folder = new ChoiceFolder();
        var file = folder.Write("test.jsonl", Good, line);
        var fault = Assert.Throws<GraftException>(() => folder.Load(task, file))!;
        Assert.That(fault.Kind, Is.EqualTo(ErrorKind.Input));
        Assert.That(fault.Message, Does.StartWith($"{file}: ").And.Contain(complaint));
    }

    [TestCase("mmlu", "anatomy_test.jsonl", """{"question":"q","choices":["a","b","c"],"answer":1}""", "line 1.choices has 3 choices; 4 were expected.")]
    [TestCase("mmlu", "test.jsonl", """{"question":"q","choices":["a","b","c","d"],"answer":1}""", "line 1 has no \"subject\".")]
    [TestCase("mmlu", "anatomy_test.jsonl", """{"question":"q","choices":["a","b","c","d"],"answer":4}""", "line 1 has \"answer\": \"4\"; it must be a whole number from 0 to 3.")]
    [TestCase("hellaswag", "val.jsonl", """{"activity_label":"x","ctx_a":"a","ctx_b":"b","endings":["1","2","3"],"label":0}""", "line 1.endings has 3 endings; 4 were expected.")]
    [TestCase("winogrande", "dev.jsonl", """{"sentence":"no gap","option1":"a","option2":"b","answer":"1"}""", "line 1.sentence has no gap '_'.")]
    [TestCase("winogrande", "dev.jsonl", """{"sentence":"a _ b","option1":"a","option2":"b","answer":"0"}""", "line 1 has \"answer\": \"0\"; it must be a whole number from 1 to 2.")]
    [TestCase("boolq", "val.jsonl", """{"question":"q","passage":"p","label":2}""", "line 1 has \"label\": \"2\"; it must be true, false, 1 or 0.")]
    [TestCase("boolq", "val.jsonl", """{"question":"q","passage":"p","label":[1]}""", "line 1.label must be the right answer")]
    [TestCase("mmlu", "anatomy_test.csv", "q,a,b,c,A", "line 1: has 5 fields; 6 were expected")]
    [TestCase("mmlu", "anatomy_test.csv", "\"q,a,b,c,d,A", "line 1: a quoted field is not closed.")]
    [TestCase("mmlu", "anatomy_test.csv", "\"q\"x,a,b,c,d,A", "line 1: \"x\" follows a closing quote.")]
    [TestCase("piqa", "val.csv", "goal,goal,sol1\n", "line 1: names a field twice.")]
    [TestCase("piqa", "val.csv", "goal,sol1,sol2,label", "holds no questions.")]
    [TestCase("piqa", "val.csv", "goal,sol1,label\nx,y,0", "line 2 has no \"sol2\".")]
    public void Every_benchmark_says_what_it_expected(string task, string name, string text, string complaint)
    {
        using var folder = new ChoiceFolder();
        var file = folder.Write(name, text);
        Assert.That(
            Assert.Throws<GraftException>(() => folder.Load(task, file))!.Message, Does.StartWith($"{file}: ").And.Contain(complaint));
    }

    [TestCase("hellaswag", """{"activity_label":"x","ctx_a":"a","ctx_b":"b","endings":["1","2","3","4"],"label":""}""", "has \"label\": \"\"")]
    [TestCase("hellaswag", """{"activity_label":"x","ctx_a":"a","ctx_b":"b","endings":["1","2","3","4"]}""", "has no \"label\"")]
    [TestCase("winogrande", """{"sentence":"a _ b","option1":"a","option2":"b","answer":""}""", "has \"answer\": \"\"")]
    [TestCase("piqa", """{"goal":"g","sol1":"1","sol2":"2","label":-1}""", "has \"label\": \"-1\"")]
    [TestCase("piqa", """{"goal":"g","sol1":"1","sol2":"2"}""", "has no \"label\"")]
    [TestCase("boolq", """{"question":"q","passage":"p","label":-1}""", "has \"label\": \"-1\"")]
    [TestCase("boolq", """{"question":"q","passage":"p"}""", "has no \"label\"")]
    [TestCase("openbookqa", """{"question_stem":"q","choices":{"text":["a","b"],"label":["A","B"]},"answerKey":null}""", "has no \"answerKey\"")]
    public void A_split_without_answers_is_called_that(string task, string line, string complaint)
    {
        using var folder = new ChoiceFolder();
        var file = folder.Write("x.jsonl", line);
        var fault = Assert.Throws<GraftException>(() => folder.Load(task, file))!;
        Assert.That(fault.Message, Is.EqualTo($"{file}: line 1 {complaint}: this split has no answers."));
        Assert.That(fault.Remedy, Does.Contain("split that is published with them"));
    }

    [TestCase(1, "has 1 labels, and")]
    [TestCase(3, "has 3 labels, and")]
    public void Labels_of_another_number_are_refused(int labels, string complaint)
    {
        using var folder = new ChoiceFolder();
        const string line = """{"goal":"g","sol1":"1","sol2":"2"}""";
        folder.Write("valid.jsonl", line, line);
        folder.Write("valid-labels.lst", [.. Enumerable.Repeat("0", labels)]);
        Assert.That(
            Assert.Throws<GraftException>(() => folder.Load("piqa"))!.Message,
            Does.StartWith(folder["valid-labels.lst"]).And.Contain(complaint));
    }

    [Test]
    public void Text_that_is_not_utf8_is_named_with_its_byte()
    {
        using var folder = new ChoiceFolder();
        File.WriteAllBytes(folder["anatomy_test.csv"], [.. Encoding.ASCII.GetBytes("q,a,b,"), 0xff, .. Encoding.ASCII.GetBytes(",d,A\n")]);
        Assert.That(Assert.Throws<GraftException>(() => folder.Load("mmlu"))!.Message, Does.EndWith("is not UTF-8 text: byte 6."));
    }

    [Test]
    public void A_path_that_is_not_there_and_a_folder_without_the_split_are_named()
    {
        using var folder = new ChoiceFolder();
        string Complaint(string path) => Assert.Throws<GraftException>(() => folder.Load("hellaswag", path))!.Message;
        Assert.That(Complaint(folder["nowhere"]), Is.EqualTo($"{folder["nowhere"]}: no such file or folder."));
        Assert.That(Complaint(folder.Path), Does.EndWith("it has none of the kinds .jsonl, .json, .csv."));
        folder.Write("hellaswag_train.jsonl", "{}");
        Assert.That(
            Complaint(folder.Path),
            Is.EqualTo($"{folder.Path}: has no file of the split validation or val or valid; it has hellaswag_train.jsonl."));
    }

    [Test]
    public void Several_files_of_one_split_are_not_guessed_between()
    {
        using var folder = new ChoiceFolder();
        folder.Write("a/dev.jsonl", "{}");
        folder.Write("b/dev.jsonl", "{}");
        Assert.That(
            Assert.Throws<GraftException>(() => folder.Load("winogrande"))!.Message,
            Does.EndWith("has several files of the split dev: a/dev.jsonl, b/dev.jsonl."));
    }

    [Test]
    public void Both_parts_of_arc_are_told_apart_in_one_folder_and_json_goes_before_csv()
    {
        using var folder = new ChoiceFolder();
        foreach (var part in (string[])["Easy", "Challenge"])
        {
            folder.Write($"ARC-{part}/ARC-{part}-Test.jsonl", Good.Replace("\"q\"", $"\"{part}\"", StringComparison.Ordinal));
            folder.Write($"ARC-{part}/ARC-{part}-Test.csv", "other,layout");
        }
        Assert.Multiple(() =>
        {
            Assert.That(folder.Load("arc_easy").Texts(0).First().Context, Is.EqualTo("Question: Easy\nAnswer:"));
            Assert.That(folder.Load("arc_challenge").Texts(0).First().Context, Is.EqualTo("Question: Challenge\nAnswer:"));
        });
    }

    [TestCase("arc_easy", "--task is \"arc_easy\"; it must be <task>=<file or folder>.")]
    [TestCase("arc_easy=", "--task is \"arc_easy=\"; it must be <task>=<file or folder>.")]
    [TestCase("arc=x", "\"arc\" is not a known task.")]
    [TestCase("piqa=x|piqa=y", "--task names piqa twice.")]
    public void A_task_that_is_none_is_a_usage_error(string words, string complaint)
    {
        var fault = Assert.Throws<GraftException>(() => ChoiceTasks.Parse(words.Split('|'), "--task"))!;
        Assert.That((fault.Kind, fault.Message), Is.EqualTo((ErrorKind.Usage, complaint)));
    }

    [TestCase(-1, 1)]
    [TestCase(0, 0)]
    public void Numbers_out_of_range_are_usage_errors(int shots, int limit)
    {
        using var folder = new ChoiceFolder();
        var file = folder.Write("test.jsonl", Good);
        Assert.That(
            Assert.Throws<GraftException>(() => folder.Load("arc_easy", file, shots: shots, limit: limit))!.Kind,
            Is.EqualTo(ErrorKind.Usage));
    }
}
