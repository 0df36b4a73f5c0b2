using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Grafting.Core;

namespace Grafting.Recipes.Schema;

/// <summary>Recipes as YAML: those that come with graft, and the user's own files.</summary>
public static class RecipeFile
{
    const string Resources = "Grafting.Recipes.Files.";
    const string Extension = ".yaml";

    /// <summary>Names of the recipes that come with graft, e.g. <c>toy</c> and <c>zero/llama3.1-70b</c>.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        .. from resource in Assembly.GetExecutingAssembly().GetManifestResourceNames()
           where resource.StartsWith(Resources, StringComparison.Ordinal) && resource.EndsWith(Extension, StringComparison.Ordinal)
           let name = resource[Resources.Length..^Extension.Length]
           orderby name.Contains('/', StringComparison.Ordinal), name
           select name,
    ];

    /// <summary>Reads a recipe by its name or from a file.</summary>
    /// <exception cref="GraftException">Usage: no such recipe, or a fault in it with line and column.</exception>
    public static Recipe Load(string nameOrPath) => Load(nameOrPath, []);

    /// <summary>Reads a recipe by its name or from a file, and changes single values of it.</summary>
    /// <param name="edits">Each <c>path=value</c>, as <c>--set</c> takes it; later ones win.</param>
    /// <exception cref="GraftException">Usage: no such recipe, or a fault in it or in an edit.</exception>
    public static Recipe Load(string nameOrPath, IReadOnlyList<string> edits) => Parse(Text(nameOrPath), nameOrPath, edits);

    /// <summary>The text of a recipe, comments included.</summary>
    /// <exception cref="GraftException">Usage: no such recipe.</exception>
    public static string Text(string nameOrPath)
    {
        if (Names.Contains(nameOrPath, StringComparer.Ordinal))
        {
            using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(Resources + nameOrPath + Extension)!;
            using var reader = new StreamReader(stream);
            return reader.ReadToEnd();
        }
        return File.Exists(nameOrPath) ? File.ReadAllText(nameOrPath) : throw Fault.Usage(
            $"{Printable.Quote(nameOrPath)} is neither a recipe nor a file.",
            $"{Spelling.Suggest(nameOrPath, Names)}Recipes: {string.Join(", ", Names)}.");
    }

    /// <summary>What a copy of a recipe is called, e.g. <c>llama3.1-70b.yaml</c>.</summary>
    public static string FileNameOf(string nameOrPath)
    {
        var last = nameOrPath.Split('/')[^1];
        return last.EndsWith(Extension, StringComparison.Ordinal) ? last : last + Extension;
    }

    /// <summary>Writes a recipe's text, comments included, into a file that is not there yet.</summary>
    /// <exception cref="GraftException">Usage: no such recipe, or the file exists.</exception>
    public static void Copy(string nameOrPath, string path)
    {
        var text = Text(nameOrPath);
        if (Path.Exists(path))
            throw Fault.Usage($"{path} exists already, and is not overwritten.", "Give another file, or remove it first.");
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder && !Directory.Exists(folder))
            throw Fault.Usage($"{path} cannot be written: there is no folder {folder}.", "Make the folder first, or give another file.");
        using var stream = new FileStream(path, FileMode.CreateNew, FileAccess.Write);
        stream.Write(Encoding.UTF8.GetBytes(text));
    }

    /// <param name="yaml">The recipe.</param>
    /// <param name="origin">Where it stands, for messages.</param>
    /// <exception cref="GraftException">Usage, with line and column.</exception>
    public static Recipe Parse(string yaml, string origin) => Parse(yaml, origin, []);

    /// <inheritdoc cref="Parse(string, string)"/>
    /// <param name="yaml">The recipe.</param>
    /// <param name="origin">Where it stands, for messages.</param>
    /// <param name="edits">Each <c>path=value</c>; later ones win.</param>
    public static Recipe Parse(string yaml, string origin, IReadOnlyList<string> edits)
    {
        var root = RecipeParser.Parse(yaml, origin);
        if (root is RecipeValue { IsNull: true })
            throw Fault.Usage($"{origin} is empty; a recipe was expected.", "'graft recipes copy' gives one to begin with.");
        if (root is RecipeMap map) RecipeEdits.Apply(map, edits);
        return RecipeReader.Read<Recipe>(root);
    }

    /// <summary>The recipe with every value spelled out; reading it back gives the same recipe.</summary>
    public static string Resolve(Recipe recipe) => RecipeWriter.Write(recipe);

    /// <summary>SHA-256 of the resolved recipe.</summary>
    public static string Digest(Recipe recipe) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Resolve(recipe))));
}
