using System.Text.Json;
using Grafting.Core;
using Grafting.Core.Checkpoints;
using Grafting.Recipes.Schema;
using Grafting.Recipes.Toy;
using Grafting.Surrogates;

namespace Grafting.Recipes.Runs;

/// <summary>The recipe that a surrogate is trained with when none is given.</summary>
/// <param name="Name">A recipe that comes with graft.</param>
/// <param name="Why">In words.</param>
public sealed record RecipeChoice(string Name, string Why)
{
    /// <exception cref="GraftException">Usage, when no recipe that comes with graft is for this surrogate's target.</exception>
    public static RecipeChoice For(SurrogateFolder surrogate)
    {
        var target = KnownTarget.Of(surrogate);
        if (target?.Alias == Catalogue.Toy) return new RecipeChoice(Catalogue.Toy, target.Why);
        string[] fitting = target is null ? [] : [.. RecipeFile.Names.Where(name => AliasOf(RecipeFile.Load(name)) == target.Alias)];
        var origin = $"{surrogate.Folder} was cut from {target?.Alias ?? surrogate.Target.Path}";
        return fitting switch
        {
            [var one] => new RecipeChoice(one, target!.Why),
            [] =>
                throw Fault.Usage(
                    $"{origin}, for which there is no default recipe.",
                    $"Give --recipe: {string.Join(", ", RecipeFile.Names)}, or a YAML file."),
            _ => throw Fault.Usage($"{origin}, for which there are several recipes.", $"Give --recipe: {string.Join(", ", fitting)}."),
        };
    }

    /// <summary>
    /// A sentence where a surrogate is not the one that a recipe was made for; null where it is, or the recipe names none.
    /// </summary>
    public static string? Misfit(Recipe recipe, SurrogateFolder surrogate)
    {
        if (recipe.Surrogate is not { } wanted) return null;
        if (AliasOf(recipe) is { } alias && KnownTarget.Of(surrogate) is { } target && target.Alias != alias)
            return $"recipe {recipe.Name} is for surrogates of {alias}; {surrogate.Folder} was cut from {target.Alias}.";
        var cut = string.Join(',', surrogate.Replaced);
        return wanted.ToCut().ToString() == $"--replace {cut}"
            ? null
            : $"recipe {recipe.Name} was made for a surrogate with layers {wanted.Replace} replaced; in {surrogate.Folder} these are {cut}.";
    }

    static string? AliasOf(Recipe recipe) => recipe.Surrogate is { } surrogate
        ? (Catalogue.Find(surrogate.Target) ?? Catalogue.OfRepository(surrogate.Target))?.Alias
        : null;
}

/// <summary>The entry of the catalogue that a surrogate was cut from.</summary>
/// <param name="Why">How that is known.</param>
sealed record KnownTarget(string Alias, string Why)
{
    static readonly string[] Sizes = ["model_type", "hidden_size", "vocab_size"];

    /// <summary>Null where the target is none of the catalogue's. Its place must name it, and the surrogate must have its sizes.</summary>
    public static KnownTarget? Of(SurrogateFolder surrogate)
    {
        var path = surrogate.Target.Path;
        if (ToyData.IsFor(path)) return new KnownTarget(Catalogue.Toy, $"{surrogate.Folder} was cut from the built-in target");
        var repository = HubCache.RepositoryOf(path);
        var entry = repository is null ? OfFolder(path) : Catalogue.OfRepository(repository);
        return entry is not null && HasShape(surrogate, entry)
            ? new KnownTarget(entry.Alias, $"{surrogate.Folder} was cut from {entry.Alias} ({repository ?? path})")
            : null;
    }

    /// <summary>A folder is called after its model: by the alias, or by the last part of a repository's name.</summary>
    static CatalogueEntry? OfFolder(string path)
    {
        var name = Path.GetFileName(Path.TrimEndingDirectorySeparator(path));
        return Catalogue.Find(name) ?? Catalogue.Entries.FirstOrDefault(
            entry => entry.Repositories.Any(repository => repository.Split('/')[^1].Equals(name, StringComparison.OrdinalIgnoreCase)));
    }

    static bool HasShape(SurrogateFolder surrogate, CatalogueEntry entry)
    {
        if (entry.Config is not { } config) return false;
        var own = Checkpoint.ReadConfig(surrogate.Folder);
        return config.GetProperty("num_hidden_layers").GetInt32() == surrogate.TargetLayers
            && Sizes.All(
                key => own.TryGetProperty(key, out var value) && JsonElement.DeepEquals(value, config.GetProperty(key)));
    }
}
