namespace Grafting.Core.Text.Jinja;

/// <summary>Reads the statements of a template.</summary>
internal sealed class JinjaParser
{
    static readonly HashSet<string> s_elsewhere = new(StringComparer.Ordinal)
    {
        "include", "import", "from", "extends", "block", "do", "autoescape", "trans", "debug",
    };

    readonly JinjaReader _reader;
    readonly JinjaExpressionParser _expressions;

    /// <summary>Loops around what is read; a macro's body begins anew.</summary>
    int _loops;

    JinjaParser(IReadOnlyList<JinjaToken> tokens)
    {
        _reader = new JinjaReader(tokens);
        _expressions = new JinjaExpressionParser(_reader);
    }

    /// <exception cref="JinjaFault">Not a template.</exception>
    public static IReadOnlyList<JinjaStatement> Read(string source) => new JinjaParser(JinjaLexer.Read(source)).Body(default);

    /// <param name="open">Place and name of the block that the body is in; default: none, it ends with the template.</param>
    /// <param name="ends">Names of tags that end it. The last is its end; the tag's name is left as the current token.</param>
    List<JinjaStatement> Body((Position At, string Name) open, params ReadOnlySpan<string> ends)
    {
        List<JinjaStatement> body = [];
        while (true)
        {
            var token = _reader.Next();
            switch (token.Kind)
            {
                case JinjaTokenKind.Data:
                    body.Add(new Data(token.At, token.Text));
                    break;
                case JinjaTokenKind.VariableBegin:
                    body.Add(new Output(token.At, _expressions.ExpressionOrTuple()));
                    _reader.Expect(JinjaTokenKind.VariableEnd, "\"}}\"");
                    break;
                case JinjaTokenKind.End when ends.Length > 0:
                    throw new JinjaFault(open.At, $"{{% {open.Name} %}} does not end: {{% {ends[^1]} %}} is missing.");
                case JinjaTokenKind.End:
                    return body;
                default:
                    if (_reader.Current.Kind == JinjaTokenKind.Name && ends.Contains(_reader.Current.Text)) return body;
                    body.Add(Statement());
                    _reader.Expect(JinjaTokenKind.BlockEnd, "\"%}\"");
                    break;
            }
        }
    }

    JinjaStatement Statement() => _reader.Nested(() =>
    {
        var at = _reader.Current.At;
        var name = _reader.ExpectName();
        return name switch
        {
            "if" => ReadIf(at),
            "for" => ReadFor(at),
            "set" => ReadSet(at),
            "macro" => ReadMacro(at),
            "call" => ReadCall(at),
            "filter" => new FilterBlock(at, _expressions.FilterChain(null), Block(at, name)),
            "with" => ReadWith(at),
            "generation" => new GenerationBlock(at, Block(at, name)),
            "break" => InLoop(new Break(at), name),
            "continue" => InLoop(new Continue(at), name),
            _ when s_elsewhere.Contains(name) => throw new JinjaFault(at, $"{{% {name} %}} has no place in a chat template."),
            _ => throw new JinjaFault(at, $"there is no statement {{% {Printable.Quote(name)[1..^1]} %}}."),
        };
    });

    JinjaStatement InLoop(JinjaStatement statement, string name) =>
        _loops > 0 ? statement : throw new JinjaFault(statement.At, $"{{% {name} %}} stands in no loop.");

    /// <summary>The rest of the opening tag, the body, and the name of the closing tag.</summary>
    List<JinjaStatement> Block(Position at, string name)
    {
        _reader.Expect(JinjaTokenKind.BlockEnd, "\"%}\"");
        var body = Body((at, name), $"end{name}");
        _reader.Next();
        return body;
    }

    If ReadIf(Position at)
    {
        List<(JinjaExpression, IReadOnlyList<JinjaStatement>)> branches = [];
        while (true)
        {
            var test = _expressions.ExpressionOrTuple(conditional: false);
            _reader.Expect(JinjaTokenKind.BlockEnd, "\"%}\"");
            branches.Add((test, Body((at, "if"), "elif", "else", "endif")));
            var next = _reader.Next().Text;
            if (next == "elif") continue;
            if (next == "endif") return new If(at, branches, []);
            _reader.Expect(JinjaTokenKind.BlockEnd, "\"%}\"");
            var otherwise = Body((at, "if"), "endif");
            _reader.Next();
            return new If(at, branches, otherwise);
        }
    }

    For ReadFor(Position at)
    {
        var target = _expressions.Target(withNamespace: false);
        if (!_reader.SkipName("in")) throw _reader.Unexpected("\"in\"");
        var over = _expressions.ExpressionOrTuple(conditional: false);
        var filter = _reader.SkipName("if") ? _expressions.Expression() : null;
        var recursive = _reader.SkipName("recursive");
        _reader.Expect(JinjaTokenKind.BlockEnd, "\"%}\"");
        _loops++;
        var body = Body((at, "for"), "else", "endfor");
        _loops--;
        List<JinjaStatement> otherwise = [];
        if (_reader.Next().Text == "else")
        {
            _reader.Expect(JinjaTokenKind.BlockEnd, "\"%}\"");
            otherwise = Body((at, "for"), "endfor");
            _reader.Next();
        }
        return new For(at, target, over, filter, recursive, body, otherwise);
    }

    JinjaStatement ReadSet(Position at)
    {
        var target = _expressions.Target(withNamespace: true);
        if (_reader.Skip("=")) return new Set(at, target, _expressions.ExpressionOrTuple());
        var filter = _reader.Skip("|") ? _expressions.FilterChain(null) : null;
        return new SetBlock(at, target, filter, Block(at, "set"));
    }

    MacroDefinition ReadMacro(Position at)
    {
        var name = _reader.ExpectName();
        var parameters = Parameters();
        return new MacroDefinition(at, name, parameters, OutsideLoops(() => Block(at, "macro")));
    }

    CallBlock ReadCall(Position at)
    {
        var parameters = _reader.Current.IsOperator("(") ? Parameters() : [];
        var call = _expressions.Expression() as Call ?? throw new JinjaFault(at, "{% call %} is followed by the call of a macro.");
        return new CallBlock(at, call, new MacroDefinition(at, "caller", parameters, OutsideLoops(() => Block(at, "call"))));
    }

    List<JinjaStatement> OutsideLoops(Func<List<JinjaStatement>> read)
    {
        var loops = _loops;
        _loops = 0;
        var body = read();
        _loops = loops;
        return body;
    }

    List<(string, JinjaExpression?)> Parameters()
    {
        _reader.Expect("(");
        List<(string Name, JinjaExpression? Default)> parameters = [];
        while (!_reader.Skip(")"))
        {
            if (parameters.Count > 0)
            {
                _reader.Expect(",");
                if (_reader.Skip(")")) break;
            }
            var at = _reader.Current.At;
            var name = _reader.ExpectName();
            var standard = _reader.Skip("=") ? _expressions.Expression() : null;
            if (standard is null && parameters.Exists(p => p.Default is not null))
                throw new JinjaFault(at, $"the parameter {name} needs a default, as those before it.");
            parameters.Add((name, standard));
        }
        return parameters;
    }

    With ReadWith(Position at)
    {
        List<(JinjaExpression, JinjaExpression)> values = [];
        while (_reader.Current.Kind != JinjaTokenKind.BlockEnd)
        {
            if (values.Count > 0) _reader.Expect(",");
            var target = _expressions.Target(withNamespace: false);
            _reader.Expect("=");
            values.Add((target, _expressions.Expression()));
        }
        return new With(at, values, Block(at, "with"));
    }
}
