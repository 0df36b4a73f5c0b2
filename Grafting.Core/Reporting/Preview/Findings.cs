namespace Grafting.Core.Reporting.Preview;

/// <summary>Collects warnings, the first hundred of a kind by name.</summary>
sealed class Findings
{
    const int Named = 100;

    readonly SortedDictionary<PreviewWarningKind, int> _counts = [];

    public List<PreviewWarning> Warnings { get; } = [];

    public IReadOnlyDictionary<PreviewWarningKind, int> Counts => _counts;

    public void Count(PreviewWarningKind kind, int more) => _counts[kind] = _counts.GetValueOrDefault(kind) + more;

    public void Add(PreviewWarningKind kind, string sample, string detail, bool count = true)
    {
        if (count) Count(kind, 1);
        if (Warnings.Count(warning => warning.Kind == kind) < Named) Warnings.Add(new PreviewWarning(kind, sample, detail));
    }
}
