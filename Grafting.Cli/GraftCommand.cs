using System.CommandLine;
using Grafting.Cli.Help;
using Grafting.Cli.Rendering;

namespace Grafting.Cli;

/// <summary>A command: its options, and how they become a call of the layers below. It holds no logic of its own.</summary>
abstract class GraftCommand : Command
{
    protected GraftCommand(string name, string description, params Example[] examples) : base(name, description)
    {
        Examples = examples;
    }

    public IReadOnlyList<Example> Examples { get; }

    /// <summary>Does the work; reports on the session's screen while it lasts, and returns the result.</summary>
    public abstract Report Run(ParseResult parsed, Session session);
}
