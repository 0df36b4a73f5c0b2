using System.Globalization;
using Grafting.Core;

namespace Grafting.Recipes.Schema;

/// <summary>
/// The place of a value in a recipe, as people write it: keys joined by dots, an entry of a list by its name or its index, e.g.
/// <c>stages.align.learningRate</c> or <c>stages.0.train.translator.rate</c>.
/// </summary>
sealed class RecipePath
{
    /// <param name="Field">For a key.</param>
    /// <param name="Index">For an entry of a list.</param>
    readonly record struct Step(string Label, RecipeField? Field, int Index);

    readonly List<Step> _steps = [];

    RecipePath()
    {
    }

    /// <summary>With names for entries that have one.</summary>
    public string Canonical => string.Join('.', _steps.Select(step => step.Label));

    /// <param name="root">The recipe whose lists are looked into; a section that it leaves out is known from the schema.</param>
    /// <param name="place">What gave the path, for messages.</param>
    /// <exception cref="GraftException">Usage: there is no such path; names the nearest.</exception>
    public static RecipePath Resolve(RecipeMap root, string text, RecipePlace place)
    {
        var path = new RecipePath();
        var (node, type, element) = ((RecipeNode?)root, typeof(Recipe), (Type?)null);
        foreach (var word in text.Split('.'))
        {
            if (element is not null)
            {
                var index = IndexOf(node as RecipeList, word, path.Canonical, place);
                path._steps.Add(new Step(((RecipeList)node!).Labels()[index], null, index));
                (node, type, element) = (((RecipeList)node).Items[index], element, null);
                continue;
            }
            if (!RecipeField.IsRecord(type))
                throw Fault.Usage(
                    $"{place}: {path.Canonical} is a single value and has no {Printable.Quote(word)}.", $"Write {path.Canonical}.");
            var field = RecipeField.Of(type).FirstOrDefault(field => field.Key == word)
                ?? throw RecipeReader.Unknown(place, word, path.Canonical, type);
            path._steps.Add(new Step(word, field, -1));
            (node, type, element) = ((node as RecipeMap)?.Find(word), field.Type, field.Element);
        }
        return path;
    }

    /// <summary>Puts a value there; null, and an empty value, take it away, so that the default holds.</summary>
    public void Set(RecipeMap root, RecipeNode? value, RecipePlace place)
    {
        RecipeNode node = root;
        for (var i = 0; i < _steps.Count; i++)
        {
            var (step, last) = (_steps[i], i == _steps.Count - 1);
            if (node is RecipeList list)
            {
                if (last)
                {
                    list.Items[step.Index] = value
                        ?? throw Fault.Usage($"{place}: an entry of a list has no default.", "Set the whole list without it.");
                }
                node = list.Items[step.Index];
                continue;
            }
            // What is no mapping here is refused by the reader, with its place.
            if (node is not RecipeMap map) return;
            if (last)
            {
                if (value is null) map.Entries.Remove(step.Label);
                else map.Entries[step.Label] = (place, value);
                return;
            }
            if (map.Find(step.Label) is null or RecipeValue { IsNull: true }) map.Entries[step.Label] = (place, new RecipeMap(place));
            node = map.Find(step.Label)!;
        }
    }

    static int IndexOf(RecipeList? list, string word, string path, RecipePlace place)
    {
        if (list is null || list.Items.Count == 0)
            throw Fault.Usage($"{place}: {path} has no entries in this recipe.", $"Set the whole list: {path}=[…].");
        var labels = list.Labels();
        var index = labels.ToList().IndexOf(word);
        if (index < 0 && int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number < labels.Count)
            index = number;
        return index >= 0 ? index : throw Fault.Usage(
            $"{place}: {path} has no entry {Printable.Quote(word)}.",
            $"{Spelling.Suggest(word, labels)}Its entries are {string.Join(", ", labels)}, or 0 to {labels.Count - 1}.");
    }
}
