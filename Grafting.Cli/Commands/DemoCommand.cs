using System.CommandLine;
using Grafting.Cli.Help;
using Grafting.Cli.Rendering;
using Grafting.Core;

namespace Grafting.Cli.Commands;

/// <summary><c>graft demo</c>.</summary>
sealed class DemoCommand : GraftCommand
{
    const int Layers = 6;

    readonly Option<int> _seed = new("--seed") { Description = "Seed of the training", HelpName = "N", DefaultValueFactory = _ => 1 };

    public DemoCommand() : base(
        "demo",
        "The whole job on the built-in target: build-surrogate, train-encoder, transfer --evaluate, in the workspace. Prints the three "
            + "commands as it runs them, the table of results, and the path of the report.",
        new Example("graft demo", "A few minutes on two cores."),
        new Example("graft demo --json", "Ends with the document of 'graft transfer --evaluate' (schema graft.transfer/1)."))
    {
        Add(_seed);
    }

    public override Report Run(ParseResult parsed, Session session)
    {
        Step(new BuildSurrogateCommand(), $"--target toy --layers {Layers}", session);
        Step(new TrainEncoderCommand(), $"--seed {parsed.GetValue(_seed)}", session);
        return Step(new TransferCommand(), "--evaluate", session);
    }

    static Report Step(GraftCommand command, string arguments, Session session)
    {
        session.Screen.Say($"$ graft {command.Name} {arguments}");
        var parsed = command.Parse(arguments);
        if (parsed.Errors.Count > 0) throw Fault.Usage(parsed.Errors[0].Message);
        return command.Run(parsed, session);
    }
}
