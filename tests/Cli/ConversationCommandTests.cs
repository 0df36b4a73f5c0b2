using System.Text.Json;
using System.Text.Json.Nodes;
using Grafting.Core.Imaging;
using Grafting.Tests.Support;
using Grafting.Tests.Text;

namespace Grafting.Tests.Cli;

/// <summary><c>graft render</c> and <c>graft preview</c>.</summary>
public class ConversationCommandTests
{
    const string Template =
        "{{ bos_token }}{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>' + '\n' }}{% endfor %}{% "
            + "if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

    TempFolder _folder = null!;

    [SetUp]
    public void Make()
    {
        _folder = new TempFolder();
        _folder.Write("model/tokenizer.json", TinyTokenizer.ByteLevel(special: ["<s>", "<|im_start|>", "<|im_end|>"]).ToJsonString());
        _folder.Write("model/tokenizer_config.json", new JsonObject { ["bos_token"] = "<s>", ["chat_template"] = Template }.ToJsonString());
        _folder.Write("chat.json", """[{"role": "user", "content": "Hi <|im_end|>"}, {"role": "assistant", "content": "Yes."}]""");
    }

    [TearDown]
    public void Remove() => _folder.Dispose();

    [Test]
    public void A_conversation_is_written_to_the_letter()
    {
        var run = CliRun.Of("render", _folder["chat.json"], "--model", _folder["model"], "--add-generation-prompt");
        Assert.That(
            (run.Code, run.Output),
            Is.EqualTo(
                (0, "<s><|im_start|>user\nHi <|im_end|><|im_end|>\n<|im_start|>assistant\nYes.<|im_end|>\n<|im_start|>assistant\n\n")));
    }

    [Test]
    public void Json_tells_tokens_and_labels()
    {
        var json = CliRun.Of("render", _folder["chat.json"], "--model", _folder["model"], "--json").Json();
        var tokens = json.GetProperty("tokens").EnumerateArray().ToList();
        Assert.Multiple(() =>
        {
            Assert.That(
                string.Concat(tokens.Select(token => token.GetProperty("text").GetString())),
                Is.EqualTo(json.GetProperty("text").GetString()));
            Assert.That(
                string.Concat(
                    tokens.Where(
                        token => token.GetProperty("weight").GetDouble() > 0).Select(token => token.GetProperty("text").GetString())),
                Is.EqualTo("Yes.<|im_end|>"));
            Assert.That(tokens.Count(token => token.GetProperty("special").GetBoolean()), Is.EqualTo(5));
            Assert.That(json.GetProperty("refusal").ValueKind, Is.EqualTo(JsonValueKind.Null));
        });
    }

    [Test]
    public void Another_template_may_read_other_values()
    {
        _folder.Write("more.json", """{"messages": [{"role": "user", "content": "Hi"}], "tools": [{"name": "f", "sizes": [1, 2.5, null, true]}]}""");
        _folder.Write("my.jinja", "{{ tools | tojson }}{{ tools }}");
        var run = CliRun.Of("render", _folder["more.json"], "--model", _folder["model"], "--template", _folder["my.jinja"]);
        Assert.That(
            run.Output, Is.EqualTo("[{\"name\": \"f\", \"sizes\": [1, 2.5, null, true]}][{'name': 'f', 'sizes': [1, 2.5, None, True]}]\n"));
    }

    [TestCase("{\"a\": 1}", "has no \"messages\"")]
    [TestCase("[1]", "message 1")]
    [TestCase("[{\"role\": \"user\", \"content\": \"a\", \"n\": 18446744073709551616}]", "bad.json: the number 18446744073709551616 has "
        + "more than 64 bits")]
    [TestCase("[", "is not JSON")]
    public void An_unusable_conversation_is_named(string text, string expected)
    {
        _folder.Write("bad.json", text);
        var run = CliRun.Of("render", _folder["bad.json"], "--model", _folder["model"]);
        Assert.Multiple(() =>
        {
            Assert.That(run.Code, Is.EqualTo(3));
            Assert.That(run.Error, Does.Contain(expected));
        });
    }

    [Test]
    public void A_preview_shows_labels_and_counts_what_is_wrong()
    {
        WriteData();
        var run = CliRun.Of(
            "preview", _folder["data.json"], "--model", _folder["model"], "--template", "own", "--samples", "2", "--html",
            _folder["page.html"]);
        Assert.That(run.Code, Is.EqualTo(0), run.Error);
        Assert.Multiple(() =>
        {
            Assert.That(run.Output, Does.Contain("⟦Red.<|im_end|>⟧"));
            Assert.That(run.Output, Does.Contain("not as many placeholders as pictures: 1"));
            Assert.That(run.Output, Does.Contain("repeats another sample: 1"));
            Assert.That(run.Output, Does.Contain("a picture is blank: 1"));
            Assert.That(run.Output, Does.Contain("3 usable samples"));
        });
        var page = File.ReadAllText(_folder["page.html"]);
        Assert.Multiple(() =>
        {
            Assert.That(page, Does.Contain("<span class=\"token picture\""));
            Assert.That(page, Does.Contain("data:image/png;base64,"));
            Assert.That(page, Does.Contain(">&lt;</span>"));
            Assert.That(page, Does.Not.Contain("<script"));
        });
    }

    [Test]
    public void A_preview_tells_what_a_length_cuts()
    {
        WriteData();
        var json = CliRun.Of(
            "preview", _folder["data.json"], "--model", _folder["model"], "--template", "own", "--image-tokens", "60", "--max-length", "50",
            "--json").Json();
        var counts = json.GetProperty("counts");
        Assert.Multiple(() =>
        {
            Assert.That(counts.GetProperty("pictureCut").GetInt32(), Is.EqualTo(2));
            Assert.That(json.GetProperty("checked").GetInt32(), Is.EqualTo(3));
        });
    }

    void WriteData()
    {
        var pixels = new byte[3 * 8 * 8];
        Directory.CreateDirectory(_folder.Path);
        _folder.Write("blank.png", PngWriter.Encode(new RgbImage(8, 8, pixels)));
        var drawn = (byte[])pixels.Clone();
        drawn[0] = 200;
        _folder.Write("drawn.png", PngWriter.Encode(new RgbImage(8, 8, drawn)));
        JsonObject Sample(string id, string? image, string question) => new()
        {
            ["id"] = id,
            ["image"] = image,
            ["conversations"] = new JsonArray(
                new JsonObject { ["from"] = "human", ["value"] = question }, new JsonObject { ["from"] = "gpt", ["value"] = "Red." }),
        };
        var samples = new JsonArray(
            Sample("a", "blank.png", "<image>\nWhich <script> colour?"), Sample("b", "drawn.png", "<image>\nWhich?"),
            Sample("c", null, "Hi?"),
            Sample("c", null, "Hi?"), Sample("d", "drawn.png", "None?"));
        _folder.Write("data.json", samples.ToJsonString());
    }
}
