namespace Grafting.Core.Text.Jinja;

/// <summary>Names and their values. Loops, macros and blocks have their own, so that what they set is gone behind them.</summary>
internal sealed class JinjaScope(JinjaScope? outer)
{
    readonly Dictionary<string, object?> _values = new(StringComparer.Ordinal);

    public void Set(string name, object? value) => _values[name] = value;

    public bool TryGet(string name, out object? value)
    {
        for (var scope = this; scope is not null; scope = scope.Outer)
            if (scope._values.TryGetValue(name, out value)) return true;
        value = null;
        return false;
    }

    JinjaScope? Outer => outer;
}
