namespace Grafting.Core.Reporting;

/// <summary>A table in words.</summary>
/// <param name="Rows">As many cells each as there are columns; the first says what the row is.</param>
public sealed record ReportTable(string Title, IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string>> Rows);

/// <summary>What something cost, in words.</summary>
/// <param name="Notes">Sentences.</param>
public sealed record CostSection(IReadOnlyList<ReportTable> Tables, IReadOnlyList<string> Notes);
