namespace Grafting.Core.Data;

/// <summary>What is known of a sample without reading it again.</summary>
/// <param name="SplitPosition">See <see cref="SampleSplit.PositionOf"/>.</param>
public readonly record struct SampleTraits(bool HasPictures, double SplitPosition);

/// <summary>What loading a data file found.</summary>
/// <param name="Loaded">Usable samples.</param>
/// <param name="WithPicture">Those of them that have pictures.</param>
/// <param name="RepeatedIds">Usable samples whose id an earlier, different sample has too.</param>
/// <param name="Skipped">
/// Unusable samples: how many, why, and the first of them by name. Pictures found damaged later are added here.
/// </param>
public sealed record DatasetReport(int Loaded, int WithPicture, int RepeatedIds, BadSampleLog Skipped);
