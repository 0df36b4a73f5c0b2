using System.Collections;

namespace Grafting.Core.Data;

/// <summary>Some of the samples of a list, which itself may keep them on disk.</summary>
/// <param name="samples">All of them.</param>
/// <param name="indices">Which, in order.</param>
public sealed class SampleView(IReadOnlyList<Sample> samples, IReadOnlyList<int> indices) : IReadOnlyList<Sample>
{
    public int Count => indices.Count;

    public Sample this[int index] => samples[indices[index]];

    /// <summary>Reads every sample once.</summary>
    public static SampleView Where(IReadOnlyList<Sample> samples, Func<Sample, bool> condition) =>
        new(samples, [.. Enumerable.Range(0, samples.Count).Where(i => condition(samples[i]))]);

    public IEnumerator<Sample> GetEnumerator() => indices.Select(index => samples[index]).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
