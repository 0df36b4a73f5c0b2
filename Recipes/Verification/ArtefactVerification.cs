using Grafting.Core;
using Grafting.Core.Checkpoints;
using Grafting.Core.Running;
using Grafting.Core.Training;
using Grafting.Core.Transfer;
using Grafting.Core.Transfer.Export;
using Grafting.Surrogates;
using static TorchSharp.torch;

namespace Grafting.Recipes.Verification;

/// <summary>
/// Compares an artefact with its <c>graft.json</c>, and with the artefacts that it was made from as far as they are there.
/// </summary>
public static class ArtefactVerification
{
    /// <summary>Looks at everything, and goes on after a problem.</summary>
    /// <exception cref="GraftException">Input, when the folder is not there or is no artefact.</exception>
    /// <exception cref="OperationCanceledException">When a stop is requested.</exception>
    public static VerificationResult Run(string folder, IProgress<ProgressReport>? progress = null, StopRequest? stop = null)
    {
        folder = Existing(folder);
        var findings = new Findings(progress, stop);
        var kind = File.Exists(Path.Combine(folder, ArtefactManifest.FileName)) ? OfManifest(folder, findings) : OfRun(folder, findings);
        return new VerificationResult(folder, kind, findings.Checks, findings.Notes, null);
    }

    /// <summary>The same for a graft, and then its logits for text beside those of its target, if all else holds.</summary>
    /// <exception cref="GraftException">Usage, when the artefact is not a graft.</exception>
    public static VerificationResult RunWithLogits(
        string folder, Device device, ScalarType dtype, IProgress<ProgressReport>? progress = null, StopRequest? stop = null)
    {
        if (KindOf(Existing(folder)) is { } kind and not GraftArtefact.Kind)
            throw Fault.Usage(
                $"--logits compares a graft with its target, and {folder} is a {kind}.",
                "Give the folder of a graft, or leave out --logits.");
        var result = Run(folder, progress, stop);
        if (result.Kind == GraftArtefact.Kind && result.Ok && GraftArtefact.Open(result.Artefact).Tuning is not null)
            throw Fault.Usage($"{folder} is fine-tuned, so that its words are no longer those of its target.", "Leave out --logits.");
        // What is damaged may not load, and its logits would prove nothing.
        if (!result.Ok)
            return result with { Notes = [.. result.Notes, "the logits were not compared, because of the problems found before"] };
        var logits = TextIdentity.Compare(GraftArtefact.Open(result.Artefact), device, dtype, progress, stop);
        var check = new Check("logits for text", result.Artefact);
        if (logits.Differing > 0)
        {
            check = check with
            {
                Problem =
                    $"{result.Artefact}: the logits of {logits.Differing} of {logits.Tokens} text tokens are not those of the target.",
                Remedy = "On this device the arithmetic may depend on more than its input; try --device cpu.",
            };
        }
        return result with { Checks = [.. result.Checks, check], Logits = logits };
    }

    /// <summary>Null where the manifest cannot be read, which the checks will tell.</summary>
    static string? KindOf(string folder) => File.Exists(Path.Combine(folder, ArtefactManifest.FileName))
        ? new Findings(null, null).Try("manifest", folder, () => ArtefactManifest.Read(folder))?.Kind
        : IsRun(folder) ? RunChecks.Kind : null;

    static bool IsRun(string folder) =>
        File.Exists(Path.Combine(folder, RunFolder.RecipeName)) || Directory.Exists(Path.Combine(folder, CheckpointStore.FolderName));

    static string Existing(string folder) => Directory.Exists(folder)
        ? Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))
        : throw Fault.Input($"{folder}: no such folder.", "Give the folder of a surrogate, run, bundle or graft.");

    static string? OfManifest(string folder, Findings findings)
    {
        if (findings.Manifest(folder) is not { } manifest) return null;
        var tensors = findings.Files(folder, manifest);
        switch (manifest.Kind)
        {
            case SurrogateBuilder.Kind:
                SurrogateChecks.Run(folder, tensors, findings);
                break;
            case EncoderBundle.Kind:
                BundleChecks.Run(folder, manifest, findings);
                break;
            case GraftArtefact.Kind:
                GraftChecks.Run(folder, manifest, findings);
                break;
            case HuggingFaceWriter.Kind:
                ExportChecks.Run(folder, manifest, tensors, findings);
                break;
        }
        return manifest.Kind;
    }

    static string OfRun(string folder, Findings findings)
    {
        // Throws, and says what an artefact has.
        if (!IsRun(folder)) ArtefactManifest.Read(folder);
        RunChecks.Run(folder, findings);
        return RunChecks.Kind;
    }
}
