namespace Grafting.Tests.Evaluation.MultipleChoice;

/// <summary>
/// Every benchmark in each form in which it is published, against texts that were written out by hand from the task definitions of
/// lm-evaluation-harness (<c>lm_eval/tasks</c>).
/// </summary>
public class PromptTests
{
    static readonly string[] Letters = [" A", " B", " C", " D"];

    [Test]
    public void Mmlu_reads_the_published_csv_with_commas_quotes_and_line_breaks()
    {
        var (question, contexts, continuations) = ChoiceFolder.Single(
            "mmlu", "elementary_mathematics_test.csv", "\" What is \"\"two\"\" plus", "two, roughly? \",3,\"4, of course\",5,22,B");
        Assert.Multiple(() =>
        {
            Assert.That(question.Subject, Is.EqualTo("elementary_mathematics"));
            Assert.That(question.Answer, Is.EqualTo(1));
            Assert.That(contexts, Is.All.EqualTo(
                "The following are multiple choice questions (with answers) about elementary mathematics.\n\n"
                + "What is \"two\" plus\ntwo, roughly?\nA. 3\nB. 4, of course\nC. 5\nD. 22\nAnswer:"));
            Assert.That(continuations, Is.EqualTo(Letters));
        });
    }

    [Test]
    public void Csv_may_end_its_lines_as_windows_does_and_begin_with_a_byte_order_mark()
    {
        using var folder = new ChoiceFolder();
        var test = folder.Load("mmlu", folder.Write("anatomy_test.csv", "\uFEFFq \"one\",\"a\r", "\",b,c,d,A\r", "\r", "r,1,,\"\",4,D"));
        Assert.Multiple(() =>
        {
            Assert.That(test.Questions.Select(q => q.Place[^6..]), Is.EqualTo(new[] { "line 1", "line 4" }));
            Assert.That(test.Questions[0].Contexts[0], Is.EqualTo("q \"one\"\nA. a\r\n\nB. b\nC. c\nD. d\nAnswer:"));
            Assert.That(test.Questions[1].Contexts[0], Is.EqualTo("r\nA. 1\nB. \nC. \nD. 4\nAnswer:"));
        });
    }

    [TestCase("2")]
    [TestCase("\"C\"")]
    public void Mmlu_reads_the_hubs_records(string answer)
    {
        var (question, contexts, continuations) = ChoiceFolder.Single(
            "mmlu", "test.jsonl", $$"""{"question":"Which is a bone?","subject":"anatomy","choices":["skin","blood","femur","hair"],"answer":{{answer}}}""");
        Assert.Multiple(() =>
        {
            Assert.That(question.Answer, Is.EqualTo(2));
            Assert.That(contexts, Is.All.EqualTo(
                "The following are multiple choice questions (with answers) about anatomy.\n\nWhich is a bone?\nA. skin\nB. blood\nC. "
                    + "femur\nD. hair\nAnswer:"));
            Assert.That(continuations, Is.EqualTo(Letters));
        });
    }

    [TestCase("3", "24")]
    [TestCase("\"3\"", "\"24\"")]
    public void Hellaswag_joins_label_and_both_parts_of_the_context(string label, string ind)
    {
        var (question, contexts, continuations) = ChoiceFolder.Single(
            "hellaswag",
            "hellaswag_val.jsonl",
            $$"""{"ind":{{ind}},"activity_label":"Mending a roof","ctx_a":"A man sits on a roof.","ctx_b":"THE man","ctx":"unused","endings":["sings.","is a tile.","flies off.","lifts a tile."],"label":{{label}}}""");
        Assert.Multiple(() =>
        {
            Assert.That((question.Id, question.Answer), Is.EqualTo(("24", 3)));
            Assert.That(contexts, Is.All.EqualTo("Mending a roof: A man sits on a roof. The man"));
            Assert.That(continuations, Is.EqualTo(new[] { " sings.", " is a tile.", " flies off.", " lifts a tile." }));
        });
    }

    [Test]
    public void Hellaswag_is_cleaned_of_the_marks_of_wikihow()
    {
        var (_, contexts, continuations) = ChoiceFolder.Single(
            "hellaswag",
            "validation.json",
            """
            [{"ind":1,"activity_label":"Cooking","ctx_a":"[header] How to boil an egg [title] Fill the pot. [step] Use  cold water.","ctx_b":"",
              "endings":[" Then [title] stir","[substeps]   Wait.","[a] and [b]"," none "],"label":"0"}]
            """);
        Assert.Multiple(() =>
        {
            Assert.That(contexts[0], Is.EqualTo("Cooking: How to boil an egg. Fill the pot. Use cold water."));
            // Doubled blanks are halved once: three become two, and those at the ends come after the trimming.
            Assert.That(continuations, Is.EqualTo(new[] { " Then. stir", "   Wait.", "  and ", " none" }));
        });
    }

