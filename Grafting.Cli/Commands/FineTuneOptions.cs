using System.CommandLine;
using System.Globalization;
using Grafting.Core;
using Grafting.Core.Running;
using Grafting.Core.Transfer;
using Grafting.Recipes.Runs;
using Grafting.Recipes.Schema;
using Grafting.Recipes.Toy;

namespace Grafting.Cli.Commands;

/// <summary>How a graft is trained further.</summary>
sealed class FineTuneOptions
{
    readonly Option<string?> _method = new("--finetune")
    {
        Description = "Train on from the graft: full (the language model itself) or lora (adapters of low rank in it), with what else the "
            + "recipe's fineTune section trains",
        HelpName = "full|lora",
    };

    readonly Option<double?> _fraction = new("--fraction")
    {
        Description = "Share of the training data to read, 0 to 1; a smaller one lies within a larger [default: the recipe's]",
        HelpName = "F",
    };

    readonly Option<string?> _curve = new("--curve")
    {
        Description = "Percents of the training data, rising, e.g. 0,10,20,30: examine at each, in one run, and end where there is no "
            + "more gain; the learning rate falls to 0 at the last. Of full fine-tuning, unless --finetune says lora",
        HelpName = "percents",
    };

    readonly Option<bool> _noStop = new("--no-stop")
    {
        Description = "With --curve: go on to the last mark, also where there is no more gain",
    };
    readonly Option<string[]> _trainData = DataOptions.Samples("Training samples", "drawn scenes for the built-in target", "--train-data");

    readonly Option<string?> _recipe = new("--recipe", "-r")
    {
        Description = $"Whose fineTune section says how: {string.Join(", ", RecipeFile.Names)}, or a YAML file [default: the bundle's "
            + "recipe]",
        HelpName = "recipe",
    };

    readonly Option<string[]> _set = RecipeOptions.Set();
    readonly Option<bool> _resume = new("--resume") { Description = "Go on with the last fine-tuning run, or the one given with --run" };
    readonly Option<string?> _run = new("--run")
    {
        Description = "Folder of the fine-tuning run [default: in the workspace, runs/<graft>-<method>; with --resume the last one]",
        HelpName = "folder",
    };
    readonly Option<bool> _dryRun = new("--dry-run")
    {
        Description = "With --finetune: print steps, samples, what trains and its memory, and train nothing",
    };

    /// <summary>Options that a resumed run has settled already.</summary>
    public IReadOnlyList<Option> Settled => [_method, _fraction, _curve, _noStop, _trainData, _recipe, _set];

    public void AddTo(Command command)
    {
        Option[] options = [_method, _fraction, _curve, _noStop, _trainData, _recipe, _set, _resume, _run, _dryRun];
        foreach (var option in options) command.Add(option);
    }

    public bool Resumes(ParseResult parsed) => parsed.GetValue(_resume);

    public bool IsDryRun(ParseResult parsed) => parsed.GetValue(_dryRun);

    public bool HasCurve(ParseResult parsed) => parsed.GetValue(_curve) is not null;

    /// <summary>Null where nothing is to be trained.</summary>
    public FineTuneMethod? Method(ParseResult parsed)
    {
        if (parsed.GetValue(_method) is not { } method)
        {
            if (HasCurve(parsed)) return FineTuneMethod.Full;
            Option[] others = [_fraction, _noStop, _trainData, _recipe, _set, _run, _dryRun];
            if (others.FirstOrDefault(option => parsed.GetResult(option) is { Implicit: false }) is { } stray)
                throw Fault.Usage(
                    $"{stray.Name} is about fine-tuning, and --finetune was not given.", "Add --finetune full or --finetune lora.");
            return null;
        }
        return method switch
        {
            "full" => FineTuneMethod.Full,
            "lora" => FineTuneMethod.Lora,
            _ => throw Fault.Usage($"--finetune is '{method}'; it must be full or lora."),
        };
    }

    public FineTuneRequest Reopen(ParseResult parsed, Session session, DeviceOptions device) => FineTuneRequest.Reopen(
        session.Workspace.Resolve(ArtefactKind.FineTuning, parsed.GetValue(_run), "--run", "graft transfer --finetune"),
        device.Device(parsed));

