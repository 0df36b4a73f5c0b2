using Grafting.Core;

namespace Grafting.Surrogates;

/// <summary>What a translator is before any training.</summary>
public enum TranslatorStart
{
    /// <summary>The first layers of the replaced range, as in the paper.</summary>
    First,

    /// <summary>Its last layers.</summary>
    Last,

    /// <summary>The range is divided among its translators; each is the mean of its share, matrix by matrix.</summary>
    Mean,

    /// <summary>
    /// As <see cref="First"/>, with the last matrix solved for in closed form, so that the range's states at its end are met as well as the
    /// layer's own features allow. Needs text.
    /// </summary>
    LeastSquares,
}

public static class TranslatorStarts
{
    static readonly (string Name, TranslatorStart Start)[] All =
        [
            ("first", TranslatorStart.First), ("last", TranslatorStart.Last), ("mean", TranslatorStart.Mean),
            ("least-squares", TranslatorStart.LeastSquares),
        ];

    public static IEnumerable<string> Names => All.Select(known => known.Name);

    public static string Name(this TranslatorStart start) => Array.Find(All, known => known.Start == start).Name;

    /// <exception cref="GraftException">Of kind <see cref="ErrorKind.Usage"/>.</exception>
    public static TranslatorStart Parse(string name)
    {
        foreach (var known in All)
            if (known.Name == name) return known.Start;
        throw Fault.Usage($"--init is {Printable.Quote(name)}; known are {string.Join(", ", Names)}.");
    }
}
