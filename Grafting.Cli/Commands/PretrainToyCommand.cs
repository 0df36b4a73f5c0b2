using System.CommandLine;
using System.Text.Json.Nodes;
using Grafting.Cli.Help;
using Grafting.Cli.Rendering;
using Grafting.Recipes.Toy;

namespace Grafting.Cli.Commands;

/// <summary><c>graft pretrain-toy</c>.</summary>
sealed class PretrainToyCommand : GraftCommand
{
    readonly Option<string> _output = new("--output", "-o")
    {
        Description = "Folder of the new target",
        HelpName = "folder",
        Required = true,
    };
    readonly Option<int> _seed = new("--seed")
    {
        Description = "Seed of initial values and texts",
        HelpName = "N",
        DefaultValueFactory = _ => 1,
    };

    readonly Option<int> _layers = new("--layers")
    {
        Description = "Depth: 8 as the one that comes with graft, or 16 for its larger sibling",
        HelpName = "N",
        DefaultValueFactory = _ => 8,
    };
    readonly Option<int?> _steps = new("--steps")
    {
        Description = "Steps of each phase, to try it out [default: those that made the target that comes with graft]",
        HelpName = "N",
    };
    readonly DeviceOptions _device = new();

    public PretrainToyCommand() : base(
        "pretrain-toy",
        "Train the built-in target again from nothing, on text alone: scenes in words and questions about them. With the same seed it "
            + "gives the same bytes on the same machine. An interrupted run is gone on with when the command is typed again.",
        new Example("graft pretrain-toy --output toy", "As the target that comes with graft was made: about twenty minutes on two cores."),
        new Example(
            "graft pretrain-toy --output toy16 --layers 16",
            "Its larger sibling, at full depth from the start, in a quarter of an hour; 'graft study' makes it as well."),
        new Example("graft pretrain-toy --output toy --seed 2 --steps 200", "Another seed, and only a try."))
    {
        Add(_output);
        Add(_seed);
        Add(_layers);
        Add(_steps);
        _device.AddTo(this, withType: false);
    }

    public override Report Run(ParseResult parsed, Session session)
    {
        var output = Path.GetFullPath(parsed.GetRequiredValue(_output));
        var layers = parsed.GetValue(_layers);
        var known = ToyPretraining.PhasesFor(layers);
        var phases = parsed.GetValue(_steps) is { } steps
            ? [.. known.Select(p => p with { Stage = (p.Stage with { Steps = steps }).Validate() })]
            : known;
        var seed = (ulong)parsed.GetValue(_seed);
        var result = ToyPretraining.Run(
            output, output + ".run", phases, seed, _device.Device(parsed), $"pretrain-toy --layers {layers} --seed {seed}",
            session.Screen.Progress, session.Host.Stop);
        var content = new JsonObject
        {
            ["target"] = result.Target,
            ["seconds"] = Math.Round(result.Seconds, 2),
            ["exactMatch"] = Math.Round(result.ExactMatch, 2),
        };
        return new Report("graft.pretrain-toy/1", content, console =>
        {
            var writer = console.Profile.Out.Writer;
            writer.WriteLine(
                FormattableString.Invariant(
                    $"{result.ExactMatch:F1} % of the questions about validation scenes are answered from their description"));
            writer.WriteLine(FormattableString.Invariant($"trained in {result.Seconds:F0} s"));
            writer.WriteLine($"target: {result.Target}");
        });
    }
}
