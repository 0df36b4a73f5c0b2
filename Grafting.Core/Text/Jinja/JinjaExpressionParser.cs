using System.Globalization;
using System.Numerics;

namespace Grafting.Core.Text.Jinja;

/// <summary>Reads expressions, with the precedence of Jinja 3: filters and tests bind tightest, then signs, powers, products, ~, sums,
/// comparisons, not, and, or, if-else.</summary>
internal sealed class JinjaExpressionParser(JinjaReader reader)
{
    static readonly HashSet<string> s_comparisons = new(StringComparer.Ordinal) { "==", "!=", "<", "<=", ">", ">=" };

    public JinjaExpression Expression() => reader.Nested(() =>
    {
        var value = Or();
        while (reader.Current.IsName("if"))
        {
            var at = reader.Next().At;
            var test = Or();
            value = new Conditional(at, test, value, reader.SkipName("else") ? Expression() : null);
        }
        return value;
    });

    /// <summary>One expression, or several with commas between.</summary>
    /// <param name="conditional">Whether an if may follow, which behind a loop's sequence is the loop's own.</param>
    public JinjaExpression ExpressionOrTuple(bool conditional = true, bool allowEmpty = false)
    {
        JinjaExpression One() => conditional ? Expression() : Or();
        var at = reader.Current.At;
        if (allowEmpty && reader.Current.IsOperator(")")) return new ListLiteral(at, [], Tuple: true);
        var first = One();
        if (!reader.Current.IsOperator(",")) return first;
        List<JinjaExpression> items = [first];
        while (reader.Skip(",") && !EndsTuple()) items.Add(One());
        return new ListLiteral(at, items, Tuple: true);
    }

    /// <summary>A name, <c>namespace.name</c> or several of them.</summary>
    public JinjaExpression Target(bool withNamespace)
    {
        var at = reader.Current.At;
        var first = OneTarget(withNamespace);
        if (!reader.Current.IsOperator(",")) return first;
        List<JinjaExpression> items = [first];
        while (reader.Skip(",") && !EndsTuple()) items.Add(OneTarget(withNamespace));
        return new ListLiteral(at, items, Tuple: true);
    }

    public Arguments CallArguments()
    {
        reader.Expect("(");
        List<(string?, int, JinjaExpression)> items = [];
        while (!reader.Skip(")"))
        {
            if (items.Count > 0)
            {
                reader.Expect(",");
                if (reader.Skip(")")) break;
            }
            var spread = reader.Skip("**") ? 2 : reader.Skip("*") ? 1 : 0;
            string? name = null;
            if (spread == 0 && reader.Current.Kind == JinjaTokenKind.Name && reader.Ahead.IsOperator("="))
            {
                name = reader.ExpectName();
                reader.Expect("=");
            }
            items.Add((name, spread, Expression()));
        }
        return new Arguments(items);
    }

    /// <summary>The filters behind an expression.</summary>
    /// <param name="of">Null for the text of a block.</param>
    public Filter FilterChain(JinjaExpression? of)
    {
        JinjaExpression? value = of;
        do
        {
            var at = reader.Current.At;
            var name = DottedName();
            value = new Filter(at, value, name, reader.Current.IsOperator("(") ? CallArguments() : Arguments.None);
        }
        while (reader.Skip("|"));
        return (Filter)value;
    }

    JinjaExpression OneTarget(bool withNamespace)
    {
        var at = reader.Current.At;
        if (reader.Skip("("))
        {
            var inner = Target(withNamespace);
            reader.Expect(")");
            return inner;
        }
        var name = new Name(at, reader.ExpectName());
        if (name.Text is "true" or "false" or "True" or "False" or "none" or "None")
            throw new JinjaFault(at, $"\"{name.Text}\" cannot be given a value.");
        return withNamespace && reader.Skip(".") ? new Attribute(at, name, reader.ExpectName()) : name;
    }

