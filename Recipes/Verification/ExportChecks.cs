using Grafting.Core;
using Grafting.Core.Checkpoints;
using Grafting.Core.Transfer;

namespace Grafting.Recipes.Verification;

/// <summary>Whether the language model of an export is the one that it was made from.</summary>
static class ExportChecks
{
    /// <param name="tensors">Digests of the export's own tensors, as read now; null where its weight files are damaged.</param>
    public static void Run(
        string folder, ArtefactManifest manifest, IReadOnlyDictionary<string, (string Digest, string File)>? tensors, Findings findings)
    {
        var path = Path.Combine(folder, ArtefactManifest.FileName);
        if (
            findings.Try(
                "fingerprint", path, () => EmbeddingFingerprint.ReadFrom(manifest, folder) ?? new Dictionary<string,
                string>()) is not { } fingerprint)
            return;
        if (findings.Try("reference", path, () => CheckpointReference.In(folder)) is { } reference)
        {
            var model = reference.ModelFrom(folder);
            if (Directory.Exists(model)) SourceChecks.Target(folder, model, fingerprint, findings);
            else findings.Fails(
                "reference", path, $"{folder}: refers to the model {model}, which is not there.",
                "Put both back where they stood to each other.");
            return;
        }
        // Damage has been placed already, and need not be told twice.
        if (tensors is null) return;
        var own = tensors.Values.Select(tensor => tensor.Digest).ToHashSet();
        var missing = fingerprint.Where(pair => !own.Contains(pair.Value)).Select(pair => pair.Key).ToList();
        // With vectors around a picture, two rows of the embedding table are not the target's.
        var allowed = manifest.Details["tokens"]?["start"] is null ? 0 : 1;
        findings.Add(
            "target tensors", folder,
            missing.Count <= allowed
                ? []
                : missing.Select(name => $"{folder}: has no tensor with the bytes of the target's {Printable.Quote(name)}."),
            "Export again.", fingerprint.Count - missing.Count);
    }
}
