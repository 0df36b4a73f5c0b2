using Grafting.Core.Data;

namespace Grafting.Recipes.Runs;

/// <summary>Data of a training run; each name is a file, a folder or a pattern, of any form that is read.</summary>
/// <param name="Data">Training samples; at least one name.</param>
/// <param name="Images">Folder from which picture names start; null for the data file's.</param>
public sealed record TrainingFiles(IReadOnlyList<string> Data, string? Images = null)
{
    /// <summary>Text-only samples, where the recipe mixes them in; empty: those of the data.</summary>
    public IReadOnlyList<string> Text { get; init; } = [];

    /// <summary>Held-out samples; empty holds out a fraction of the data.</summary>
    public IReadOnlyList<string> Validation { get; init; } = [];

    public string InWords() => Dataset.InWords(Data);

    /// <summary>The same with full paths, for a run that is gone on with from elsewhere.</summary>
    internal TrainingFiles Full() =>
        new(Full(Data), Images is null ? null : Path.GetFullPath(Images)) { Text = Full(Text), Validation = Full(Validation) };

    internal static IReadOnlyList<string> Full(IReadOnlyList<string> paths) => [.. paths.Select(Path.GetFullPath)];
}
