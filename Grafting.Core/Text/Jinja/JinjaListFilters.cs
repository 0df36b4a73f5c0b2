namespace Grafting.Core.Text.Jinja;

/// <summary>The filters that go through lists.</summary>
internal sealed class JinjaListFilters(JinjaContext context, JinjaFilters filters)
{
    readonly JinjaSequences _sequences = new(context);

    public static IReadOnlySet<string> Names { get; } = new HashSet<string>(StringComparer.Ordinal)
    {
        "attr", "batch", "dictsort", "first", "groupby", "items", "join", "last", "list", "map", "max", "min", "reject", "rejectattr",
        "reverse", "select",
        "selectattr", "slice", "sort", "sum", "unique",
    };

    public object? Apply(string name, object? value, JinjaArguments arguments) => name switch
    {
        "list" => new JinjaList([.. _sequences.Items(value)]),
        "first" => First(value),
        "last" => _sequences.Items(value) is [.., var last] ? last : new JinjaUndefined("the last of nothing"),
        "join" => Join(value, arguments),
        "reverse" => Reverse(value),
        "items" => value switch
        {
            JinjaDict dict => Once(JinjaMembers.Pairs(dict).Items),
            JinjaUndefined => Once([]),
            _ => throw context.Wrong($"{JinjaOperators.KindOf(value)} has no pairs of key and value."),
        },
        "attr" => new JinjaMembers(context).Attribute(value, arguments.NeedText("name").Value),
        "map" => Map(value, arguments),
        "select" => Select(value, arguments, keep: true, byAttribute: false),
        "reject" => Select(value, arguments, keep: false, byAttribute: false),
        "selectattr" => Select(value, arguments, keep: true, byAttribute: true),
        "rejectattr" => Select(value, arguments, keep: false, byAttribute: true),
        "sort" => Sort(value, arguments),
        "dictsort" => DictSort(value, arguments),
        "unique" => Unique(value, arguments),
        "min" => Extreme(value, arguments, -1),
        "max" => Extreme(value, arguments, 1),
        "sum" => Sum(value, arguments),
        "groupby" => GroupBy(value, arguments),
        "batch" => Batch(value, arguments),
        "slice" => Slices(value, arguments),
        _ => Fault.Unreachable<object?>(name),
    };

    JinjaString Join(object? value, JinjaArguments arguments)
    {
        var separator = new JinjaPrinter(context).Print(arguments.Take("d", JinjaString.Empty));
        var attribute = arguments.Take("attribute");
        var printer = new JinjaPrinter(context);
        var output = new JinjaString.Builder(context.Budget);
        foreach (var (i, item) in _sequences.Items(value).Index())
        {
            if (i > 0) output.Append(separator);
            output.Append(printer.Print(attribute is null ? item : _sequences.Lookup(item, attribute)));
        }
        return output.Build();
    }

    /// <summary>What Jinja gives as a generator.</summary>
    object Once(List<object?> items) => context.Python ? new JinjaIterator(items) : new JinjaList(items);

    object? First(object? value)
    {
        if (value is JinjaIterator iterator) return iterator.TryNext(out var next) ? next : new JinjaUndefined("the first of nothing");
        return _sequences.Items(value) is [var first, ..] ? first : new JinjaUndefined("the first of nothing");
    }

    /// <summary>The items for select and map, which take nothing for no items, whatever kind of nothing it is.</summary>
    List<object?> Any(object? value) => JinjaOperators.Truth(value) ? _sequences.Items(value) : [];

    object Reverse(object? value)
    {
        List<object?> items = [.. _sequences.Items(value)];
        items.Reverse();
        if (value is not JinjaString) return Once(items);
        var output = new JinjaString.Builder(context.Budget);
        foreach (var item in items) output.Append((JinjaString)item!);
        return output.Build();
    }

    object Map(object? value, JinjaArguments arguments)
    {
        var items = Any(value);
        if (arguments.Positional.Count == 0 && arguments.Has("attribute"))
        {
            var (path, otherwise) = (arguments.Take("attribute"), arguments.Take("default"));
            return Once([.. items.Select(item => _sequences.Lookup(item, path, otherwise))]);
        }
        var filter = arguments.NeedText("filter").Value;
        List<object?> mapped = [.. items.Select(item => filters.Apply(filter, item, Fresh(filter, arguments)))];
        Drop(arguments);
        return Once(mapped);
    }

    object Select(object? value, JinjaArguments arguments, bool keep, bool byAttribute)
    {
        var attribute = byAttribute ? arguments.Need("attribute") : null;
        var test = arguments.Text("test")?.Value;
        List<object?> selected = [];
        foreach (var item in Any(value))
        {
            var looked = byAttribute ? _sequences.Lookup(item, attribute) : item;
            var holds = test is null ? JinjaOperators.Truth(looked) : filters.Holds(test, looked, Fresh(test, arguments));
            if (holds == keep) selected.Add(item);
        }
        Drop(arguments);
        return Once(selected);
    }

