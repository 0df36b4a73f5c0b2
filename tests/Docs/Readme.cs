using System.CommandLine.Parsing;
using System.Text.RegularExpressions;
using Grafting.Tests.Support;

namespace Grafting.Tests.Docs;

/// <summary>The commands that the README shows.</summary>
static partial class Readme
{
    public const string RunMark = "<!-- run -->";

    public static string Path => System.IO.Path.Combine(Shared.RepositoryRoot(), "README.md");

    /// <summary>Every <c>console</c> block, in order.</summary>
    public static IEnumerable<ConsoleBlock> Blocks() => Block().Matches(File.ReadAllText(Path)).Select(match =>
        new ConsoleBlock(match.Groups["mark"].Success, [.. Commands(match.Groups["text"].Value)]));

    static IEnumerable<ConsoleCommand> Commands(string text)
    {
        var command = "";
        var output = new List<string>();
        foreach (var line in text.Split('\n'))
        {
            if (line.StartsWith("$ ", StringComparison.Ordinal))
            {
                if (command.Length > 0) yield return new(command, [.. output]);
                command = line[2..].Split('#')[0].Trim();
                output.Clear();
            }
            else if (line.Trim() is { Length: > 0 } shown)
            {
                output.Add(shown);
            }
        }

        if (command.Length > 0) yield return new(command, [.. output]);
    }

    [GeneratedRegex("(?<mark>^<!-- run -->\n)?^```console\n(?<text>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();
}

/// <param name="Run">Marked by <see cref="Readme.RunMark"/>: the commands are run in one workspace, and what is shown must appear.</param>
sealed record ConsoleBlock(bool Run, ConsoleCommand[] Commands);

/// <param name="Line">Without prompt and comment.</param>
/// <param name="Output">Lines shown below it; "..." stands for any number of lines.</param>
sealed record ConsoleCommand(string Line, string[] Output)
{
    /// <summary>The words after <c>./graft</c>; null for a line that calls something else.</summary>
    public string[]? Arguments
    {
        get
        {
            var words = CommandLineParser.SplitCommandLine(Line).SkipWhile(word => word.Contains('=') && !word.StartsWith('-')).ToArray();
            return words is ["./graft", .. var arguments] ? arguments : null;
        }
    }

    public override string ToString() => Line;
}
