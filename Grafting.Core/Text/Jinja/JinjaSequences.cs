namespace Grafting.Core.Text.Jinja;

/// <summary>Iteration, length and lookup by attribute, for loops and filters.</summary>
internal sealed class JinjaSequences(JinjaContext context)
{
    /// <summary>The items that a loop sees: of a dict its keys, of a text its characters.</summary>
    public List<object?> Items(object? value)
    {
        switch (value)
        {
            case JinjaList list:
                context.Budget.Step(list.Items.Count);
                return list.Items;
            case JinjaDict dict:
                context.Budget.Step(dict.Count);
                return [.. dict.Items.Select(item => item.Key)];
            case JinjaString text:
                var starts = PythonText.Starts(text.Value);
                context.Budget.Step(starts.Length);
                return [.. starts.Take(starts.Length - 1).Select((start, i) => (object?)text.Slice(start, starts[i + 1] - start))];
            case JinjaIterator iterator:
                return iterator.Rest();
            case JinjaUndefined:
                return [];
            default:
                throw context.Wrong($"{JinjaOperators.KindOf(value)} has no items to go through.");
        }
    }

    public long Length(object? value) => value switch
    {
        JinjaString text => PythonText.Length(text.Value),
        JinjaList list => list.Items.Count,
        JinjaDict dict => dict.Count,
        JinjaUndefined => 0,
        _ => throw context.Wrong($"{JinjaOperators.KindOf(value)} has no length."),
    };

    /// <summary>The attribute of filters: a name, a number, or several with dots between.</summary>
    public object? Lookup(object? value, object? path, object? otherwise = null)
    {
        var members = new JinjaMembers(context);
        if (path is not JinjaString names) return members.Item(value, path);
        foreach (var name in names.Value.Split('.'))
        {
            object? key = long.TryParse(name, out var index) ? index : (JinjaString)name;
            value = value is JinjaUndefined ? value : members.Item(value, key);
            if (value is JinjaUndefined && otherwise is not null) return otherwise;
        }
        return value;
    }

    /// <summary>In order, equal ones as they were.</summary>
    public JinjaList Sorted(IEnumerable<object?> items, bool reverse, bool caseSensitive, Func<object?, object?> key)
    {
        var operators = new JinjaOperators(context);
        object? Folded(object? value) => !caseSensitive && value is JinjaString text ? (JinjaString)text.Value.ToLowerInvariant() : value;
        var keyed = items.Select(item => (Item: item, Key: Folded(key(item)))).ToList();
        // Undefined values have no order; a list of nothing but them stays as it is.
        if (keyed.TrueForAll(pair => pair.Key is JinjaUndefined)) return new JinjaList([.. keyed.Select(pair => pair.Item)]);
        var order = Comparer<object?>.Create((a, b) => reverse ? operators.Order(b, a) : operators.Order(a, b));
        try
        {
            return new JinjaList([.. keyed.OrderBy(pair => pair.Key, order).Select(pair => pair.Item)]);
        }
        catch (InvalidOperationException wrapped) when (wrapped.InnerException is JinjaFault fault)
        {
            // Sorting wraps what a comparison throws.
            throw fault;
        }
    }
}
