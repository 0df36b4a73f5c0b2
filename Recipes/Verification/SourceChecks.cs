using Grafting.Core.Checkpoints;
using Grafting.Core.Transfer;
using Grafting.Surrogates;

namespace Grafting.Recipes.Verification;

/// <summary>Whether an artefact and those that it was made from belong together.</summary>
static class SourceChecks
{
    const string OtherSource = "Give back the one that it was made from, or make the artefact again.";

    /// <summary>The source of a role; one that is missing is a problem of the manifest.</summary>
    public static ArtefactSource? Find(string folder, ArtefactManifest manifest, string role, Findings findings)
    {
        var source = manifest.Sources.FirstOrDefault(source => source.Role == role);
        var path = Path.Combine(folder, ArtefactManifest.FileName);
        if (source is null) findings.Fails("manifest", path, $"{path}: names no {role}.", FileProblem.Remedy);
        return source;
    }

    /// <summary>The surrogate; an encoder that was imported may have none, and need not.</summary>
    public static ArtefactSource? FindSurrogate(string folder, ArtefactManifest manifest, Findings findings)
    {
        var imported = manifest.Sources.Any(source => source.Role == EncoderBundle.ImportRole)
            && manifest.Sources.All(source => source.Role != "surrogate");
        if (!imported) return Find(folder, manifest, "surrogate", findings);
        findings.Note($"{folder}: was imported, and has no surrogate to be compared with");
        return null;
    }

    /// <summary>Whether a source is where it was; if not, says that it was not looked at.</summary>
    public static bool IsThere(ArtefactSource source, Findings findings)
    {
        if (Directory.Exists(source.Path)) return true;
        findings.Note($"the {source.Role} {source.Path} is not there and was not checked");
        return false;
    }

    public static void Identity(string folder, ArtefactSource source, string actual, Findings findings)
    {
        var problem = $"{source.Path}: is not the {source.Role} that {folder} was made from: its identity is {actual}, "
            + $"{ArtefactManifest.FileName} says {source.Identity}.";
        findings.Add($"{source.Role} identity", source.Path, actual == source.Identity ? [] : [problem], OtherSource);
    }

    /// <summary>Whether the surrogate that an artefact names is the one that it was made with.</summary>
    public static void Surrogate(string folder, ArtefactSource source, IReadOnlyDictionary<string, string>? fingerprint, Findings findings)
    {
        if (!IsThere(source, findings)) return;
        if (findings.Try("surrogate", source.Path, () => SurrogateFolder.Open(source.Path, verify: false)) is not { } surrogate) return;
        Identity(folder, source, surrogate.Identity, findings);
        if (fingerprint is not null) Fingerprint(folder, source, surrogate.Fingerprint, fingerprint, findings);
    }

    /// <param name="actual">Of the source.</param>
    /// <param name="expected">Of the artefact.</param>
    public static void Fingerprint(
        string folder, ArtefactSource source, IReadOnlyDictionary<string, string> actual, IReadOnlyDictionary<string, string> expected,
        Findings findings) =>
        findings.Add(
            $"{source.Role} fingerprint",
            source.Path,
            from difference in EmbeddingFingerprint.Differences(actual, expected)
            select $"{source.Path} {difference}: its fingerprint is not that of {folder}.",
            OtherSource,
            expected.Count);

    /// <summary>Reads the tensors of the fingerprint in the target.</summary>
    public static void Target(string folder, string target, IReadOnlyDictionary<string, string> fingerprint, Findings findings)
    {
        using var model = findings.Try("target", target, () => Checkpoint.Open(target));
        if (model is null) return;
        var read = findings.Meter("verifying the target", EmbeddingFingerprint.BytesIn(model, fingerprint));
        findings.Add(
            "target tensors",
            target,
            from difference in EmbeddingFingerprint.Differences(model, fingerprint, read)
            select $"{target} {difference}: it is not the model that {folder} was made for.",
            OtherSource,
            fingerprint.Count);
    }
}
