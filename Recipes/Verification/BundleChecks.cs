using Grafting.Core.Checkpoints;
using Grafting.Core.Transfer;

namespace Grafting.Recipes.Verification;

/// <summary>Whether a bundle speaks to its surrogate.</summary>
static class BundleChecks
{
    public static void Run(string folder, ArtefactManifest manifest, Findings findings)
    {
        var path = Path.Combine(folder, ArtefactManifest.FileName);
        var fingerprint = findings.Try(
            "fingerprint", path, () => EmbeddingFingerprint.ReadFrom(manifest, folder) ?? new Dictionary<string, string>());
        if (fingerprint is { Count: 0 })
            findings.Fails("fingerprint", path, $"{path}: has no fingerprint of the embedding space.", "Train the encoder again.");
        else if (fingerprint is not null)
            findings.Holds("fingerprint", path, fingerprint.Count);
        if (SourceChecks.FindSurrogate(folder, manifest, findings) is { } surrogate)
            SourceChecks.Surrogate(folder, surrogate, fingerprint, findings);
    }
}
