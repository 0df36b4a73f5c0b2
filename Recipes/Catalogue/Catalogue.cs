using System.Text.Json;
using Grafting.Core;

namespace Grafting.Recipes;

/// <summary>A target that has a short name.</summary>
/// <param name="About">What it is, in a few words.</param>
/// <param name="Repositories">The same weights on the Hugging Face Hub; the publisher's first.</param>
/// <param name="Gated">Whether its publisher wants the licence accepted before a download.</param>
/// <param name="Config">What its <c>config.json</c> says, so that a cut can be planned without it; null for what is always there.</param>
public sealed record CatalogueEntry(
    string Alias, string About, IReadOnlyList<string> Repositories, bool Gated = false, JsonElement? Config = null);

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
    public static string? Nearest(string text) => Spelling.Nearest(text, Entries.Select(entry => entry.Alias));
}
