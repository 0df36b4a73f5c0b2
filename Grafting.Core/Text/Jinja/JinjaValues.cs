using System.Diagnostics.CodeAnalysis;

namespace Grafting.Core.Text.Jinja;

// What a value of a template can be: null, bool, long, double, JinjaString, or one of these. Nothing else is reachable from a template.

/// <summary>A name without a value; prints as nothing, and most uses of it are errors.</summary>
/// <param name="What">What is missing, for messages.</param>
internal sealed record JinjaUndefined(string What);

internal sealed class JinjaList(List<object?> items, bool tuple = false)
{
    public List<object?> Items { get; } = items;

    public bool IsTuple { get; } = tuple;
}

/// <summary>What filters such as <c>select</c> give: true even where it holds nothing, without length, and gone through once.</summary>
internal sealed class JinjaIterator(List<object?> items)
{
    int _at;

    public List<object?> Rest()
    {
        var rest = items[_at..];
        _at = items.Count;
        return rest;
    }

    public bool TryNext(out object? item)
    {
        item = _at < items.Count ? items[_at] : null;
        return _at++ < items.Count;
    }
}

/// <summary>Keeps the order of its keys, which are equal as Python has them: 1, 1.0 and true are one key.</summary>
internal sealed class JinjaDict
{
    readonly OrderedDictionary<object, (object? Key, object? Value)> _items = new(KeyEquality.Instance);

    public int Count => _items.Count;

    public IEnumerable<(object? Key, object? Value)> Items => _items.Values;

    public bool TryGet(object? key, out object? value)
    {
        var found = _items.TryGetValue(key ?? KeyEquality.None, out var item);
        value = item.Value;
        return found;
    }

    /// <summary>Of text keys only; the usual case.</summary>
    public object? this[string key] => TryGet((JinjaString)key, out var value) ? value : null;

    /// <summary>The value goes to a key that is equal, which stays as it was written.</summary>
    public void Set(object? key, object? value)
    {
        var place = key ?? KeyEquality.None;
        _items[place] = (_items.TryGetValue(place, out var known) ? known.Key : key, value);
    }

    /// <summary>Whether a value can be a key.</summary>
    public static bool Allows(object? key) => key is null or bool or long or double or JinjaString;

    sealed class KeyEquality : IEqualityComparer<object>
    {
        public static readonly KeyEquality Instance = new();
        public static readonly object None = new();

        public new bool Equals(object? a, object? b) => (a, b) switch
        {
            (JinjaString x, JinjaString y) => x.Value == y.Value,
            (JinjaString, _) or (_, JinjaString) => false,
            _ when ReferenceEquals(a, None) || ReferenceEquals(b, None) => ReferenceEquals(a, b),
            _ => Number(a!) == Number(b!),
        };

        public int GetHashCode([DisallowNull] object value) => value switch
        {
            JinjaString text => text.Value.GetHashCode(StringComparison.Ordinal),
            _ when ReferenceEquals(value, None) => 0,
            _ => Number(value).GetHashCode(),
        };

        static double Number(object value) => value switch { bool b => b ? 1 : 0, long n => n, double d => d, _ => double.NaN };
    }
}

/// <summary>What <c>namespace()</c> makes: values that a loop may change.</summary>
internal sealed class JinjaNamespace
{
    public Dictionary<string, object?> Values { get; } = new(StringComparer.Ordinal);
}

/// <summary>Something that can be called: a macro, a method of a value, or one of the functions that every template has.</summary>
internal sealed class JinjaFunction(string name, Func<JinjaArguments, object?> body)
{
    public string Name { get; } = name;

    public object? Call(JinjaArguments arguments) => body(arguments);
}

/// <summary>A value whose members are worked out when asked for: <c>loop</c>, a cycler.</summary>
internal interface IJinjaMembers
{
    /// <returns>The member, or undefined.</returns>
    object? Member(string name);
}