    JinjaList Sort(object? value, JinjaArguments arguments)
    {
        var (reverse, caseSensitive, attribute) = (
            arguments.Flag("reverse"), arguments.Flag("case_sensitive"), arguments.Take("attribute"));
        // Several attributes with commas order one after the other; in lists, so that also what has no order may be equal.
        IEnumerable<object?> paths = attribute is JinjaString names
            ? names.Value.Split(',').Select(path => (object?)(JinjaString)path)
            : [attribute];
        object? Folded(object? key) => !caseSensitive && key is JinjaString text ? (JinjaString)text.Value.ToLowerInvariant() : key;
        return _sequences.Sorted(
            _sequences.Items(value), reverse, caseSensitive,
            item => new JinjaList([.. paths.Select(path => Folded(path is null ? item : _sequences.Lookup(item, path)))]));
    }

    JinjaList DictSort(object? value, JinjaArguments arguments)
    {
        if (value is not JinjaDict dict) throw context.Wrong($"{JinjaOperators.KindOf(value)} is no dict to be sorted.");
        var caseSensitive = arguments.Flag("case_sensitive");
        var by = arguments.Text("by")?.Value ?? "key";
        if (by is not ("key" or "value")) throw arguments.Wrong("sorts by key or by value.");
        return _sequences.Sorted(
            JinjaMembers.Pairs(dict).Items, arguments.Flag("reverse"), caseSensitive,
            pair => ((JinjaList)pair!).Items[by == "key" ? 0 : 1]);
    }

    object Unique(object? value, JinjaArguments arguments)
    {
        var (caseSensitive, attribute) = (arguments.Flag("case_sensitive"), arguments.Take("attribute"));
        var operators = new JinjaOperators(context);
        List<object?> keys = [], kept = [];
        foreach (var item in _sequences.Items(value))
        {
            var key = attribute is null ? item : _sequences.Lookup(item, attribute);
            if (!caseSensitive && key is JinjaString text) key = (JinjaString)text.Value.ToLowerInvariant();
            if (keys.Exists(known => operators.AreEqual(known, key))) continue;
            keys.Add(key);
            kept.Add(item);
        }
        return Once(kept);
    }

    object? Extreme(object? value, JinjaArguments arguments, int sign)
    {
        var (caseSensitive, attribute) = (arguments.Flag("case_sensitive"), arguments.Take("attribute"));
        var sorted = _sequences.Sorted(
            _sequences.Items(value), reverse: sign > 0, caseSensitive, item =>
                attribute is null ? item : _sequences.Lookup(item, attribute));
        return sorted.Items is [var first, ..] ? first : new JinjaUndefined("the extreme of nothing");
    }

    object? Sum(object? value, JinjaArguments arguments)
    {
        var (attribute, sum) = (arguments.Take("attribute"), arguments.Take("start", 0L));
        var operators = new JinjaOperators(context);
        foreach (var item in _sequences.Items(value))
            sum = operators.Binary("+", sum, attribute is null ? item : _sequences.Lookup(item, attribute));
        return sum;
    }

    JinjaList GroupBy(object? value, JinjaArguments arguments)
    {
        var (attribute, otherwise, caseSensitive) = (
            arguments.Need("attribute"), arguments.Take("default"), arguments.Flag("case_sensitive"));
        object? Key(object? item) => _sequences.Lookup(item, attribute, otherwise);
        object? Folded(object? key) => !caseSensitive && key is JinjaString text ? (JinjaString)text.Value.ToLowerInvariant() : key;
        var operators = new JinjaOperators(context);
        List<object?> groups = [];
        foreach (var item in _sequences.Sorted(_sequences.Items(value), reverse: false, caseSensitive, Key).Items)
        {
            if (groups is [.., JinjaList last] && operators.AreEqual(Folded(last.Items[0]), Folded(Key(item))))
                ((JinjaList)last.Items[1]!).Items.Add(item);
            else groups.Add(new JinjaList([Key(item), new JinjaList([item])], tuple: true));
        }
        return new JinjaList(groups);
    }

    object Batch(object? value, JinjaArguments arguments)
    {
        var size = arguments.Whole("linecount") is { } n and > 0
            ? (int)Math.Min(n, int.MaxValue)
            : throw arguments.Wrong("needs a size above 0.");
        var fill = arguments.Take("fill_with");
        var batches = _sequences.Items(value).Chunk(size).Select(chunk => new JinjaList([.. chunk])).ToList();
        if (fill is not null && batches is [.., var last])
        {
            context.Budget.Step(size);
            while (last.Items.Count < size) last.Items.Add(fill);
        }
        return Once([.. batches]);
    }

    object Slices(object? value, JinjaArguments arguments)
    {
        var count = arguments.Whole("slices") is { } n and > 0 ? n : throw arguments.Wrong("needs a number above 0.");
        var fill = arguments.Take("fill_with");
        var items = _sequences.Items(value);
        context.Budget.Step(count);
        List<object?> slices = [];
        var at = 0;
        for (var i = 0; i < count; i++)
        {
            var size = (int)(items.Count / count) + (i < items.Count % count ? 1 : 0);
            var slice = items.GetRange(at, size);
            at += size;
            if (fill is not null && i >= items.Count % count) slice.Add(fill);
            slices.Add(new JinjaList(slice));
        }
        return Once(slices);
    }

    /// <summary>The arguments behind the name of a filter or test, for one item.</summary>
    static JinjaArguments Fresh(string name, JinjaArguments arguments) => arguments.Rest(name);

    static void Drop(JinjaArguments arguments)
    {
        while (arguments.Has("")) arguments.Take("");
        foreach (var name in arguments.Named.Keys.ToArray()) arguments.Take(name);
    }
}
