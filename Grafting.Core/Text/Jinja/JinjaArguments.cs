namespace Grafting.Core.Text.Jinja;

/// <summary>Arguments of a call.</summary>
/// <param name="what">What is called, for messages.</param>
internal sealed class JinjaArguments(string what, List<object?> positional, Dictionary<string, object?> named, Position at)
{
    int _taken;

    public Position At => at;

    public IReadOnlyList<object?> Positional => positional;

    public IReadOnlyDictionary<string, object?> Named => named;

    public static JinjaArguments None(string what, Position at) => new(what, [], new(StringComparer.Ordinal), at);

    /// <summary>The next argument, by place or name.</summary>
    public object? Take(string name, object? otherwise = null)
    {
        if (_taken < positional.Count)
        {
            if (named.ContainsKey(name)) throw Wrong($"has two values for \"{name}\".");
            return positional[_taken++];
        }
        return named.Remove(name, out var value) ? value : otherwise;
    }

    public object? Need(string name) => Has(name) ? Take(name) : throw Wrong($"needs \"{name}\".");

    public bool Has(string name) => _taken < positional.Count || named.ContainsKey(name);

    public JinjaString? Text(string name) => Take(name) switch
    {
        null => null,
        JinjaString text => text,
        _ => throw Wrong($"needs a text as \"{name}\"."),
    };

    public JinjaString NeedText(string name) => Text(name) ?? throw Wrong($"needs a text as \"{name}\".");

    public long? Whole(string name) => Take(name) switch
    {
        null => null,
        long number => number,
        bool flag => flag ? 1 : 0,
        _ => throw Wrong($"needs a whole number as \"{name}\"."),
    };

    public bool Flag(string name, bool otherwise = false) => Has(name) ? JinjaOperators.Truth(Take(name)) : otherwise;

    /// <summary>What was not taken: the arguments of a filter that is applied to every item.</summary>
    public JinjaArguments Rest(string name) => new(name, positional[_taken..], new(named, StringComparer.Ordinal), at);

    /// <summary>Nothing may be left over.</summary>
    public void End()
    {
        if (_taken < positional.Count) throw Wrong($"takes no more than {_taken} values.");
        if (named.Count > 0) throw Wrong($"has no argument \"{named.Keys.First()}\".");
    }

    public JinjaFault Wrong(string complaint) => new(at, $"{what} {complaint}");
}
