using System.CommandLine;
using Grafting.Cli;
using Grafting.Cli.Help;
using Grafting.Cli.Rendering;
using Grafting.Core;
using Grafting.Tests.Support;

namespace Grafting.Tests.Cli;

/// <summary>What holds of every command: exit codes, one JSON document, help with examples.</summary>
public class ContractTests
{
    static IEnumerable<string> Commands() => CommandTree.Paths().Select(path => string.Join(' ', path));

    [TestCaseSource(nameof(Commands))]
    public void Help_describes_the_command_and_every_option(string command)
    {
        var run = CliRun.Of([.. Words(command), "--help"]);
        var json = CliRun.Of([.. Words(command), "--help", "--json"]).Json();
        Assert.Multiple(() =>
        {
            Assert.That(run.Code, Is.Zero);
            Assert.That(run.Error, Is.Empty);
            Assert.That(run.Output, Does.Contain("Usage:").And.Contain("--json"));
            Assert.That(json.GetProperty("schema").GetString(), Is.EqualTo("graft.help/1"));
            Assert.That(json.GetProperty("description").GetString(), Is.Not.Empty);
            foreach (var part in (string[])["options", "globalOptions", "arguments"])
            {
                Assert.That(json.GetProperty(part).EnumerateArray().Select(i => i.GetProperty("description").GetString()), Has.None.Empty);
            }

            if (command.Length > 0) Assert.That(run.Output, Does.Contain("Examples:").And.Contain($"graft {command}"));
        });
    }

    [TestCaseSource(nameof(Commands))]
    public void A_mistyped_option_is_a_usage_error_in_one_document(string command)
    {
        var run = CliRun.Of([.. Words(command), "--jsno", "--json"]);
        var json = run.Json();
        Assert.Multiple(() =>
        {
            Assert.That(run.Code, Is.EqualTo(ExitCodes.Usage));
            Assert.That(json.GetProperty("schema").GetString(), Is.EqualTo("graft.error/1"));
            Assert.That(json.GetProperty("code").GetInt32(), Is.EqualTo(ExitCodes.Usage));
            Assert.That(json.GetProperty("kind").GetString(), Is.EqualTo("usage"));
            Assert.That(json.GetProperty("message").GetString(), Does.Contain("--jsno"));
            Assert.That(json.GetProperty("remedy").GetString(), Does.Contain("'--json'"));
        });
    }

    [Test]
    public void A_mistyped_command_is_corrected_on_standard_error()
    {
        var run = CliRun.Of("hlep");
        Assert.Multiple(() =>
        {
            Assert.That(run.Code, Is.EqualTo(ExitCodes.Usage));
            Assert.That(run.Output, Is.Empty);
            Assert.That(run.Error, Does.Contain("'hlep' is not a command").And.Contain("Did you mean 'help'?"));
        });
    }

    [TestCase("hlep --help")]
    [TestCase("hlep --json")]
    [TestCase("help one two")]
    [TestCase("completions")]
    [TestCase("completions tcsh")]
    [TestCase("help @file")]
    public void A_wrong_line_ends_with_2(string line) => Assert.That(CliRun.Of(Words(line)).Code, Is.EqualTo(ExitCodes.Usage));

    [Test]
    public void A_number_that_is_none_is_named_in_plain_words() =>
        Assert.That(
            CliRun.Of("build-surrogate", "--target", "toy", "--layers", "four").Error,
            Does.Contain("--layers is 'four'; it must be a whole number."));

    [Test]
    public void A_word_that_begins_with_an_at_sign_is_no_response_file()
    {
        using var folder = new TempFolder();
        var file = folder.Write("arguments", "exit-codes");
        Assert.That(CliRun.Of("help", $"@{file}").Error, Does.Contain($"'@{file}'"));
    }

    [TestCase("doctor", "graft.doctor/1")]
    [TestCase("help exit-codes", "graft.help.exit-codes/1")]
    [TestCase("help environment", "graft.help.environment/1")]
    [TestCase("help completions", "graft.help/1")]
    [TestCase("help", "graft.help/1")]
    [TestCase("--version", "graft.version/1")]
    [TestCase("", "graft.help/1")]
    [TestCase("completions bash", "graft.completions/1")]
    public void A_result_is_one_document_of_its_schema(string line, string schema)
    {
        var run = CliRun.Of([.. Words(line), "--json"]);
        Assert.Multiple(() =>
        {
            Assert.That(run.Json().GetProperty("schema").GetString(), Is.EqualTo(schema));
            Assert.That(run.Code, Is.Zero);
            Assert.That(run.Error, Is.Empty);
        });
    }

