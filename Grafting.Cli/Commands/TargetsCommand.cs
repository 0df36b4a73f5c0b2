using System.CommandLine;
using Grafting.Cli.Help;
using Grafting.Cli.Rendering;
using Grafting.Core;
using Grafting.Recipes;
using Grafting.Surrogates;
using Spectre.Console;

namespace Grafting.Cli.Commands;

/// <summary><c>graft targets</c>.</summary>
sealed class TargetsCommand() : GraftCommand(
    "targets",
    "List the language models that have a short name, and which of them are on this machine. Every command also takes a folder or the "
        + "name of a Hub repository (org/name) that is in the local Hugging Face cache.",
    new Example("graft targets", "A table."),
    new Example("graft targets --json", "The same for a program (schema graft.targets/1), with the places looked at."))
{
    public override Report Run(ParseResult parsed, Session session)
    {
        var resolver = new TargetResolver(session.Host.Variable, AppContext.BaseDirectory);
        var rows = Catalogue.Entries.Select(entry => Row.Of(entry, resolver)).ToArray();
        return new Report("graft.targets/1", new { Targets = rows }, console => Render(rows, console));
    }

    static void Render(Row[] rows, IAnsiConsole console)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns("name", "what", "layers", "parameters", "here");
        table.Columns[2].RightAligned();
        table.Columns[3].RightAligned();
        foreach (var row in rows)
        {
            table.AddRow(
                Markup.Escape(row.Alias),
                Markup.Escape(row.Repository is null ? row.About : $"{row.About}\n{row.Repository}"),
                row.Layers is { } layers ? $"{layers}" : "",
                row.Parameters is { } parameters ? Quantity.Count(parameters) : "",
                Markup.Escape(row.Folder ?? row.Problem ?? "no"));
        }

        console.Write(table);
    }

    /// <param name="Folder">Null when the weights are not here, or cannot be used: then <paramref name="Problem"/> tells.</param>
    sealed record Row(
        string Alias, string About, string? Repository, bool Gated, int? Layers, long? Parameters, string? Folder,
        IReadOnlyList<string> Looked,
        string? Problem)
    {
        public static Row Of(CatalogueEntry entry, TargetResolver resolver)
        {
            var repository = entry.Repositories.Count > 0 ? entry.Repositories[0] : null;
            try
            {
                var target = resolver.Find(entry.Alias);
                var shape = TargetShape.Read(target.Config, target.ConfigSource, []);
                return new Row(
                    entry.Alias, entry.About, repository, entry.Gated, shape.Layers, shape.Parameters(shape.Layers), target.Folder,
                    target.Looked, null);
            }
            catch (GraftException e)
            {
                // One damaged folder must not hide the other targets.
                return new Row(entry.Alias, entry.About, repository, entry.Gated, null, null, null, [], e.Message);
            }
        }
    }
}
