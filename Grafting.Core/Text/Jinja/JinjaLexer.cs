using static Grafting.Core.Text.Jinja.JinjaTokenKind;

namespace Grafting.Core.Text.Jinja;

/// <summary>
/// Cuts a template into text and the tokens of its tags, with the white space rules of Jinja 3 under <c>trim_blocks</c> and
/// <c>lstrip_blocks</c>, which is how transformers compiles templates: a block tag or comment takes along the line break right behind it
/// and the blanks before it on its line; a minus takes all white space on its side, a plus keeps it.
/// </summary>
internal sealed class JinjaLexer
{
    static readonly string[] s_operators =
        [
            "**", "//", "==", "!=", ">=", "<=", "+", "-", "*", "/", "%", "~", "(", ")", "[", "]", "{", "}", "<", ">", "=", ".", ":", ",",
            "|", ";",
        ];

    readonly string _source;
    readonly List<JinjaToken> _tokens = [];
    readonly List<int> _lines = [0];
    int _at;
    bool _lineStarting = true;

    JinjaLexer(string source)
    {
        _source = source.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        if (_source.EndsWith('\n')) _source = _source[..^1];
        for (var i = 0; i < _source.Length; i++)
            if (_source[i] == '\n') _lines.Add(i + 1);
    }

    /// <exception cref="JinjaFault">Not a template.</exception>
    public static IReadOnlyList<JinjaToken> Read(string source)
    {
        var lexer = new JinjaLexer(source);
        lexer.Run();
        return lexer._tokens;
    }

    void Run()
    {
        while (_at < _source.Length)
        {
            var tag = NextTag(_at);
            if (tag < 0)
            {
                Add(JinjaTokenKind.Data, _source[_at..], _at);
                _at = _source.Length;
                break;
            }
            var kind = _source[tag + 1];
            var sign = tag + 2 < _source.Length && _source[tag + 2] is '-' or '+' ? _source[tag + 2] : '\0';
            if (kind == '{' && sign == '+') sign = '\0';
            AddData(tag, sign, variable: kind == '{');
            _at = tag + (sign == '\0' ? 2 : 3);
            if (kind == '#') SkipComment(tag);
            else if (kind == '%' && RawBody(_at) is { } body) ReadRaw(tag, body);
            else ReadTag(tag, block: kind == '%');
        }
        Add(End, "", _source.Length);
    }

    int NextTag(int from)
    {
        while ((from = _source.IndexOf('{', from)) >= 0 && from + 1 < _source.Length)
        {
            if (_source[from + 1] is '{' or '%' or '#') return from;
            from++;
        }
        return -1;
    }

    void AddData(int end, char sign, bool variable)
    {
        var text = _source[_at..end];
        if (sign == '-') text = text[..PythonText.StripEnd(text)];
        else if (sign != '+' && !variable)
        {
            var line = text.LastIndexOf('\n') + 1;
            if ((line > 0 || _lineStarting) && PythonText.IsSpace(text.AsSpan(line))) text = text[..line];
        }
        if (text.Length > 0) Add(JinjaTokenKind.Data, text, _at);
    }

    void SkipComment(int start)
    {
        var end = _source.IndexOf("#}", _at, StringComparison.Ordinal);
        if (end < 0) throw new JinjaFault(At(start), "a comment does not end: \"#}\" is missing.");
        var sign = end > _at ? _source[end - 1] : '\0';
        _at = end + 2;
        AfterTag(sign, block: true);
    }

    /// <summary>Where the text behind <c>{% raw %}</c> begins; null where the tag is another one.</summary>
    int? RawBody(int at)
    {
        at = SkipSpace(at);
        if (!Follows(at, "raw")) return null;
        at = SkipSpace(at + 3);
        if (Follows(at, "-%}")) return SkipSpace(at + 3);
        return Follows(at, "%}") ? at + 2 : null;
    }

    void ReadRaw(int start, int body)
    {
        for (var end = body; (end = _source.IndexOf("{%", end, StringComparison.Ordinal)) >= 0; end += 2)
        {
            var sign = end + 2 < _source.Length && _source[end + 2] is '-' or '+' ? _source[end + 2] : '\0';
            var close = SkipSpace(end + (sign == '\0' ? 2 : 3));
            if (!Follows(close, "endraw")) continue;
            close = SkipSpace(close + 6);
            var endSign = close < _source.Length && _source[close] is '-' or '+' ? _source[close] : '\0';
            if (endSign != '\0') close++;
            if (!Follows(close, "%}")) continue;
            _at = body;
            AddData(end, sign, variable: false);
            _at = close + 2;
            AfterTag(endSign, block: true);
            return;
        }
        throw new JinjaFault(At(start), "a raw block does not end: \"{% endraw %}\" is missing.");
    }

