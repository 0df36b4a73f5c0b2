namespace Grafting.Surrogates.Analysis;

/// <summary>What is measured after every decoder layer.</summary>
public enum Criterion { Trajectory, VocabularyKl, TopOneAgreement, BlockInfluence }

public sealed record LayerMeasurements(IReadOnlyList<string> Samples, int Layers, IReadOnlyDictionary<Criterion, double[][]> Values);
