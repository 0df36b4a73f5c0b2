using Grafting.Core.Data;

namespace Grafting.Recipes.Runs;

/// <summary>What the reading of data files passed over.</summary>
static class SkippedSamples
{
    /// <summary>A sentence for every file with such samples, and one for what an archive or folder holds besides samples.</summary>
    public static IReadOnlyList<string> InWords(IEnumerable<Dataset> files) =>
    [
        .. from file in files
           where file.Report.Skipped.Count > 0
           select FormattableString.Invariant(
               $"{file.Path}: {file.Report.Skipped.Count} samples were skipped, first {file.Report.Skipped.First[0]}"),
        .. from file in files
           where file.PassedOver > 0
           select FormattableString.Invariant(
               $"{file.Path} ({file.Kinds}): {file.PassedOver} entries are no part of a sample (folders, links, files of other kinds) and were passed over"),
    ];
}
