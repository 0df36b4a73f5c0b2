using Grafting.Core;
using Grafting.Recipes.Schema;

namespace Grafting.Recipes.Runs;

/// <summary>Whether a recipe can be used, told without any model.</summary>
/// <param name="Origin">Name or file.</param>
/// <param name="Recipe">Null where it cannot be used.</param>
/// <param name="Problem">What is wrong, with line and column; null where nothing is.</param>
public sealed record RecipeCheck(string Origin, Recipe? Recipe, string? Problem = null, string? Remedy = null)
{
    public bool Ok => Problem is null;

    /// <param name="edits">Each <c>path=value</c>, made in it first.</param>
    public static RecipeCheck Of(string nameOrPath, IReadOnlyList<string> edits)
    {
        try
        {
            return new RecipeCheck(nameOrPath, RecipeFile.Load(nameOrPath, edits));
        }
        catch (GraftException fault) when (fault.Kind == ErrorKind.Usage)
        {
            return new RecipeCheck(nameOrPath, null, fault.Message, fault.Remedy);
        }
    }
}
