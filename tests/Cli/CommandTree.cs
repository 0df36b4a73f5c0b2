using System.CommandLine;
using System.Text;
using Grafting.Cli;
using Grafting.Cli.Help;
using Grafting.Core.Running;

namespace Grafting.Tests.Cli;

/// <summary>All commands of the product, for tests that hold of each.</summary>
static class CommandTree
{
    public static RootCommand Root()
    {
        using var stop = new StopRequest();
        return new CommandLine(CliRun.HostOf(TextWriter.Null, TextWriter.Null, stop)).BuildRoot();
    }

    /// <summary>Every command as the words that lead to it, the root (no words) first.</summary>
    public static IEnumerable<string[]> Paths() => Walk(Root(), []).Select(found => found.Path);

    /// <summary>Names, aliases, values and defaults of everything: what must not change unnoticed.</summary>
    public static string Text()
    {
        var text = new StringBuilder();
        foreach (var (command, _) in Walk(Root(), []))
        {
            var shape = CommandShape.Of(command);
            text.Append(shape.Path).Append('\n');
            foreach (var argument in shape.Arguments) Line(argument);
            foreach (var option in shape.Options) Line(option);
            if (shape.Path == "graft") foreach (var option in shape.GlobalOptions) Line(option);
        }

        return text.ToString();

        void Line(InputShape input)
        {
            text.Append("    ").AppendJoin(' ', input.Aliases.Prepend(input.Name));
            if (input.Value is not null) text.Append(" <").Append(input.Value).Append('>');
            if (input.Required) text.Append(" required");
            if (input.Many) text.Append(" many");
            if (input.Default is { Length: > 0 } value) text.Append(" = ").Append(value);
            text.Append('\n');
        }
    }

    static IEnumerable<(Command Command, string[] Path)> Walk(Command command, string[] path)
    {
        yield return (command, path);
        foreach (var child in command.Subcommands.OrderBy(c => c.Name, StringComparer.Ordinal))
        {
            foreach (var found in Walk(child, [.. path, child.Name])) yield return found;
        }
    }
}
