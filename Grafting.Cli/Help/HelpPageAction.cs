using System.CommandLine;
using System.CommandLine.Invocation;
using Grafting.Cli.Rendering;

namespace Grafting.Cli.Help;

/// <summary>Action of <c>--help</c>, also of <c>graft</c> without a command.</summary>
/// <param name="asked">By <c>--help</c>: then what is wrong with the rest of the line does not matter.</param>
sealed class HelpPageAction(CliHost host, GlobalOptions options, bool asked) : SynchronousCommandLineAction
{
    public override bool Terminating => true;

    public override bool ClearsParseErrors => asked;

    public override int Invoke(ParseResult parseResult)
    {
        using var screen = new Screen(host, options.VerbosityOf(parseResult));
        screen.Show(ReportOn(parseResult.CommandResult.Command, host.OutputTerminal.Width));
        return ExitCodes.Done;
    }

    public static Report ReportOn(Command command, int width)
    {
        var shape = CommandShape.Of(command);
        return new Report("graft.help/1", shape, console => console.Profile.Out.Writer.Write(HelpPage.Render(shape, width)));
    }
}
