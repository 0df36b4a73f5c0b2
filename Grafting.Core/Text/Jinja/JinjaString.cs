using System.Text;

namespace Grafting.Core.Text.Jinja;

/// <summary>Where a stretch of text came from.</summary>
/// <param name="Source">0: written by the template, or by a variable that is no message; k + 1: from message k of the conversation.</param>
/// <param name="Generated">It stood in a <c>{% generation %}</c> block, by which a template marks what the model is to learn.</param>
internal readonly record struct Origin(int Source, bool Generated = false);

/// <param name="End">Index behind its last UTF-16 unit; it begins where the one before ends.</param>
internal readonly record struct OriginRun(int End, Origin Origin);

/// <summary>
/// A text that knows which message each of its characters came from, through joining, slicing, stripping and splitting. That is what tells
/// the words of an answer from those of the template, and keeps the name of a special token in a user's words from becoming that token.
/// </summary>
internal sealed class JinjaString
{
    static readonly OriginRun[] s_none = [];

    readonly OriginRun[] _runs;

    JinjaString(string value, OriginRun[] runs, bool safe = false)
    {
        (Value, _runs, IsSafe) = (value, runs, safe);
    }

    public static JinjaString Empty { get; } = new("", s_none);

    public string Value { get; }

    /// <summary>Whether it counts as HTML (Python's <c>Markup</c>): what is joined to it by an operator is escaped.</summary>
    public bool IsSafe { get; }

    /// <summary>Empty where all of it is the template's.</summary>
    public IReadOnlyList<OriginRun> Runs => _runs;

    public static implicit operator JinjaString(string value) => value.Length == 0 ? Empty : new(value, s_none);

    public static JinjaString From(string value, Origin origin) =>
        value.Length == 0 || origin == default ? value : new JinjaString(value, [new OriginRun(value.Length, origin)]);

    /// <summary>
    /// A text made from this one in a way that keeps no account of its parts: all of it comes from where the first foreign part did.
    /// </summary>
    public JinjaString Derive(string value) => IsSafe ? From(value, FirstOrigin()).AsSafe() : From(value, FirstOrigin());

    public JinjaString AsSafe() => IsSafe ? this : new(Value, _runs, safe: true);

    public JinjaString Slice(int start, int length)
    {
        if (start == 0 && length == Value.Length) return this;
        var value = Value.Substring(start, length);
        if (_runs.Length == 0 || length == 0) return new(value, s_none, IsSafe);
        List<OriginRun> runs = [];
        foreach (var run in _runs)
        {
            if (run.End <= start) continue;
            runs.Add(run with { End = Math.Min(run.End, start + length) - start });
            if (run.End >= start + length) break;
        }
        return new(value, [.. runs], IsSafe);
    }

    public JinjaString AsGenerated()
    {
        if (Value.Length == 0) return this;
        return _runs.Length == 0
            ? From(Value, new Origin(0, Generated: true))
            : new(Value, Array.ConvertAll(_runs, run => run with { Origin = run.Origin with { Generated = true } }));
    }

    public override string ToString() => Value;

    Origin FirstOrigin()
    {
        foreach (var run in _runs)
            if (run.Origin.Source != 0) return run.Origin;
        return _runs.Length > 0 ? _runs[0].Origin : default;
    }

    /// <summary>Joins texts with the account of their parts.</summary>
    internal sealed class Builder(JinjaBudget budget)
    {
        readonly StringBuilder _text = new();
        readonly List<OriginRun> _runs = [];

        public void Append(JinjaString part)
        {
            if (part.Value.Length == 0) return;
            budget.Text(_text.Length + part.Value.Length, part.Value.Length);
            var start = _text.Length;
            _text.Append(part.Value);
            if (part._runs.Length == 0) Extend(default);
            else
                foreach (var run in part._runs) Extend(run.Origin, start + run.End);
        }

        public JinjaString Build()
        {
            return _runs.TrueForAll(run => run.Origin == default) ? _text.ToString() : new JinjaString(_text.ToString(), _runs.ToArray());
        }

        void Extend(Origin origin, int? end = null)
        {
            var run = new OriginRun(end ?? _text.Length, origin);
            if (_runs.Count > 0 && _runs[^1].Origin == origin) _runs[^1] = run;
            else _runs.Add(run);
        }
    }
}
