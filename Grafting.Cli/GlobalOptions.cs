using System.CommandLine;
using Grafting.Cli.Rendering;

namespace Grafting.Cli;

/// <summary>Options that every command has.</summary>
sealed class GlobalOptions
{
    public Option<string?> Workspace { get; } = new("--workspace", "-w")
    {
        Description = "Folder that holds and remembers what the commands make [default: GRAFT_WORKSPACE, else ./grafts]",
        HelpName = "folder",
        Recursive = true,
    };

    public Option<bool> Json { get; } = new("--json")
    {
        Description = "Print the result, or the error, as one JSON document on standard output",
        Recursive = true,
    };

    public Option<bool> Verbose { get; } = new("--verbose", "-v")
    {
        Description = "Print details, and stack traces of unexpected errors",
        Recursive = true,
    };

    public Option<bool> Quiet { get; } = new("--quiet", "-q")
    {
        Description = "Print no progress and no notes; warnings and errors remain",
        Recursive = true,
    };

    public void AddTo(Command root)
    {
        root.Add(Workspace);
        root.Add(Json);
        root.Add(Verbose);
        root.Add(Quiet);
    }

    /// <summary>Also right for a line that could not be parsed, whose switches were still recognised.</summary>
    public Verbosity VerbosityOf(ParseResult parsed) => new(IsSet(parsed, Json), IsSet(parsed, Verbose), IsSet(parsed, Quiet));

    static bool IsSet(ParseResult parsed, Option<bool> option)
    {
        if (parsed.GetResult(option) is not { Implicit: false } found) return false;
        return found.Tokens.Count == 0 || (bool.TryParse(found.Tokens[0].Value, out var value) && value);
    }
}
