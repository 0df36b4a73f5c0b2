using Grafting.Core.Checkpoints;
using Grafting.Core.Transfer;

namespace Grafting.Recipes.Verification;

/// <summary>Whether a graft, its bundle, the bundle's surrogate and the target belong together.</summary>
static class GraftChecks
{
    public static void Run(string folder, ArtefactManifest manifest, Findings findings)
    {
        var path = Path.Combine(folder, ArtefactManifest.FileName);
        var tuning = findings.Try("fine-tuning", path, () => FineTuned.ReadFrom(manifest, folder));
        var own = findings.Try("fingerprint", path, () => EmbeddingFingerprint.ReadFrom(manifest, folder));
        var source = SourceChecks.Find(folder, manifest, GraftArtefact.BundleRole, findings);
        var bundle = source is not null && SourceChecks.IsThere(source, findings)
            ? findings.Try(source.Role, source.Path, () => ArtefactManifest.Read(source.Path, EncoderBundle.Kind))
            : null;
        if (bundle is not null) Bundle(folder, manifest, source!, bundle, own, tuning, findings);
        if (tuning is not null) FineTunedChecks.Run(folder, manifest, tuning, findings);

        var fingerprint = own
            ?? (
                bundle is null
                    ? null
                    : findings.Try("fingerprint", source!.Path, () => EmbeddingFingerprint.ReadFrom(bundle, source.Path)));
        if (fingerprint is null)
        {
            var problem = $"{path}: has no fingerprint, nor has the bundle, so that nothing can be proved about the target.";
            findings.Fails("fingerprint", path, problem, "Run 'graft transfer' again.");
        }
        else if (own is null)
        {
            findings.Note(
                $"{path}: has no fingerprint that can be used, as those of older versions have none; that of the bundle was taken");
        }
        if (SourceChecks.FindSurrogate(folder, manifest, findings) is { } surrogate)
            SourceChecks.Surrogate(folder, surrogate, fingerprint, findings);
        if (SourceChecks.Find(folder, manifest, "target", findings) is { } target && fingerprint is not null)
            SourceChecks.Target(folder, target.Path, fingerprint, findings);
    }

    static void Bundle(
        string folder, ArtefactManifest manifest, ArtefactSource source, ArtefactManifest bundle, IReadOnlyDictionary<string, string>? own,
        FineTuned? tuning, Findings findings)
    {
        SourceChecks.Identity(folder, source, GraftArtefact.Identity(source.Path), findings);
        // Fine-tuning trains the encoder further.
        findings.Add(
            "encoder",
            source.Path,
            EncoderFiles.Names
                .Where(name => tuning is null || name != EncoderFiles.WeightsName)
                .Where(name => bundle.Files.GetValueOrDefault(name)?.Sha256 != manifest.Files.GetValueOrDefault(name)?.Sha256)
                .Select(name => $"{Path.Combine(source.Path, name)}: is not the file of that name in {folder}."),
            "Run 'graft transfer' again.");
        if (own is not null
            && findings.Try("fingerprint", source.Path, () => EmbeddingFingerprint.ReadFrom(bundle, source.Path)) is { } fingerprint)
            SourceChecks.Fingerprint(folder, source, fingerprint, own, findings);
    }
}
