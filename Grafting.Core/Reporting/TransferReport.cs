using Grafting.Core.Evaluation;
using Grafting.Core.Reporting.Charts;

namespace Grafting.Core.Reporting;

/// <summary>What <c>report.html</c> shows of a transfer.</summary>
/// <param name="Title">E.g. "Zero-shot graft onto llama8b".</param>
/// <param name="Facts">What was run, name and value in the order to be listed: target, surrogate, tower, device, seed …</param>
/// <param name="Layers">How the surrogate was cut; null where that is not known.</param>
/// <param name="Curves">Stages in the order in which they ran.</param>
/// <param name="Pictures">
/// PNG files by <see cref="Example.Picture"/>, reduced to a size fit for a page; an example without one is shown without.
/// </param>
/// <param name="Notes">Anything to be said about the run, e.g. skipped samples.</param>
public sealed record TransferReport(
    string Title,
    TransferResult Result,
    IReadOnlyList<KeyValuePair<string, string>> Facts,
    LayerMap? Layers,
    IReadOnlyList<TrainingCurve> Curves,
    IReadOnlyDictionary<string, byte[]> Pictures,
    IReadOnlyList<string> Notes)
{
    /// <summary>What the graft cost and what it is compared with; null where that is not known.</summary>
    public CostSection? Cost { get; init; }
}
