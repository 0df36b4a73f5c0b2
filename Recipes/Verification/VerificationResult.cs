using Grafting.Core.Transfer;

namespace Grafting.Recipes.Verification;

/// <summary>One thing that was looked at.</summary>
/// <param name="What">In a few words, e.g. "file" or "target tensors".</param>
/// <param name="Path">The file or folder that was looked at.</param>
/// <param name="Problem">A sentence that names the place; null where it holds.</param>
/// <param name="Remedy">What to do about the problem.</param>
public sealed record Check(string What, string Path, string? Problem = null, string? Remedy = null)
{
    public bool Ok => Problem is null;

    /// <summary>How many things it is about, where it is about several.</summary>
    public int? Count { get; init; }
}

/// <summary>All that was looked at in an artefact.</summary>
/// <param name="Artefact">Its folder.</param>
/// <param name="Kind">"surrogate", "run", "bundle", "graft" and so on; null where its manifest cannot be read.</param>
/// <param name="Notes">What could not be looked at, and why.</param>
/// <param name="Logits">Those of a graft beside those of its target, where they were asked for.</param>
public sealed record VerificationResult(
    string Artefact, string? Kind, IReadOnlyList<Check> Checks, IReadOnlyList<string> Notes, LogitComparison? Logits)
{
    public const string Schema = "graft.verify/1";

    public bool Ok => Checks.All(check => check.Ok);
}
