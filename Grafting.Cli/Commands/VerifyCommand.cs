using System.CommandLine;
using Grafting.Cli.Help;
using Grafting.Cli.Rendering;
using Grafting.Recipes.Verification;

namespace Grafting.Cli.Commands;

/// <summary><c>graft verify</c>.</summary>
sealed class VerifyCommand : GraftCommand
{
    readonly Argument<string> _artefact = new("artefact")
    {
        Description = "Folder of a surrogate, run, bundle, graft, or anything else with a graft.json",
    };
    readonly Option<bool> _logits = new("--logits")
    {
        Description = "For a graft: compare its logits for text with those of its target, bit for bit",
    };
    readonly DeviceOptions _device = new();

    public VerifyCommand() : base(
        "verify",
        "Read every file of an artefact and compare it with the digests in its graft.json, naming file and tensor of all damage; and "
            + "prove that the artefact and those that it was made from belong together, as far as they are there. Changes nothing; exit "
            + "code 3 if something does not hold.",
        new Example("graft verify grafts/surrogates/toy-6", "Every file, and every inherited tensor against the target."),
        new Example("graft verify grafts/grafts/toy --logits", "Also that words alone give the logits of the target, bit for bit."),
        new Example(
            "graft verify grafts/runs/toy --json", "Every checkpoint of a run; each check in one document (schema graft.verify/1)."))
    {
        Add(_artefact);
        Add(_logits);
        _device.AddTo(this);
    }

    public override Report Run(ParseResult parsed, Session session)
    {
        var artefact = parsed.GetRequiredValue(_artefact);
        var result = parsed.GetValue(_logits)
            ? ArtefactVerification.RunWithLogits(
                artefact, _device.Device(parsed), _device.DType(parsed), session.Screen.Progress, session.Host.Stop)
            : ArtefactVerification.Run(artefact, session.Screen.Progress, session.Host.Stop);
        var content = new { result.Artefact, result.Kind, result.Checks, result.Notes, result.Logits };
        return new Report(
            VerificationResult.Schema, content, console => VerificationList.Write(console, result),
            result.Ok ? ExitCodes.Done : ExitCodes.Input);
    }
}
