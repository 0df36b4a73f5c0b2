using System.CommandLine;
using System.CommandLine.Invocation;
using Grafting.Cli.Rendering;

namespace Grafting.Cli.Help;

/// <summary>Action of <c>--version</c>.</summary>
sealed class VersionAction(CliHost host, GlobalOptions options) : SynchronousCommandLineAction
{
    public override bool Terminating => true;

    public override int Invoke(ParseResult parseResult)
    {
        using var screen = new Screen(host, options.VerbosityOf(parseResult));
        screen.Show(new Report(
            "graft.version/1", new { Product.Version }, console => console.Profile.Out.Writer.WriteLine($"graft {Product.Version}")));
        return ExitCodes.Done;
    }
}
