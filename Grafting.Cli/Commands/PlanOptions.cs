using System.CommandLine;
using Grafting.Core;
using Grafting.Core.Checkpoints;
using Grafting.Core.Imaging;
using Grafting.Core.Models;
using Grafting.Core.Models.Towers;
using Grafting.Recipes;
using Grafting.Surrogates;
using Grafting.Surrogates.Planning;

namespace Grafting.Cli.Commands;

/// <summary>What <c>graft plan</c> assumes and what limits it keeps to.</summary>
sealed class PlanOptions
{
    readonly Option<string?> _memory = new("--memory")
    {
        Description = "Memory of the device that trains, e.g. 80GB [default: that of --device, else no limit]",
        HelpName = "amount",
    };

    readonly Option<double?> _hours = new("--hours")
    {
        Description = "Time for both stages on one device; without --device and --calibrate the plan says what speed that asks for",
        HelpName = "H",
    };

    readonly Option<string?> _device = new("--device")
    {
        Description = $"Device to plan for, from its data sheet: {string.Join(", ", Accelerators.All.Select(device => device.Name))}",
        HelpName = "name",
    };

    readonly Option<double> _utilisation = new("--utilisation")
    {
        Description = "Fraction of the data sheet's speed that training reaches: an assumption",
        HelpName = "U",
        DefaultValueFactory = _ => 0.4,
    };

    readonly Option<bool> _calibrate = new("--calibrate")
    {
        Description = "Measure the speed here: a few passes of one layer of the target's real sizes, with random weights",
    };

    readonly Option<int?> _transition = new("--transition")
    {
        Description = "Layer where the target turns from reading to predicting, as measured [default: from the last analysis if it is of "
            + "this target, else from the published cuts]",
        HelpName = "K",
    };

    readonly Option<string> _samples = new("--samples")
    {
        Description = "Samples of stage 1, and of stage 2 after a comma; the default is the published numbers",
        HelpName = "N[,M]",
        DefaultValueFactory = _ => FormattableString.Invariant($"{new SampleCounts().StageOne},{new SampleCounts().StageTwo}"),
    };

    readonly Option<int> _batch = new("--batch")
    {
        Description = "Sequences in one forward pass",
        HelpName = "N",
        DefaultValueFactory = _ => 1,
    };

    readonly Option<int?> _imageTokens = new("--image-tokens")
    {
        Description = "Positions of a picture, boundary included [default: the tower's tokens, tiles included, + 2; 579 for CLIP "
            + "ViT-L/14-336]",
        HelpName = "N",
    };

    readonly Option<int> _tiles = new("--tiles")
    {
        Description = "Tiles that a picture is cut into beside being read whole: an assumption about the data",
        HelpName = "N",
        DefaultValueFactory = _ => 0,
    };

    readonly Option<int> _textTokens = new("--text-tokens")
    {
        Description = "Further positions of a sample: an assumption about the data",
        HelpName = "N",
        DefaultValueFactory = _ => 128,
    };

    readonly Option<int?> _supervised = new("--supervised-tokens")
    {
        Description = "Text tokens that are predicted [default: half of them]",
        HelpName = "N",
    };

    readonly Option<string?> _dtype = new("--dtype")
    {
        Description = "Type of weights and arithmetic: float32, bfloat16 or float16 [default: that of config.json]",
        HelpName = "type",
    };

    readonly Option<bool> _recompute = new("--recompute")
    {
        Description = "Plan for layers that are computed again in the backward pass: less memory, more operations",
    };

    readonly Option<string?> _tower = new("--tower")
    {
        Description = "Vision tower: a model folder, a Hub repository or a known name [default: the sizes of CLIP ViT-L/14-336]",
        HelpName = "model",
    };

    readonly Option<int?> _rehearse = new("--rehearse")
    {
        Description = "Train a few steps here with a surrogate of so many layers and random weights, and compare its memory with the plan",
        HelpName = "N",
    };

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])
        [
            _memory, _hours, _device, _utilisation, _calibrate, _transition, _samples, _batch, _imageTokens, _tiles, _textTokens,
            _supervised, _dtype,
            _recompute, _tower, _rehearse,
        ])
        {
            command.Add(option);
        }
    }

    public int? Rehearse(ParseResult parsed) => parsed.GetValue(_rehearse);

    public VisionTowerConfig Tower(ParseResult parsed, TargetResolver resolver)
    {
        if (parsed.GetValue(_tower) is not { } tower) return VisionShape.ClipLarge336;
        return TowerCheckpoint.Read(resolver.FindTower(tower)).Config;
    }

    public TrainingWorkload Work(ParseResult parsed, TargetShape target, VisionTowerConfig tower)
    {
        var (text, tiles) = (parsed.GetValue(_textTokens), parsed.GetValue(_tiles));
        Fault.IfOutside(tiles, 0, TileGrid.MostTiles, "--tiles");
        return new TrainingWorkload(
            Type(parsed.GetValue(_dtype)) ?? target.Type,
            parsed.GetValue(_batch),
            parsed.GetValue(_imageTokens) ?? (1 + tiles) * tower.Shape.Features + 2,
            text,
            parsed.GetValue(_supervised) ?? Math.Max(1, text / 2),
            parsed.GetValue(_recompute))
        {
            Squares = 1 + tiles,
        }.Validate();
    }

    /// <param name="measured">The transition that an analysis of this target has found, if there is one.</param>
    /// <param name="calibration">Receives what was measured, if that was asked for.</param>
    public PlanRequest Request(
        ParseResult parsed, TargetShape target, VisionTowerConfig tower, KnownTransition? measured, Action<Calibration> calibration)
    {
        var work = Work(parsed, target, tower);
        if (parsed.GetValue(_device) is not null && parsed.GetValue(_calibrate))
            throw Fault.Usage(
                "--device and --calibrate both say what trains.", "Give one of them; --memory says what a calibrated machine has.");
        var device = parsed.GetValue(_device) is { } name ? Accelerators.Find(name) : null;
        var memory = parsed.GetValue(_memory) is { } amount ? ByteAmount.Parse(amount, "--memory") : device?.Memory;
        var request = new PlanRequest(
            work,
            tower,
            SampleCounts.Parse(parsed.GetRequiredValue(_samples)),
            new PlanLimits(memory, parsed.GetValue(_hours)),
            device is null ? null : Speed.Of(device, parsed.GetValue(_utilisation)),
            parsed.GetValue(_transition) is { } layer ? KnownTransition.At(layer, target) : measured);
        if (!parsed.GetValue(_calibrate)) return request;
        var timed = Calibration.Measure(target, work);
        calibration(timed);
        return request with { Speed = timed.ToSpeed() };
    }

    static TensorType? Type(string? name) => name switch
    {
        null => null,
        "float32" => TensorType.F32,
        "bfloat16" => TensorType.BF16,
        "float16" => TensorType.F16,
        _ => throw Fault.Usage($"--dtype is {Printable.Quote(name)}; it must be float32, bfloat16 or float16."),
    };
}