    bool EndsTuple() =>
        reader.Current.Kind is JinjaTokenKind.BlockEnd or JinjaTokenKind.VariableEnd || reader.Current.IsOperator(")")
            || reader.Current.IsName("in")
        || reader.Current.IsName("recursive") || reader.Current.IsOperator("=");

    JinjaExpression Or() => Chain(And, "or");

    JinjaExpression And() => Chain(Not, "and");

    JinjaExpression Chain(Func<JinjaExpression> operand, string name)
    {
        var left = operand();
        while (reader.Current.IsName(name))
        {
            var at = reader.Next().At;
            left = new Binary(at, name, left, operand());
        }
        return left;
    }

    JinjaExpression Not()
    {
        if (!reader.Current.IsName("not")) return Compare();
        var at = reader.Next().At;
        return new Unary(at, "not", reader.Nested(Not));
    }

    JinjaExpression Compare()
    {
        var at = reader.Current.At;
        var first = Sum();
        List<(string, JinjaExpression)> rest = [];
        while (true)
        {
            if (reader.Current.Kind == JinjaTokenKind.Operator && s_comparisons.Contains(reader.Current.Text))
                rest.Add((reader.Next().Text, Sum()));
            else if (reader.SkipName("in")) rest.Add(("in", Sum()));
            else if (reader.Current.IsName("not") && reader.Ahead.IsName("in"))
            {
                reader.Next();
                reader.Next();
                rest.Add(("not in", Sum()));
            }
            else return rest.Count == 0 ? first : new Comparison(at, first, rest);
        }
    }

    JinjaExpression Sum() => Operators(Concatenated, "+", "-");

    JinjaExpression Concatenated()
    {
        var at = reader.Current.At;
        var first = Product();
        if (!reader.Current.IsOperator("~")) return first;
        List<JinjaExpression> parts = [first];
        while (reader.Skip("~")) parts.Add(Product());
        return new Concatenation(at, parts);
    }

    JinjaExpression Product() => Operators(Power, "*", "/", "//", "%");

    JinjaExpression Power() => Operators(() => Signed(), "**");

    JinjaExpression Operators(Func<JinjaExpression> operand, params ReadOnlySpan<string> operators)
    {
        var left = operand();
        while (reader.Current.Kind == JinjaTokenKind.Operator && operators.Contains(reader.Current.Text))
        {
            var token = reader.Next();
            left = new Binary(token.At, token.Text, left, operand());
        }
        return left;
    }

    JinjaExpression Signed(bool withFilters = true)
    {
        var token = reader.Current;
        var value = token.IsOperator("-") || token.IsOperator("+")
            ? new Unary(reader.Next().At, token.Text, reader.Nested(() => Signed(withFilters: false)))
            : Primary();
        value = Postfix(value);
        if (!withFilters) return value;
        while (true)
        {
            if (reader.Skip("|")) value = FilterChain(value);
            else if (reader.Current.IsName("is")) value = ReadTest(value);
            else if (reader.Current.IsOperator("(")) value = new Call(reader.Current.At, value, CallArguments());
            else return value;
        }
    }

    JinjaExpression Postfix(JinjaExpression value)
    {
        while (true)
        {
            var at = reader.Current.At;
            if (reader.Skip("."))
            {
                value = reader.Current.Kind == JinjaTokenKind.Integer
                    ? new Item(at, value, Primary())
                    : new Attribute(at, value, reader.ExpectName());
            }
            else if (reader.Skip("["))
            {
                value = new Item(at, value, Subscript());
                reader.Expect("]");
            }
            else if (reader.Current.IsOperator("("))
            {
                value = new Call(at, value, CallArguments());
            }
            else
            {
                return value;
            }
        }
    }

