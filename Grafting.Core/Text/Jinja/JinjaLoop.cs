namespace Grafting.Core.Text.Jinja;

/// <summary>What a loop's body finds as <c>loop</c>.</summary>
/// <param name="depth">0 in the outermost of a recursive loop.</param>
/// <param name="recurse">Runs the loop over other items; null where it is not recursive.</param>
internal sealed class JinjaLoop(
    JinjaContext context, IReadOnlyList<object?> items, int depth, Func<object?, JinjaString>? recurse) : IJinjaMembers
{
    object? _last;
    bool _asked;

    public int Index { get; set; }

    public object? Member(string name) => name switch
    {
        "index" => (long)Index + 1,
        "index0" => (long)Index,
        "revindex" => (long)items.Count - Index,
        "revindex0" => (long)items.Count - Index - 1,
        "first" => Index == 0,
        "last" => Index == items.Count - 1,
        "length" => (long)items.Count,
        "depth" => (long)depth + 1,
        "depth0" => (long)depth,
        "previtem" => Index > 0 ? items[Index - 1] : new JinjaUndefined("there is no previous item"),
        "nextitem" => Index + 1 < items.Count ? items[Index + 1] : new JinjaUndefined("there is no next item"),
        "cycle" => new JinjaFunction("cycle", arguments => arguments.Positional.Count > 0
            ? arguments.Positional[Index % arguments.Positional.Count]
            : throw arguments.Wrong("needs values to go through.")),
        "changed" => new JinjaFunction("changed", arguments => Changed(new JinjaList([.. arguments.Positional]))),
        _ => new JinjaUndefined($"the member \"{name}\" of loop"),
    };

    public JinjaString Recurse(object? over) =>
        recurse is null ? throw context.Wrong("only a loop that is marked recursive can be called.") : recurse(over);

    bool Changed(JinjaList value)
    {
        var changed = !_asked || !new JinjaOperators(context).AreEqual(_last, value);
        (_asked, _last) = (true, value);
        return changed;
    }
}
