using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Grafting.Core;
using Grafting.Core.Training;
using YamlDotNet.Core;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace Grafting.Recipes.Schema;

/// <summary>Recipes as YAML: those that come with graft, and the user's own files.</summary>
public static class RecipeFile
{
    const string Resources = "Grafting.Recipes.Files.";

    /// <summary>Names of the recipes that come with graft.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        .. from resource in Assembly.GetExecutingAssembly().GetManifestResourceNames()
           where resource.StartsWith(Resources, StringComparison.Ordinal) && resource.EndsWith(".yaml", StringComparison.Ordinal)
           orderby resource
           select resource[Resources.Length..^".yaml".Length],
    ];

    /// <summary>Reads a recipe by its name or from a file.</summary>
    /// <exception cref="GraftException">Usage: no such recipe, or a fault in it with line and column.</exception>
    public static Recipe Load(string nameOrPath)
    {
        if (Names.Contains(nameOrPath)) return Parse(Text(nameOrPath), nameOrPath);
        if (File.Exists(nameOrPath)) return Parse(File.ReadAllText(nameOrPath), nameOrPath);
        throw Fault.Usage($"'{nameOrPath}' is neither a recipe nor a file.", $"Recipes: {string.Join(", ", Names)}.");
    }

    /// <summary>The text of a recipe that comes with graft, comments included.</summary>
    public static string Text(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"{Resources}{name}.yaml")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    /// <param name="yaml">The recipe.</param>
    /// <param name="origin">Where it stands, for messages.</param>
    public static Recipe Parse(string yaml, string origin)
    {
        try
        {
            var reader = new DeserializerBuilder()
                .WithNamingConvention(CamelCaseNamingConvention.Instance)
                .WithDuplicateKeyChecking()
                .WithEnforceRequiredMembers()
                .WithTypeMapping<IReadOnlyList<StageConfig>, List<StageConfig>>()
                .WithTypeMapping<IReadOnlyList<TrainedPart>, List<TrainedPart>>()
                .WithTypeMapping<IReadOnlyList<string>, List<string>>()
                .Build();
            return reader.Deserialize<Recipe>(yaml)?.Validate() ?? throw Fault.Usage($"{origin} is empty.");
        }
        catch (YamlException e)
        {
            throw Fault.Usage($"{origin}, line {e.Start.Line}, column {e.Start.Column}: {e.InnerException?.Message ?? e.Message}");
        }
    }

    /// <summary>The recipe with every value spelled out; reading it back gives the same recipe.</summary>
    public static string Resolve(Recipe recipe) =>
        new SerializerBuilder()
            .WithNamingConvention(CamelCaseNamingConvention.Instance)
            .WithAttributeOverride<StageConfig>(s => s.Samples, new YamlIgnoreAttribute())
            .DisableAliases()
            .WithNewLine("\n")
            .Build()
            .Serialize(recipe);

    /// <summary>SHA-256 of the resolved recipe.</summary>
    public static string Digest(Recipe recipe) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Resolve(recipe))));
}
