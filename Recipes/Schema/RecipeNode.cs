namespace Grafting.Recipes.Schema;

/// <summary>Where a piece of a recipe was written, for messages.</summary>
/// <param name="Origin">A file, a recipe's name, or the option that gave the text.</param>
/// <param name="Line">Counted from 1; 0 for text of a single line, such as an option's.</param>
/// <param name="Column">Counted from 1.</param>
sealed record RecipePlace(string Origin, long Line, long Column)
{
    public override string ToString() => Line == 0 ? Origin : FormattableString.Invariant($"{Origin}, line {Line}, column {Column}");
}

/// <summary>A piece of YAML before it is known what it should be.</summary>
abstract class RecipeNode(RecipePlace place)
{
    public RecipePlace Place { get; } = place;

    /// <summary>What it is, as messages say it.</summary>
    public abstract string Describe();
}

/// <param name="text">Without quotes.</param>
/// <param name="quoted">Text in quotes is never a number, a truth value or null.</param>
sealed class RecipeValue(RecipePlace place, string text, bool quoted) : RecipeNode(place)
{
    public string Text { get; } = text;

    public bool Quoted { get; } = quoted;

    public bool IsNull => !Quoted && Text is "" or "~" or "null";

    public override string Describe() => IsNull ? "empty" : Core.Printable.Quote(Text) + (Quoted ? " in quotes" : "");
}

sealed class RecipeList(RecipePlace place, IEnumerable<RecipeNode> items) : RecipeNode(place)
{
    /// <summary>A stage has a name; an entry of 'train' goes by its part or its pattern.</summary>
    static readonly string[] Naming = ["name", "part", "match"];

    public List<RecipeNode> Items { get; } = [.. items];

    public override string Describe() => "a list";

    /// <summary>What each entry is called in paths: its name where that tells it from the others, else its index.</summary>
    public IReadOnlyList<string> Labels()
    {
        string?[] names = [.. Items.Select(NameOf)];
        var all = names.All(name => name is not null) && names.Distinct(StringComparer.Ordinal).Count() == names.Length;
        return [.. names.Select((name, i) => all ? name! : FormattableString.Invariant($"{i}"))];
    }

    static string? NameOf(RecipeNode item) =>
        item is RecipeMap map && Naming.Select(map.Find).OfType<RecipeValue>().FirstOrDefault(value => !value.IsNull) is { } value
            ? value.Text
            : null;
}

sealed class RecipeMap(RecipePlace place) : RecipeNode(place)
{
    /// <summary>By key, in their order, with the place of the key.</summary>
    public OrderedDictionary<string, (RecipePlace Place, RecipeNode Node)> Entries { get; } = new(StringComparer.Ordinal);

    public override string Describe() => "a mapping";

    public RecipeNode? Find(string key) => Entries.TryGetValue(key, out var entry) ? entry.Node : null;
}
