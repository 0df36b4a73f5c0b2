namespace Grafting.Core.Text.Jinja;

/// <summary>Walks over the tokens of a template.</summary>
internal sealed class JinjaReader(IReadOnlyList<JinjaToken> tokens)
{
    /// <summary>Nesting of what is read; beyond it a template is an attack on the stack.</summary>
    const int Deepest = 100;

    int _at;
    int _depth;

    public JinjaToken Current => tokens[_at];

    public JinjaToken Ahead => tokens[Math.Min(_at + 1, tokens.Count - 1)];

    public JinjaToken Next() => Current.Kind == JinjaTokenKind.End ? Current : tokens[_at++];

    public bool Skip(string op)
    {
        if (!Current.IsOperator(op)) return false;
        _at++;
        return true;
    }

    public bool SkipName(string name)
    {
        if (!Current.IsName(name)) return false;
        _at++;
        return true;
    }

    public void Expect(string op)
    {
        if (!Skip(op)) throw Unexpected($"\"{op}\"");
    }

    public string ExpectName()
    {
        if (Current.Kind != JinjaTokenKind.Name) throw Unexpected("a name");
        return Next().Text;
    }

    public void Expect(JinjaTokenKind kind, string what)
    {
        if (Current.Kind != kind) throw Unexpected(what);
        _at++;
    }

    public JinjaFault Unexpected(string expected) => new(Current.At, $"{expected} is expected, not {Current}.");

    /// <summary>Reads what nests.</summary>
    public T Nested<T>(Func<T> read)
    {
        if (++_depth > Deepest) throw new JinjaFault(Current.At, $"it nests more than {Deepest} deep.");
        var value = read();
        _depth--;
        return value;
    }
}