    JinjaExpression Subscript()
    {
        var at = reader.Current.At;
        bool Ends() => reader.Current.IsOperator(":") || reader.Current.IsOperator("]");
        var start = Ends() ? null : Expression();
        if (!reader.Skip(":")) return start ?? throw reader.Unexpected("an index");
        var stop = Ends() ? null : Expression();
        var step = reader.Skip(":") && !Ends() ? Expression() : null;
        return new Slice(at, start, stop, step);
    }

    Test ReadTest(JinjaExpression of)
    {
        var at = reader.Next().At;
        var negated = reader.SkipName("not");
        var name = reader.Current.Kind == JinjaTokenKind.Operator && s_comparisons.Contains(reader.Current.Text)
            ? reader.Next().Text
            : DottedName();
        var arguments = Arguments.None;
        if (reader.Current.IsOperator("(")) arguments = CallArguments();
        else if (TakesOperand())
        {
            if (reader.Current.IsName("is")) throw new JinjaFault(reader.Current.At, "tests with \"is\" cannot follow one another.");
            arguments = new Arguments([(null, 0, Postfix(Primary()))]);
        }
        return new Test(at, of, name, arguments, negated);
    }

    bool TakesOperand() => reader.Current switch
    {
        { Kind: JinjaTokenKind.Name, Text: var text } => text is not ("else" or "or" or "and" or "if" or "in" or "not"),
        { Kind: JinjaTokenKind.String or JinjaTokenKind.Integer or JinjaTokenKind.Float } => true,
        var token => token.IsOperator("[") || token.IsOperator("{"),
    };

    string DottedName()
    {
        var name = reader.ExpectName();
        while (reader.Skip(".")) name += "." + reader.ExpectName();
        return name;
    }

    JinjaExpression Primary()
    {
        var token = reader.Current;
        switch (token.Kind)
        {
            case JinjaTokenKind.Name:
                reader.Next();
                return token.Text switch
                {
                    "true" or "True" => new Constant(token.At, true),
                    "false" or "False" => new Constant(token.At, false),
                    "none" or "None" => new Constant(token.At, null),
                    _ => new Name(token.At, token.Text),
                };
            case JinjaTokenKind.String:
                var text = reader.Next().Text;
                while (reader.Current.Kind == JinjaTokenKind.String) text += reader.Next().Text;
                return new Constant(token.At, (JinjaString)text);
            case JinjaTokenKind.Integer:
                reader.Next();
                return new Constant(token.At, Whole(token));
            case JinjaTokenKind.Float:
                reader.Next();
                return new Constant(token.At, double.Parse(token.Text, NumberStyles.Float, CultureInfo.InvariantCulture));
        }
        if (reader.Skip("("))
        {
            var inner = reader.Nested(() => ExpressionOrTuple(allowEmpty: true));
            reader.Expect(")");
            return inner;
        }
        if (reader.Skip("[")) return new ListLiteral(token.At, Items("]"), Tuple: false);
        if (reader.Skip("{")) return Dict(token.At);
        throw reader.Unexpected("a value");
    }

    static long Whole(JinjaToken token) => BigInteger.Parse(token.Text, CultureInfo.InvariantCulture) is var value && value <= long.MaxValue
        ? (long)value
        : throw new JinjaFault(token.At, $"the number {token.Text} is too large.");

    List<JinjaExpression> Items(string close)
    {
        List<JinjaExpression> items = [];
        while (!reader.Skip(close))
        {
            if (items.Count > 0)
            {
                reader.Expect(",");
                if (reader.Skip(close)) break;
            }
            items.Add(Expression());
        }
        return items;
    }

    DictLiteral Dict(Position at)
    {
        List<(JinjaExpression, JinjaExpression)> items = [];
        while (!reader.Skip("}"))
        {
            if (items.Count > 0)
            {
                reader.Expect(",");
                if (reader.Skip("}")) break;
            }
            var key = Expression();
            reader.Expect(":");
            items.Add((key, Expression()));
        }
        return new DictLiteral(at, items);
    }
}
