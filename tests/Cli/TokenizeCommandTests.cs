using Grafting.Cli;
using Grafting.Cli.Rendering;
using Grafting.Core.Running;
using Grafting.Tests.Support;
using Grafting.Tests.Text;

namespace Grafting.Tests.Cli;

public class TokenizeCommandTests
{
    [Test]
    public void Tokens_are_listed_with_their_ids_and_spans()
    {
        using var folder = Model();
        var run = CliRun.Of("tokenize", "--model", folder.Path, "ab é");
        Assert.Multiple(() =>
        {
            Assert.That(run.Code, Is.Zero, run.Error);
            var lines = run.Output.TrimEnd().Split('\n').Select(line => line.Trim());
            Assert.That(
                lines,
                Is.EqualTo(
                    new[] { "1  0-0  \"<s>\"", "259  0-0  \"▁\"", "262  0-2  \"ab\"", "259  2-3  \"▁\"", "198  3-4  \"<0xC3>\"",
                        "172  3-4  \"<0xA9>\"", "6 tokens, 4 characters" }));
        });
    }

    [Test]
    public void A_program_gets_one_document()
    {
        using var folder = Model();
        var json = CliRun.Of("tokenize", "--model", folder["tokenizer.json"], "--no-special", "--json", "ab").Json();
        Assert.Multiple(() =>
        {
            Assert.That(json.GetProperty("schema").GetString(), Is.EqualTo("graft.tokenize/1"));
            Assert.That(json.GetProperty("count").GetInt32(), Is.EqualTo(2));
            var last = json.GetProperty("tokens")[1];
            Assert.That(
                (
                    last.GetProperty("id").GetInt32(), last.GetProperty("token").GetString(), last.GetProperty("start").GetInt32(),
                    last.GetProperty("end").GetInt32()),
                Is.EqualTo((262, "ab", 0, 2)));
        });
    }

    [TestCase("1 259 262")]
    [TestCase("[1, 259,262]")]
    [TestCase("1", "259", "262")]
    public void Ids_become_text_again(params string[] ids)
    {
        using var folder = Model();
        string[] arguments = ["tokenize", "--model", folder.Path, "--decode", "--no-special", .. ids];
        Assert.That(CliRun.Of(arguments).Output, Is.EqualTo("ab" + Environment.NewLine));
    }

    [Test]
    public void A_text_may_come_from_a_file_or_from_standard_input()
    {
        using var folder = Model();
        folder.Write("text.txt", "ab");
        var fromFile = CliRun.Of("tokenize", "--model", folder.Path, "--file", folder["text.txt"]);
        using var stop = new StopRequest();
        using StringWriter output = new(), error = new();
        var host = CliRun.HostOf(output, error, stop) with { Input = new StringReader("ab") };
        Assert.That(new CommandLine(host).Run(["tokenize", "--model", folder.Path, "-"]), Is.Zero, error.ToString());
        Assert.That(output.ToString(), Is.EqualTo(fromFile.Output));
    }

    [Test]
    public void A_terminal_sees_the_text_in_colours_and_no_control_characters()
    {
        using var folder = Model();
        using var stop = new StopRequest();
        using StringWriter output = new(), error = new();
        var host = CliRun.HostOf(output, error, stop) with { OutputTerminal = new Terminal(true, true, 80) };
        new CommandLine(host).Run(["tokenize", "--model", folder.Path, "a\u0007b"]);
        Assert.That(output.ToString(), Does.Contain("\u001b[").And.Contains("\\u0007").And.Not.Contains("\u0007"));
    }

    [TestCase(new[] { "a", "--file", "x" }, "a text or --file, and not both")]
    [TestCase(new string[0], "a text or --file, and not both")]
    [TestCase(new[] { "--decode", "1 x" }, "\"x\" is no id of this tokenizer")]
    [TestCase(new[] { "--decode", "99999" }, "\"99999\" is no id of this tokenizer")]
    public void What_cannot_be_done_is_a_usage_error(string[] arguments, string complaint)
    {
        using var folder = Model();
        var run = CliRun.Of(["tokenize", "--model", folder.Path, .. arguments]);
        Assert.That((run.Code, run.Error.Contains(complaint, StringComparison.Ordinal)), Is.EqualTo((ExitCodes.Usage, true)), run.Error);
    }

    static TempFolder Model()
    {
        TempFolder folder = new();
        folder.Write("tokenizer.json", TinyTokenizer.SentencePiece("▁ab", ["a b"]).ToJsonString());
        return folder;
    }
}
