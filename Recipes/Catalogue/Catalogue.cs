using System.Text.Json;

namespace Grafting.Recipes;

/// <summary>A target that has a short name.</summary>
/// <param name="About">What it is, in a few words.</param>
/// <param name="Repositories">The same weights on the Hugging Face Hub; the publisher's first.</param>
/// <param name="Gated">Whether its publisher wants the licence accepted before a download.</param>
/// <param name="Config">What its <c>config.json</c> says, so that a cut can be planned without it; null for what is always there.</param>
public sealed record CatalogueEntry(string Alias, string About, IReadOnlyList<string> Repositories, bool Gated = false, JsonElement? Config = null);

/// <summary>The targets with short names; data in <c>catalogue.json</c>.</summary>
public static class Catalogue
{
    /// <summary>The small target that is part of the program.</summary>
    public const string Toy = "toy";

    static readonly Lazy<IReadOnlyList<CatalogueEntry>> Read = new(() =>
    {
        using var stream = typeof(Catalogue).Assembly.GetManifestResourceStream("Grafting.Recipes.Catalogue.catalogue.json")!;
        return JsonSerializer.Deserialize<CatalogueEntry[]>(stream, JsonSerializerOptions.Web)!;
    });

    public static IReadOnlyList<CatalogueEntry> Entries => Read.Value;

    public static CatalogueEntry? Find(string alias) =>
        Entries.FirstOrDefault(entry => entry.Alias.Equals(alias, StringComparison.OrdinalIgnoreCase));

    public static CatalogueEntry? OfRepository(string repository) =>
        Entries.FirstOrDefault(entry => entry.Repositories.Contains(repository, StringComparer.OrdinalIgnoreCase));

    /// <summary>The alias that a slip of the fingers most likely meant, or null when none is near.</summary>
    public static string? Nearest(string text)
    {
        var (alias, distance) = Entries
            .Select(entry => (entry.Alias, Distance: Distance(entry.Alias, text)))
            .MinBy(candidate => candidate.Distance);
        return distance <= Math.Max(2, text.Length / 3) ? alias : null;
    }

    /// <summary>Letters to insert, remove or change, ignoring case.</summary>
    static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var same = char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]);
                (diagonal, row[j]) = (row[j], Math.Min(diagonal + (same ? 0 : 1), Math.Min(row[j], row[j - 1]) + 1));
            }
        }
        return row[^1];
    }
}
