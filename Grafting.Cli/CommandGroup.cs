using System.CommandLine;
using Grafting.Cli.Help;

namespace Grafting.Cli;

/// <summary>A word before several commands, which does nothing by itself.</summary>
abstract class CommandGroup(string name, string description, params Example[] examples) : Command(name, description)
{
    public IReadOnlyList<Example> Examples { get; } = examples;
}
