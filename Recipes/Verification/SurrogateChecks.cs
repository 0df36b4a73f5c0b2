using Grafting.Core;
using Grafting.Core.Checkpoints;
using Grafting.Surrogates;

namespace Grafting.Recipes.Verification;

/// <summary>Whether what a surrogate inherited is the target's, byte for byte.</summary>
static class SurrogateChecks
{
    /// <param name="tensors">Digests of the surrogate's tensors, as read now; null where its weight files are damaged.</param>
    public static void Run(string folder, IReadOnlyDictionary<string, (string Digest, string File)>? tensors, Findings findings)
    {
        var path = Path.Combine(folder, ArtefactManifest.FileName);
        if (findings.Try("manifest", path, () => SurrogateFolder.Open(folder, verify: false)) is not { } surrogate) return;
        // Damage has been placed already, and need not be told twice.
        if (tensors is null)
            findings.Note($"{folder}: its inherited tensors were not compared with the target's, because its weight files are not whole");
        else findings.Add(
            "inherited tensors", folder, Inherited(folder, surrogate, tensors), "Build the surrogate again.", surrogate.Fingerprint.Count);
        if (SourceChecks.IsThere(surrogate.Target, findings))
            SourceChecks.Target(folder, surrogate.Target.Path, surrogate.Fingerprint, findings);
    }

    static IEnumerable<string> Inherited(
        string folder, SurrogateFolder surrogate, IReadOnlyDictionary<string, (string Digest, string File)> tensors)
    {
        var known = new HashSet<string>();
        foreach (var (name, digest) in surrogate.Fingerprint)
        {
            var own = surrogate.OwnName(name);
            if (own is not null) known.Add(own);
            if (own is null || !tensors.TryGetValue(own, out var tensor))
                yield return $"{folder}: has no tensor for {Printable.Quote(name)}, which it inherited from the target.";
            else if (tensor.Digest != digest)
            {
                yield return $"{tensor.File}: tensor {Printable.Quote(own)} is not the target's {Printable.Quote(name)}: "
                    + $"its SHA-256 is {tensor.Digest}, the target's is {digest}.";
            }
        }
        foreach (var (name, tensor) in tensors)
        {
            if (!known.Contains(name) && !surrogate.IsTrained(name))
                yield return $"{tensor.File}: tensor {Printable.Quote(name)} is neither inherited from the target nor part of a translator.";
        }
    }
}
