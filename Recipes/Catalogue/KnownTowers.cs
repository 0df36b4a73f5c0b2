namespace Grafting.Recipes;

/// <summary>Vision towers with short names, and where the Hugging Face Hub has them.</summary>
public static class KnownTowers
{
    static readonly Dictionary<string, string> Repositories = new(StringComparer.OrdinalIgnoreCase)
    {
        ["clip-vit-l-336"] = "openai/clip-vit-large-patch14-336",
        ["siglip-so400m-384"] = "google/siglip-so400m-patch14-384",
        ["siglip2-so400m-384"] = "google/siglip2-so400m-patch14-384",
        ["dinov2-large"] = "facebook/dinov2-large",
    };

    public static IReadOnlyCollection<string> Names => Repositories.Keys;

    /// <summary>The repository that a name stands for; null where it is no name of this list.</summary>
    public static string? Find(string name) => Repositories.GetValueOrDefault(name);
}
