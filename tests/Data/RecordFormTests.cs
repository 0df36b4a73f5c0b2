using System.Text.Json.Nodes;
using Grafting.Core;
using Grafting.Core.Data;
using Grafting.Core.Text;
using Grafting.Tests.Support;

namespace Grafting.Tests.Data;

/// <summary>OpenAI's messages and ShareGPT's JSON: what they mean, and what is refused.</summary>
public class RecordFormTests
{
    static readonly string Inside = "data:image/png;base64," + Convert.ToBase64String(LlavaFiles.Picture);

    [Test]
    public void Parts_become_marks_and_text_in_their_order()
    {
        using var folder = new TempFolder();
        using var data = Load(folder, """
            {"messages": [
              {"role": "developer", "content": "Be brief."},
              {"role": "user", "content": [{"type": "text", "text": "Look at "}, {"type": "image_url", "image_url": {"url": "a.png"}},
                {"type": "image_url", "image_url": "a.png"}, {"type": "text", "text": "and "}, {"type": "text", "text": "say."}]},
              {"role": "assistant", "content": [{"type": "text", "text": "Both"}, {"type": "text", "text": " grey"}]}]}
            """);
        Assert.That(data[0].Turns, Is.EqualTo(new[]
        {
            new Turn(Role.System, "Be brief."), new Turn(Role.User, "Look at <image>\n<image>\nand say."),
            new Turn(Role.Assistant, "Both grey"),
        }));
        Assert.That(data[0].Images, Is.EqualTo(new[] { folder["a.png"], folder["a.png"] }));
        Assert.That(data.Kinds, Is.EqualTo("OpenAI messages"));
    }

    [Test]
    public void Marks_and_parts_without_a_source_take_the_pictures_of_the_record()
    {
        using var folder = new TempFolder();
        folder.Write("b.png", LlavaFiles.Picture);
        using var data = Load(folder, """
            {"images": ["a.png", "b.png"], "messages": [
              {"role": "user", "content": "<image>What?"}, {"role": "assistant", "content": "grey"},
              {"role": "user", "content": [{"type": "image"}, {"type": "image", "image": "a.png"}, {"type": "text", "text": "And?"}]}, {"role": "assistant", "content": "too"}]}
            """);
        Assert.That(data[0].Images.Select(Path.GetFileName), Is.EqualTo(new[] { "a.png", "b.png", "a.png" }));
        Assert.That(data[0].Turns[2].Text, Is.EqualTo("<image>\n<image>\nAnd?"));
    }

    [Test]
    public void A_picture_inside_the_record_is_read_from_it_and_groups_its_questions()
    {
        using var folder = new TempFolder();
        var record = Shown(Inside);
        using var data = Load(
            folder,
            record.Replace("What?", "One?", StringComparison.Ordinal) + "\n" + record.Replace("What?", "Two?", StringComparison.Ordinal));
        Assert.Multiple(() =>
        {
            Assert.That(data.Select(sample => sample.Turns[0].Text), Is.EqualTo(new[] { "<image>\nOne?", "<image>\nTwo?" }));
            Assert.That(data[1].Store.Load(data[1].Images[0]).Pixels, Is.EqualTo(Enumerable.Range(0, 12).Select(i => (byte)(20 * i))));
            Assert.That(data[0].Group, Is.EqualTo(data[1].Group), "one picture, so that no split parts them");
            Assert.That(data[0].Images[0], Is.Not.EqualTo(data[1].Images[0]).And.StartsWith(folder["data.json"]));
        });
    }

