using Grafting.Core;
using Grafting.Core.Training;

namespace Grafting.Recipes.Schema;

/// <summary>What differs between two recipes, and whether a run may go on with it.</summary>
public static class RecipeDiff
{
    const string Nothing = "none";

    /// <summary>Of these no step of <c>train-encoder</c> takes notice.</summary>
    static readonly string[] Harmless = ["name", "surrogate", "checkpointEvery", "keepCheckpoints", "fineTune"];

    /// <summary>Every value that differs, by its path, in the order of the schema.</summary>
    public static IReadOnlyList<ChangedValue> Between(Recipe from, Recipe to)
    {
        var (before, after) = (Leaves(from), Leaves(to));
        return
        [
            .. from path in before.Keys.Union(after.Keys)
               let old = before.GetValueOrDefault(path, Nothing)
               let now = after.GetValueOrDefault(path, Nothing)
               where old != now
               select new ChangedValue(path, old, now),
        ];
    }

    /// <summary>Refuses changes that would alter the numbers of a run that has begun, unless the user vouches for each.</summary>
    /// <param name="allowed">Paths that may change, with all below them.</param>
    /// <exception cref="GraftException">Usage, listing the changes.</exception>
    public static void RequireAllowed(Recipe from, Recipe to, IReadOnlyList<ChangedValue> changes, IReadOnlyList<string> allowed)
    {
        var tree = Tree(to);
        // No validation has a say in what follows unless one may end a stage.
        string[] harmless = from.EarlyStop is null && to.EarlyStop is null ? [.. Harmless, "validateEvery"] : Harmless;
        var vouched = allowed.Select(path => RecipePath.Resolve(tree, path, new RecipePlace($"--allow-change {path}", 0, 0)).Canonical);
        string[] free = [.. harmless, .. vouched];
        List<ChangedValue> refused =
            [.. changes.Where(change => !free.Any(path => $"{change.Path}.".StartsWith($"{path}.", StringComparison.Ordinal)))];
        if (refused.Count == 0) return;
        throw Fault.Usage(
            $"the recipe is not the one that this run was started with: {string.Join("; ", refused)}.",
            $"Start a new run, or go on nevertheless with {string.Join(' ', refused.Select(change => $"--allow-change {change.Path}"))}.");
    }

    static RecipeMap Tree(Recipe recipe) => (RecipeMap)RecipeParser.Parse(RecipeWriter.Write(recipe), recipe.Name);

    /// <summary>Every value by its path. What is null is left out: it is the same as a section that is not there.</summary>
    static OrderedDictionary<string, string> Leaves(Recipe recipe)
    {
        var leaves = new OrderedDictionary<string, string>(StringComparer.Ordinal);
        Add(Tree(recipe), "");
        return leaves;

        void Add(RecipeNode node, string path)
        {
            switch (node)
            {
                case RecipeMap map:
                    foreach (var (key, (_, value)) in map.Entries) Add(value, RecipeReader.Join(path, key));
                    break;
                case RecipeList list when list.Items.Any(item => item is RecipeMap):
                    // The order counts too.
                    leaves[path] = $"[{string.Join(", ", list.Labels())}]";
                    foreach (var (label, item) in list.Labels().Zip(list.Items)) Add(item, RecipeReader.Join(path, label));
                    break;
                case RecipeList list:
                    leaves[path] = $"[{string.Join(", ", list.Items.Cast<RecipeValue>().Select(value => value.Text))}]";
                    break;
                case RecipeValue { IsNull: false } value:
                    leaves[path] = value.Text;
                    break;
            }
        }
    }
}
