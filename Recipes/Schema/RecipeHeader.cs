namespace Grafting.Recipes.Schema;

/// <summary>What the comment above a recipe tells: its purpose first, then paragraphs with a title, e.g. <c>Launch:</c>.</summary>
/// <param name="Purpose">In one line.</param>
/// <param name="Sections">By title, lines joined.</param>
public sealed record RecipeHeader(string Purpose, IReadOnlyDictionary<string, string> Sections)
{
    /// <param name="yaml">A recipe; one without a comment has an empty purpose.</param>
    public static RecipeHeader Read(string yaml)
    {
        var purpose = "";
        var sections = new OrderedDictionary<string, string>(StringComparer.Ordinal);
        string? title = null;
        foreach (var line in yaml.Split('\n').TakeWhile(line => line.StartsWith('#')).Select(line => line[1..].TrimEnd('\r')))
        {
            var text = line.Trim();
            // A title begins right behind "# "; what continues a paragraph is indented.
            if (purpose.Length > 0 && line.Length > 2 && char.IsUpper(line[1])
                && text.IndexOf(": ", StringComparison.Ordinal) is > 0 and < 12 and var colon)
            {
                title = text[..colon];
                sections[title] = text[(colon + 1)..].Trim();
            }
            else if (title is not null)
            {
                sections[title] = $"{sections[title]} {text}".Trim();
            }
            else
            {
                purpose = $"{purpose} {text}".Trim();
            }
        }
        return new RecipeHeader(purpose, sections);
    }
}