    [TestCase("""{"id":"Q7","question":{"stem":"What melts ice?","choices":[{"text":"salt","label":"A"},{"text":"sand","label":"B"},{"text":"wool","label":"C"}]},"answerKey":"A"}""")]
    [TestCase("""{"id":"Q7","question":"What melts ice?","choices":{"text":["salt","sand","wool"],"label":["1","2","3"]},"answerKey":"1"}""")]
    public void Arc_reads_the_original_and_the_hubs_records(string line)
    {
        foreach (var task in (string[])["arc_easy", "arc_challenge"])
        {
            var (question, contexts, continuations) = ChoiceFolder.Single(task, "test.jsonl", line);
            Assert.Multiple(() =>
            {
                Assert.That((question.Id, question.Answer), Is.EqualTo(("Q7", 0)));
                Assert.That(contexts, Is.All.EqualTo("Question: What melts ice?\nAnswer:"));
                Assert.That(continuations, Is.EqualTo(new[] { " salt", " sand", " wool" }));
            });
        }
    }

    [Test]
    public void Arc_may_have_five_choices()
    {
        var (question, _, continuations) = ChoiceFolder.Single(
            "arc_challenge", "test.jsonl", """{"id":"x","question":"q","choices":{"text":["a","b","c","d","e"],"label":["A","B","C","D","E"]},"answerKey":"E"}""");
        Assert.That((question.Answer, continuations.Length), Is.EqualTo((4, 5)));
    }

    [Test]
    public void Piqa_reads_labels_in_the_records_and_beside_them()
    {
        using var folder = new ChoiceFolder();
        string[] lines = ["""{"goal":"Open a jar","sol1":"Twist it.","sol2":"Sing."}""", """{"goal":"Dry hair","sol1":"Rain.","sol2":"Towel."}"""];
        folder.Write("valid.jsonl", lines);
        folder.Write("valid-labels.lst", "0", "1");
        var inside = folder.Write(
            "inside.jsonl", lines[0].Replace("}", ",\"label\":0}", StringComparison.Ordinal),
            lines[1].Replace("}", ",\"label\":\"1\"}", StringComparison.Ordinal));
        foreach (var test in new[] { folder.Load("piqa"), folder.Load("piqa", inside) })
        {
            Assert.Multiple(() =>
            {
                Assert.That(test.Questions.Select(q => q.Answer), Is.EqualTo(new[] { 0, 1 }));
                Assert.That(
                    test.Texts(1),
                    Is.EqualTo(new[] { ("Question: Dry hair\nAnswer:", " Rain."), ("Question: Dry hair\nAnswer:", " Towel.") }));
            });
        }
    }

    [Test]
    public void Piqa_may_be_csv_with_a_line_of_names()
    {
        var (question, contexts, continuations) = ChoiceFolder.Single(
            "piqa", "validation.csv", "goal,sol1,sol2,label", "Open a jar,Twist it.,\"Sing, then wait.\",1");
        Assert.Multiple(() =>
        {
            Assert.That(question.Answer, Is.EqualTo(1));
            Assert.That(contexts[0], Is.EqualTo("Question: Open a jar\nAnswer:"));
            Assert.That(continuations, Is.EqualTo(new[] { " Twist it.", " Sing, then wait." }));
        });
    }

    [TestCase("""{"question":"is ice cold","title":"Ice","answer":true,"passage":"It is frozen."}""")]
    [TestCase("""{"question":"is ice cold","passage":"Ice -- It is frozen.","idx":3,"label":true}""")]
    [TestCase("""{"question":"is ice cold","passage":"Ice -- It is frozen.","idx":3,"label":1}""")]
    public void Boolq_has_one_prompt_for_the_original_and_superglue(string line)
    {
        var (question, contexts, continuations) = ChoiceFolder.Single("boolq", "val.jsonl", line);
        Assert.Multiple(() =>
        {
            Assert.That(question.Answer, Is.EqualTo(1));
            Assert.That(contexts, Is.All.EqualTo("Ice -- It is frozen.\nQuestion: is ice cold?\nAnswer:"));
            Assert.That(continuations, Is.EqualTo(new[] { " no", " yes" }));
        });
    }

    [Test]
    public void Winogrande_fills_the_gap_and_judges_the_rest()
    {
        var (question, contexts, continuations) = ChoiceFolder.Single(
            "winogrande", "dev.jsonl", """{"qID":"w1","sentence":"Ann thanked Eve because _ had helped.","option1":"Ann","option2":"Eve","answer":"2"}""");
        Assert.Multiple(() =>
        {
            Assert.That((question.Id, question.Answer), Is.EqualTo(("w1", 1)));
            Assert.That(contexts, Is.EqualTo(new[] { "Ann thanked Eve because Ann", "Ann thanked Eve because Eve" }));
            Assert.That(continuations, Is.EqualTo(new[] { " had helped.", " had helped." }));
        });
    }

    [TestCase("""{"id":"o1","question":{"stem":"The sun is","choices":[{"text":"a star","label":"A"},{"text":"a lamp","label":"B"}]},"answerKey":"B"}""")]
    [TestCase("""{"id":"o1","question_stem":"The sun is","choices":{"text":["a star","a lamp"],"label":["A","B"]},"answerKey":" B"}""")]
    public void Openbookqa_is_the_bare_question(string line)
    {
        var (question, contexts, continuations) = ChoiceFolder.Single("openbookqa", "test.jsonl", line);
        Assert.Multiple(() =>
        {
            Assert.That((question.Id, question.Answer), Is.EqualTo(("o1", 1)));
            Assert.That(contexts, Is.All.EqualTo("The sun is"));
            Assert.That(continuations, Is.EqualTo(new[] { " a star", " a lamp" }));
        });
    }
}
