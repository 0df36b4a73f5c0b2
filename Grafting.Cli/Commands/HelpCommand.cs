using System.CommandLine;
using Grafting.Cli.Help;
using Grafting.Cli.Rendering;
using Grafting.Core;
using Spectre.Console;

namespace Grafting.Cli.Commands;

/// <summary><c>graft help &lt;command or topic&gt;</c>.</summary>
sealed class HelpCommand : GraftCommand
{
    const string ExitCodesTopic = "exit-codes";
    const string EnvironmentTopic = "environment";

    readonly Command _root;
    readonly Argument<string?> _topic = new("topic")
    {
        Description = $"A command, '{ExitCodesTopic}' or '{EnvironmentTopic}'",
        Arity = ArgumentArity.ZeroOrOne,
    };

    public HelpCommand(Command root) : base(
        "help",
        "Explain a command or a topic.",
        new Example("graft help exit-codes", "What the exit codes mean."),
        new Example("graft help environment", "The environment variables that graft reads."))
    {
        _root = root;
        _topic.CompletionSources.Add(_ => [ExitCodesTopic, EnvironmentTopic, .. root.Subcommands.Select(c => c.Name)]);
        Add(_topic);
    }

    public override Report Run(ParseResult parsed, Session session)
    {
        var width = session.Host.OutputTerminal.Width;
        return parsed.GetValue(_topic) switch
        {
            null => HelpPageAction.ReportOn(_root, width),
            ExitCodesTopic => Table("graft.help.exit-codes/1", "code", ExitCodes.Table.Select(r => ($"{r.Code}", r.Meaning))),
            EnvironmentTopic => Table("graft.help.environment/1", "variable", EnvironmentVariables.Table),
            { } name when _root.Subcommands.FirstOrDefault(c => c.Name == name) is { } command => HelpPageAction.ReportOn(command, width),
            { } name => throw Fault.Usage(
                $"There is no command or topic '{name}'.",
                $"Topics: {ExitCodesTopic}, {EnvironmentTopic}; 'graft --help' lists the commands."),
        };
    }

    static Report Table(string schema, string key, IEnumerable<(string Key, string Meaning)> rows)
    {
        var all = rows.ToArray();
        return new Report(
            schema, new { Rows = all.Select(r => new Dictionary<string, string> { [key] = r.Key, ["meaning"] = r.Meaning }) }, console =>
        {
            var table = new Table().Border(TableBorder.Simple).AddColumns(key, "meaning");
            foreach (var (left, meaning) in all) table.AddRow(Markup.Escape(left), Markup.Escape(meaning));
            console.Write(table);
        });
    }
}
