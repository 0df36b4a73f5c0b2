using System.Text.RegularExpressions;
using Grafting.Cli;
using Grafting.Cli.Help;
using Grafting.Tests.Cli;
using Grafting.Tests.Support;

namespace Grafting.Tests.Docs;

/// <summary>What the README shows is what happens.</summary>
public partial class ReadmeTests
{
    static IEnumerable<ConsoleCommand> GraftLines() => Readme.Blocks().SelectMany(b => b.Commands).Where(c => c.Arguments is not null);

    static IEnumerable<TestCaseData> MarkedBlocks() =>
        Readme.Blocks().Where(b => b.Run).Select(b => new TestCaseData(b).SetArgDisplayNames(b.Commands[0].Line));

    [TestCaseSource(nameof(GraftLines))]
    public void Every_command_shown_is_a_valid_line(object shown)
    {
        var arguments = ((ConsoleCommand)shown).Arguments!;
        var parsed = CommandTree.Root().Parse(arguments, CommandLine.Parsing);
        Assert.That(UsageHelp.Complaint(parsed, arguments)?.Message, Is.Null);
    }

    [TestCaseSource(nameof(MarkedBlocks))]
    public void A_marked_block_runs_and_prints_what_is_shown(object marked)
    {
        using var workspace = new TempFolder();
        foreach (var command in ((ConsoleBlock)marked).Commands)
        {
            var run = CliRun.Of([.. command.Arguments!.Select(Located), "--workspace", workspace.Path]);
            Assert.That(run.Code, Is.Zero, $"{command}: {run.Error}");
            AssertShown(command, run.Output.Split('\n').Select(Tidy).Where(line => line.Length > 0).ToArray());
        }
    }

    [Test]
    public void Every_file_that_is_linked_exists()
    {
        var links = Link().Matches(File.ReadAllText(Readme.Path)).Select(m => m.Groups[1].Value).Where(
            l => !l.StartsWith("http", StringComparison.Ordinal));
        Assert.That(links.Where(link => !Path.Exists(Path.Combine(Shared.RepositoryRoot(), link))), Is.Empty);
    }

    /// <summary>Material beside the repository lies elsewhere for the tests.</summary>
    static string Located(string word) =>
        word.StartsWith("../shared/real/", StringComparison.Ordinal) ? Shared.Real(word["../shared/real/".Length..]) : word;

    static void AssertShown(ConsoleCommand command, string[] printed)
    {
        var next = 0;
        foreach (var (line, skipped) in Expected(command))
        {
            var found = skipped ? Array.IndexOf(printed, line, next) : next < printed.Length && printed[next] == line ? next : -1;
            Assert.That(found, Is.Not.Negative, $"{command}: '{line}' is shown in the README; printed was:\n{string.Join('\n', printed)}");
            next = found + 1;
        }
    }

    static IEnumerable<(string Line, bool Skipped)> Expected(ConsoleCommand command)
    {
        var skipped = false;
        foreach (var line in command.Output.Select(Tidy))
        {
            if (line is not ("..." or "")) yield return (line, skipped);
            skipped = line == "..." || (line.Length == 0 && skipped);
        }
    }

    /// <summary>Spacing and rules of tables do not count.</summary>
    static string Tidy(string line) => Decoration().Replace(line, " ").Trim();

    [GeneratedRegex(@"[\s─│┼├┤┌┐└┘╭╮╰╯]+")]
    private static partial Regex Decoration();

    [GeneratedRegex(@"\]\(([^)#\s]+)\)")]
    private static partial Regex Link();
}