    static IEnumerable<TestCaseData> BadMessages()
    {
        static TestCaseData Case(string name, BadSampleReason reason, string expected, string record) =>
            new TestCaseData(reason, expected, record).SetArgDisplayNames(name);
        static string Said(string message) => $$"""{"messages": [{"role": "user", "content": "Hi"}, {{message}}]}""";

        yield return Case("a picture of the web", BadSampleReason.PictureOutside, "nothing is fetched", Shown("https://example.org/a.png"));
        yield return Case("a picture in a bucket", BadSampleReason.PictureOutside, "nothing is fetched", Shown("s3://bucket/a.png"));
        yield return Case("a file outside", BadSampleReason.PictureOutside, "outside", Shown("file:///etc/passwd"));
        yield return Case("a file outside by dots", BadSampleReason.PictureOutside, "outside", Shown("../a.png"));
        yield return Case(
            "a file outside by escaped dots", BadSampleReason.PictureOutside, "outside", Shown("file:///x/%2e%2e/%2e%2e/etc/passwd"));
        yield return Case("a file of another machine", BadSampleReason.PictureOutside, "this machine", Shown("file://elsewhere/a.png"));
        yield return Case("a missing file", BadSampleReason.MissingPicture, "gone.png", Shown("gone.png"));
        yield return Case("broken base64", BadSampleReason.Malformed, "base64", Shown("data:image/png;base64,AA=A"));
        yield return Case("an empty picture", BadSampleReason.Malformed, "empty", Shown("data:image/png;base64,"));
        yield return Case("a picture as text", BadSampleReason.Malformed, "base64", Shown("data:image/svg+xml,<svg/>"));
        yield return Case("a part of unknown type", BadSampleReason.Malformed, "\"input_audio\"", Said("""{"role": "user", "content": [{"type": "input_audio"}]}"""));
        yield return Case("an image part without address", BadSampleReason.Malformed, "'url'", Said("""{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}"""));
        yield return Case("a picture of the assistant", BadSampleReason.Malformed, "only messages of the user", Said("""{"role": "assistant", "content": [{"type": "image_url", "image_url": "a.png"}]}"""));
        yield return Case("a mark in a part's text", BadSampleReason.Placeholder, "<image>", Said("""{"role": "user", "content": [{"type": "text", "text": "<image>?"}]}"""));
        yield return Case("a mark without picture", BadSampleReason.Placeholder, "no picture and 1", Said("""{"role": "user", "content": "<image>"}, {"role": "assistant", "content": "a"}"""));
        yield return Case("a tool's message", BadSampleReason.Malformed, "\"tool\"", Said("""{"role": "tool", "content": "42"}"""));
        yield return Case("a call of a tool", BadSampleReason.Malformed, "tool_calls", Said("""{"role": "assistant", "tool_calls": [{}], "content": null}"""));
        yield return Case("an answer of weight 0", BadSampleReason.Malformed, "weight", Said("""{"role": "assistant", "content": "a", "weight": 0}"""));
        yield return Case("no content", BadSampleReason.Malformed, "'content'", Said("""{"role": "assistant"}"""));
        yield return Case("content as a number", BadSampleReason.Malformed, "Number", Said("""{"role": "assistant", "content": 1}"""));
        yield return Case("no answer", BadSampleReason.NoAnswer, "answer", Said("""{"role": "user", "content": "Hi?"}"""));
        yield return Case("no messages", BadSampleReason.NoConversation, "empty", """{"messages": []}""");
        yield return Case("messages as text", BadSampleReason.Malformed, "'messages'", """{"messages": "Hi"}""");
        yield return Case(
            "LLaVA's form among messages", BadSampleReason.Malformed, "'messages'", LlavaFiles.Sample("bad", image: null).ToJsonString());
        yield return Case("half a surrogate pair", BadSampleReason.Malformed, "Unicode", Said("""{"role": "assistant", "content": "\ud800"}"""));
    }

    [TestCaseSource(nameof(BadMessages))]
    public void What_cannot_be_read_of_messages_makes_the_sample_bad(BadSampleReason reason, string expected, string record)
    {
        using var folder = new TempFolder();
        var good = """{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello", "weight": 1}]}""";
        using (var data = Load(folder, good + "\n" + record, maxBad: 0.5))
        {
            Assert.That(data.Report.Skipped.First.Single().Reason, Is.EqualTo(reason), data.Report.Skipped.First.Single().ToString());
            Assert.That(data.Report.Skipped.First.Single().Detail, Does.Contain(expected));
        }
        Assert.That(Assert.Throws<GraftException>(() => Load(folder, good + "\n" + record))!.Message, Does.Contain("1 of 2 samples"));
    }

    [Test]
    public void ShareGPT_may_begin_with_a_system_text_and_call_the_assistant_by_other_names()
    {
        using var folder = new TempFolder();
        using var data = Load(folder, """
            {"id": "x", "system": "Be brief.", "images": ["a.png"], "tools": "[]", "conversations": [{"from": "human", "value": "<image>\nWhat?"}, {"from": "chatgpt", "value": "grey"}]}
            """);
        Assert.Multiple(() =>
        {
            Assert.That(data.Kinds, Is.EqualTo("ShareGPT JSON"));
            Assert.That(
                data[0].Turns.Select(turn => (turn.Role, turn.Text)),
                Is.EqualTo(new[] { (Role.System, "Be brief."), (Role.User, "<image>\nWhat?"), (Role.Assistant, "grey") }));
            Assert.That(data[0].Images, Is.EqualTo(new[] { folder["a.png"] }));
        });
    }

    [TestCase("""{"system": "", "tools": "[{}]", "conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "a"}]}""", "tools")]
    [TestCase("""{"system": "", "conversations": [{"from": "human", "value": "Hi"}, {"from": "function_call", "value": "a"}]}""", "function_call")]
    [TestCase("""{"image": "a.png", "images": ["a.png"], "conversations": [{"from": "human", "value": "<image>"}, {"from": "gpt", "value": "a"}]}""", "both")]
    public void What_cannot_be_kept_of_ShareGPT_is_named(string record, string expected)
    {
        using var folder = new TempFolder();
        Assert.That(
            Assert.Throws<GraftException>(() => Load(folder, record))!.Message, Does.Contain("1 of 1 samples").And.Contain(expected));
    }

    static string Shown(string url) =>
        new JsonObject
        {
            ["messages"] = new JsonArray(
                new JsonObject
                {
                    ["role"] = "user",
                    ["content"] = new JsonArray(
                        new JsonObject { ["type"] = "image_url", ["image_url"] = new JsonObject { ["url"] = url } },
                        new JsonObject { ["type"] = "text", ["text"] = "What?" }),
                },
                new JsonObject { ["role"] = "assistant", ["content"] = "a cat" }),
        }.ToJsonString();

    static Dataset Load(TempFolder folder, string content, double maxBad = 0)
    {
        folder.Write("a.png", LlavaFiles.Picture);
        return Dataset.Load(folder.Write("data.json", content), maxBad: maxBad);
    }
}