    static IEnumerable<TestCaseData> Failures() =>
    [
        new(new GraftException(ErrorKind.Usage, "m", "r"), 2, "usage"),
        new(new GraftException(ErrorKind.Input, "m", "r"), 3, "input"),
        new(new GraftException(ErrorKind.Numerics, "m", "r"), 4, "numerics"),
        new(new GraftException(ErrorKind.Resources, "m", "r"), 5, "resources"),
        new(new GraftException(ErrorKind.Stopped, "m", "r"), 75, "stopped"),
        new(new OperationCanceledException("m"), 130, "interrupted"),
        new(new OutOfMemoryException("m"), 5, "resources"),
        new(new AggregateException(new OutOfMemoryException("m")), 5, "resources"),
        new(new System.Runtime.InteropServices.ExternalException("CUDA out of memory. Tried"), 5, "resources"),
        new(new TypeInitializationException("T", new DllNotFoundException("m")), 5, "resources"),
        new(new IOException("No space left on device", 28), 5, "resources"),
        new(new FileNotFoundException("m"), 3, "input"),
        new(new UnauthorizedAccessException("m"), 3, "input"),
        new(new InvalidOperationException("m"), 1, "unexpected"),
    ];

    [TestCaseSource(nameof(Failures))]
    public void Every_failure_has_its_code_and_one_document(Exception failure, int code, string kind)
    {
        var command = new FailingCommand(failure);
        var machine = CliRun.Of([command], "fail", "--json");
        var person = CliRun.Of([new FailingCommand(failure)], "fail");
        var json = machine.Json();
        Assert.Multiple(() =>
        {
            Assert.That(machine.Code, Is.EqualTo(code));
            Assert.That(json.GetProperty("code").GetInt32(), Is.EqualTo(code));
            Assert.That(json.GetProperty("kind").GetString(), Is.EqualTo(kind));
            Assert.That(json.GetProperty("message").GetString(), Is.Not.Empty);
            Assert.That(person.Code, Is.EqualTo(code));
            Assert.That(person.Output, Is.Empty);
            Assert.That(person.Error, Does.Contain(json.GetProperty("message").GetString()).And.Not.Contain("   at "));
        });
    }

    [Test]
    public void An_unexpected_failure_names_its_log_and_shows_the_stack_only_when_asked()
    {
        var json = CliRun.Of([new FailingCommand(new InvalidOperationException("boom"))], "fail", "--json").Json();
        var verbose = CliRun.Of([new FailingCommand(new InvalidOperationException("boom"))], "fail", "--verbose");
        var log = json.GetProperty("remedy").GetString()!.Split(' ')[^1].TrimEnd('.');
        Assert.Multiple(() =>
        {
            Assert.That(File.ReadAllText(log), Does.Contain("boom").And.Contain("   at ").And.Contain("fail --json"));
            Assert.That(verbose.Error, Does.Contain("   at "));
        });
    }

    [Test]
    public void Words_printed_before_the_end_go_to_standard_error()
    {
        var run = CliRun.Of([new FailingCommand(null)], "fail", "--json");
        Assert.Multiple(() =>
        {
            Assert.That(run.Json().GetProperty("answer").GetInt32(), Is.EqualTo(42));
            Assert.That(run.Error, Does.Contain("a note").And.Contain("a warning"));
        });
    }

    [Test]
    public void Quiet_leaves_only_warnings()
    {
        var run = CliRun.Of([new FailingCommand(null)], "fail", "--quiet");
        Assert.That(run.Error.Trim(), Is.EqualTo("warning: a warning"));
    }

    [Test]
    public void The_tree_of_commands_is_the_approved_one() => Golden.Compare("CommandTree.approved.txt", CommandTree.Text());

    static string[] Words(string line) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Says what commands say on the way, then fails or succeeds.</summary>
    sealed class FailingCommand(Exception? failure) : GraftCommand("fail", "Fails.", new Example("graft fail", "Fails."))
    {
        public override Report Run(ParseResult parsed, Session session)
        {
            session.Screen.Say("a note");
            session.Screen.Warn("a warning");
            if (failure is not null) throw failure;
            return new Report("graft.fail/1", new { Answer = 42 }, console => console.Profile.Out.Writer.WriteLine("42"));
        }
    }
}
