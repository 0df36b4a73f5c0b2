namespace Grafting.Core.Text.Jinja;

/// <summary>What stands behind a dot or in brackets.</summary>
internal sealed class JinjaMembers(JinjaContext context)
{
    /// <summary><c>value.name</c>: a method or member, else the item of that name.</summary>
    public object? Attribute(object? value, string name)
    {
        switch (value)
        {
            case JinjaUndefined missing:
                throw context.Wrong($"{missing.What} is undefined, so that it has no \"{name}\".");
            case JinjaNamespace space:
                return space.Values.TryGetValue(name, out var held) ? held : Missing(value, name);
            case IJinjaMembers members:
                return members.Member(name);
            case JinjaString text:
                return new JinjaTextMethods(context).Find(text, name) is { } ofText ? ofText : Missing(value, name);
            case JinjaDict dict:
                // As in Python, where a method hides an item of the same name behind a dot, and not in brackets.
                return DictMethod(dict, name) is { } ofDict
                    ? ofDict
                    : (dict.TryGet((JinjaString)name, out var item) ? item : Missing(value, name));
            case JinjaList list:
                return ListMethod(list, name) is { } ofList ? ofList : Missing(value, name);
            case JinjaFunction function when name == "name":
                return (JinjaString)function.Name;
            default:
                return Missing(value, name);
        }
    }

    /// <summary><c>value[key]</c>: an item, else the member of that name.</summary>
    public object? Item(object? value, object? key)
    {
        switch (value, key)
        {
            case (JinjaUndefined missing, _):
                throw context.Wrong($"{missing.What} is undefined, so that it has no items.");
            case (JinjaDict dict, _):
                if (JinjaDict.Allows(key) && dict.TryGet(key, out var item)) return item;
                return key is JinjaString name && DictMethod(dict, name.Value) is { } method
                    ? method
                    : new JinjaUndefined($"the dict's item {Shown(key)}");
            case (JinjaList list, long or bool):
                var at = JinjaOperators.Whole(key);
                if (at < 0) at += list.Items.Count;
                return at >= 0 && at < list.Items.Count ? list.Items[(int)at] : new JinjaUndefined($"the list's item {Shown(key)}");
            case (JinjaString text, long or bool):
                var starts = PythonText.HasPairs(text.Value) ? PythonText.Starts(text.Value) : null;
                var count = starts is null ? text.Value.Length : starts.Length - 1;
                var index = JinjaOperators.Whole(key);
                if (index < 0) index += count;
                if (index < 0 || index >= count) return new JinjaUndefined($"the text's character {Shown(key)}");
                return starts is null ? text.Slice((int)index, 1) : text.Slice(starts[index], starts[index + 1] - starts[index]);
            case (_, JinjaString member):
                return Attribute(value, member.Value);
            default:
                return new JinjaUndefined($"the item {Shown(key)} of {JinjaOperators.KindOf(value)}");
        }
    }

    public object? Slice(object? value, object? start, object? stop, object? step)
    {
        if (value is JinjaUndefined missing) throw context.Wrong($"{missing.What} is undefined, so that it has no items.");
        var by = Bound(step) ?? 1;
        if (by == 0) throw context.Wrong("a slice cannot have steps of zero.");
        if (value is JinjaString text)
        {
            var starts = PythonText.Starts(text.Value);
            var output = new JinjaString.Builder(context.Budget);
            var (from, to) = Range(Bound(start), Bound(stop), by, starts.Length - 1);
            if (by == 1) return to > from ? text.Slice(starts[from], starts[to] - starts[from]) : JinjaString.Empty;
            for (var i = from; by > 0 ? i < to : i > to; i += by) output.Append(text.Slice(starts[i], starts[i + 1] - starts[i]));
            return output.Build();
        }
        if (value is JinjaList list)
        {
            List<object?> items = [];
            var (from, to) = Range(Bound(start), Bound(stop), by, list.Items.Count);
            for (var i = from; by > 0 ? i < to : i > to; i += by) items.Add(list.Items[(int)i]);
            context.Budget.Step(items.Count);
            return new JinjaList(items, list.IsTuple);
        }
        throw context.Wrong($"{JinjaOperators.KindOf(value)} has no slices.");
    }

    /// <summary>Python's rule for the bounds of a slice.</summary>
    static (long From, long To) Range(long? start, long? stop, long step, long count)
    {
        var (lowest, highest) = step > 0 ? (0L, count) : (-1L, count - 1);
        long Clamp(long? bound, long otherwise) => bound is not { } b ? otherwise : Math.Clamp(b < 0 ? b + count : b, lowest, highest);
        return (Clamp(start, step > 0 ? lowest : highest), Clamp(stop, step > 0 ? highest : lowest));
    }

    long? Bound(object? value) => value switch
    {
        null => null,
        long or bool => Math.Clamp(JinjaOperators.Whole(value), -int.MaxValue, int.MaxValue),
        _ => throw context.Wrong($"a slice is bounded by whole numbers, not by {JinjaOperators.KindOf(value)}."),
    };

    JinjaFunction? DictMethod(JinjaDict dict, string name) => name switch
    {
        "get" => Method(name, arguments =>
        {
            var key = arguments.Need("key");
            var otherwise = arguments.Take("default");
            return JinjaDict.Allows(key) && dict.TryGet(key, out var value) ? value : otherwise;
        }),
        "items" => Method(name, _ => Pairs(dict)),
        "keys" => Method(name, _ => new JinjaList([.. dict.Items.Select(item => item.Key)])),
        "values" => Method(name, _ => new JinjaList([.. dict.Items.Select(item => item.Value)])),
        "copy" => Method(name, _ => Copy(dict)),
        "update" or "pop" or "popitem" or "clear" or "setdefault" =>
            throw context.Wrong($"a template may not change a dict; \"{name}\" would."),
        _ => null,
    };

    JinjaFunction? ListMethod(JinjaList list, string name) => name switch
    {
        "count" => Method(name, arguments => (long)list.Items.FindAll(item => Equal(item, arguments.Positional[0])).Count),
        "index" => Method(name, arguments => list.Items.FindIndex(item => Equal(item, arguments.Positional[0])) is var at and >= 0
            ? (long)at
            : throw context.Wrong("the list does not hold what \"index\" looks for.")),
        "copy" => Method(name, _ => new JinjaList([.. list.Items], list.IsTuple)),
        "append" or "extend" or "insert" or "pop" or "remove" or "clear" or "sort" or "reverse" =>
            throw context.Wrong($"a template may not change a list; \"{name}\" would."),
        _ => null,
    };

    public static JinjaList Pairs(JinjaDict dict) =>
        new([.. dict.Items.Select(item => new JinjaList([item.Key, item.Value], tuple: true))]);

    static JinjaDict Copy(JinjaDict dict)
    {
        var copy = new JinjaDict();
        foreach (var (key, value) in dict.Items) copy.Set(key, value);
        return copy;
    }

    bool Equal(object? a, object? b) => new JinjaOperators(context).AreEqual(a, b);

    JinjaFunction Method(string name, Func<JinjaArguments, object?> body) => new(name, arguments =>
    {
        if (name is "count" or "index" && arguments.Positional.Count == 0) throw arguments.Wrong("needs a value.");
        context.Budget.Step();
        return body(arguments);
    });

    static JinjaUndefined Missing(object? value, string name) => new($"the member \"{name}\" of {JinjaOperators.KindOf(value)}");

    static string Shown(object? key) => key is JinjaString text ? Printable.Quote(text.Value) : key?.ToString() ?? "none";
}
