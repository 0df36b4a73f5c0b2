using Grafting.Core;

namespace Grafting.Recipes.Schema;

/// <summary>Changes of single values, as the command line gives them with <c>--set PATH=VALUE</c>; values are YAML.</summary>
static class RecipeEdits
{
    /// <exception cref="GraftException">Usage, naming the edit.</exception>
    public static void Apply(RecipeMap root, IEnumerable<string> edits)
    {
        foreach (var edit in edits)
        {
            var place = new RecipePlace($"--set {edit}", 0, 0);
            if (edit.IndexOf('=', StringComparison.Ordinal) is not (> 0 and var split))
                throw Fault.Usage(
                    $"{place}: PATH=VALUE was expected.", "E.g. --set stages.align.learningRate=1e-3; --set PATH=null takes the default.");
            var value = RecipeParser.Parse(edit[(split + 1)..], place.Origin, oneLine: true);
            var path = RecipePath.Resolve(root, edit[..split].Trim(), place);
            path.Set(root, value is RecipeValue { IsNull: true } ? null : value, place);
        }
    }
}