    /// <param name="graft">Folder of the graft to begin with.</param>
    /// <param name="bundle">Folder of its bundle, which holds the default recipe.</param>
    /// <param name="target">Folder of the language model.</param>
    /// <param name="images">Folder of the pictures.</param>
    /// <param name="output">Folder of the result, where one was given.</param>
    /// <param name="curve">How the marks of <c>--curve</c> are examined.</param>
    public FineTuneRequest Request(
        ParseResult parsed, Session session, DeviceOptions device, FineTuneMethod method, string graft, string bundle, string target,
        string? images, string? output,
        Func<CurveRequest> curve)
    {
        var edits = parsed.GetValue(_set) ?? [];
        var recipe = RecipeFile.Load(parsed.GetValue(_recipe) ?? BundledRecipe(bundle), edits);
        var label = method.ToString().ToLowerInvariant();
        var name = $"{Path.GetFileName(Path.TrimEndingDirectorySeparator(graft))}-{label}";
        var run = parsed.GetValue(_run) ?? session.Workspace.NewPath(ArtefactKind.FineTuning, name);
        if (Directory.Exists(run)) throw Fault.Usage($"{run} is there already.", "Add --resume to go on with it, or give another --run.");
        var percents = Percents(parsed);
        var request = new FineTuneRequest(
            graft, recipe, method, [], Data(parsed, session, target, images), run,
            output ?? session.Workspace.NewPath(ArtefactKind.Graft, name),
            device.Device(parsed), device.DType(parsed), $"transfer --finetune {label}{RecipeOptions.Repeat(edits)}");
        if (percents is null) return request with { Fractions = [Fraction(parsed) ?? request.Section.Fraction] };
        return request with
        {
            Fractions = [.. percents.Where(percent => percent > 0).Select(percent => percent / 100)],
            Curve = curve() with { FromGraft = percents[0] == 0, StopWhenFlat = !parsed.GetValue(_noStop) },
        };
    }

    double? Fraction(ParseResult parsed)
    {
        if (parsed.GetValue(_noStop))
            throw Fault.Usage("--no-stop is about --curve, which was not given.", "Leave it out, or add --curve.");
        if (parsed.GetValue(_fraction) is not { } fraction) return null;
        if (!(fraction > 0 && fraction <= 1))
            throw Fault.Usage(
                FormattableString.Invariant($"--fraction is {fraction}; it must be above 0, and 1 at most."), "0.2 is 20 % of the data.");
        return fraction;
    }

    double[]? Percents(ParseResult parsed)
    {
        if (parsed.GetValue(_curve) is not { } text) return null;
        if (parsed.GetValue(_fraction) is not null)
            throw Fault.Usage("--curve and --fraction both say how much data is read.", "Give one of them.");
        var percents = Array.ConvertAll(text.Split(','), word =>
            double.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out var percent) && percent is >= 0 and <= 100
                ? percent
                : throw Fault.Usage($"--curve has {Printable.Quote(word)}; percents from 0 to 100 were expected, e.g. 0,10,20,30."));
        for (var i = 1; i < percents.Length; i++)
        {
            if (percents[i] <= percents[i - 1]) throw Fault.Usage($"--curve is '{text}'; each percent must be above the one before it.");
        }
        return percents[^1] > 0
            ? percents
            : throw Fault.Usage("--curve ends at 0, so that nothing would be trained.", "Add marks above 0, e.g. 0,10,20,30.");
    }

    TrainingFiles Data(ParseResult parsed, Session session, string target, string? images)
    {
        if (parsed.GetValue(_trainData) is { Length: > 0 } data) return new TrainingFiles(data, images);
        if (!ToyData.IsFor(target)) throw Fault.Usage("there is no training data.", "Give --train-data FILE and --images FOLDER.");
        session.Screen.Say("drawing scenes and questions for the built-in target");
        return ToyData.Ensure(Path.Combine(session.Workspace.Folder, "data", "toy")).Training;
    }

    static string BundledRecipe(string bundle)
    {
        var path = Path.Combine(bundle, EncoderBundle.RecipeName);
        return File.Exists(path) ? path : throw Fault.Usage($"{path} is not there, so there is no default recipe.", "Give --recipe.");
    }
}