    void ReadTag(int start, bool block)
    {
        Add(block ? BlockBegin : VariableBegin, block ? "{%" : "{{", start);
        var open = new Stack<char>();
        while (true)
        {
            _at = SkipSpace(_at);
            if (_at >= _source.Length) throw new JinjaFault(At(start), $"a tag does not end: \"{(block ? "%}" : "}}")}\" is missing.");
            if (open.Count == 0 && EndOfTag(block)) return;
            ReadToken(open);
        }
    }

    bool EndOfTag(bool block)
    {
        var close = block ? "%}" : "}}";
        var sign = _source[_at] == '-' || block && _source[_at] == '+' ? _source[_at] : '\0';
        var at = sign == '\0' ? _at : _at + 1;
        if (!Follows(at, close)) return false;
        Add(block ? BlockEnd : VariableEnd, close, _at);
        _at = at + 2;
        AfterTag(sign, block);
        return true;
    }

    void AfterTag(char sign, bool block)
    {
        if (sign == '-') _at = SkipSpace(_at);
        else if (sign != '+' && block && _at < _source.Length && _source[_at] == '\n') _at++;
        _lineStarting = _at > 0 && _source[_at - 1] == '\n';
    }

    void ReadToken(Stack<char> open)
    {
        var (start, first) = (_at, _source[_at]);
        if (first is '\'' or '"')
        {
            ReadString(first);
        }
        else if (char.IsAsciiDigit(first))
        {
            ReadNumber();
        }
        else if (first == '_' || char.IsLetter(first))
        {
            while (_at < _source.Length && (_source[_at] == '_' || char.IsLetterOrDigit(_source[_at]))) _at++;
            Add(JinjaTokenKind.Name, _source[start.._at], start);
        }
        else
        {
            var found = s_operators.FirstOrDefault(text => Follows(start, text))
                ?? throw new JinjaFault(At(start), $"the character {Printable.Quote(first.ToString())} has no meaning in a tag.");
            if (first is '(' or '[' or '{') open.Push(first);
            else if (first is ')' or ']' or '}' && (!open.TryPop(out var opened)
                || "([{".IndexOf(opened, StringComparison.Ordinal) != ")]}".IndexOf(first, StringComparison.Ordinal)))
                throw new JinjaFault(At(start), $"\"{first}\" closes nothing.");
            _at += found.Length;
            Add(Operator, found, start);
        }
    }

    void ReadString(char quote)
    {
        var start = _at++;
        while (_at < _source.Length && _source[_at] != quote) _at += _source[_at] == '\\' ? 2 : 1;
        if (_at >= _source.Length) throw new JinjaFault(At(start), "a text does not end: its quote is missing.");
        Add(JinjaTokenKind.String, PythonLiteral.Unescape(_source.AsSpan(start + 1, _at - start - 1)), start);
        _at++;
    }

    void ReadNumber()
    {
        var (start, isFloat) = (_at, false);
        void Digits()
        {
            while (DigitAt(_at) || _at < _source.Length && _source[_at] == '_' && DigitAt(_at + 1)) _at++;
        }
        bool DigitAt(int at) => at < _source.Length && char.IsAsciiDigit(_source[at]);

        Digits();
        // Behind a dot a number is a place, and what follows the next dot another.
        var isPlace = start > 0 && _source[start - 1] == '.';
        if (!isPlace && _at < _source.Length && _source[_at] == '.' && DigitAt(_at + 1))
        {
            (isFloat, _at) = (true, _at + 1);
            Digits();
        }
        if (_at < _source.Length && _source[_at] is 'e' or 'E')
        {
            var exponent = _at + 1 < _source.Length && _source[_at + 1] is '+' or '-' ? _at + 2 : _at + 1;
            if (DigitAt(exponent))
            {
                (isFloat, _at) = (true, exponent);
                Digits();
            }
        }
        Add(isFloat ? Float : Integer, _source[start.._at].Replace("_", "", StringComparison.Ordinal), start);
    }

    void Add(JinjaTokenKind kind, string text, int at) => _tokens.Add(new JinjaToken(kind, text, At(at)));

    bool Follows(int at, string text) => at <= _source.Length && _source.AsSpan(at).StartsWith(text, StringComparison.Ordinal);

    int SkipSpace(int at)
    {
        while (at < _source.Length && PythonText.IsSpace(_source[at])) at++;
        return at;
    }

    Position At(int index)
    {
        var line = _lines.BinarySearch(index);
        if (line < 0) line = ~line - 1;
        return new Position(line + 1, index - _lines[line] + 1);
    }
}
