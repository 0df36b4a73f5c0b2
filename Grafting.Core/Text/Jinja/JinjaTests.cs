namespace Grafting.Core.Text.Jinja;

/// <summary>What can stand behind <c>is</c>.</summary>
internal sealed class JinjaTests(JinjaContext context)
{
    public bool Holds(string name, object? value, JinjaArguments arguments)
    {
        context.Budget.Look(value);
        bool Compare(string op) => new JinjaOperators(context).Compare(op, value, arguments.Need("other"));
        return name switch
        {
            "defined" => value is not JinjaUndefined,
            "undefined" => value is JinjaUndefined,
            "none" => value is null,
            "boolean" => value is bool,
            "true" => value is true,
            "false" => value is false,
            "integer" => value is long,
            "float" => value is double,
            "number" => value is long or double || value is bool && context.Python,
            "string" => value is JinjaString,
            "mapping" => value is JinjaDict,
            "sequence" => value is JinjaString or JinjaList or JinjaDict or JinjaUndefined,
            "iterable" => value is JinjaString or JinjaList or JinjaDict or JinjaIterator or JinjaUndefined,
            "callable" => value is JinjaFunction || context.Python && value is JinjaUndefined,
            "lower" => JinjaTextMethods.IsCased(Text(value), upper: false),
            "upper" => JinjaTextMethods.IsCased(Text(value), upper: true),
            "odd" => Rest(value, 2L) == 1,
            "even" => Rest(value, 2L) == 0,
            "divisibleby" => Rest(value, arguments.Need("num")) == 0,
            "equalto" or "eq" or "==" => Compare("=="),
            "ne" or "!=" => Compare("!="),
            "lt" or "lessthan" or "<" => Compare("<"),
            "le" or "<=" => Compare("<="),
            "gt" or "greaterthan" or ">" => Compare(">"),
            "ge" or ">=" => Compare(">="),
            "in" => new JinjaOperators(context).Contains(arguments.Need("seq"), value),
            "sameas" =>
                arguments.Need("other") is var other && (ReferenceEquals(value, other) || value is bool or null && Equals(value, other)),
            "filter" => value is JinjaString filter && JinjaFilters.Known(filter.Value),
            "test" => value is JinjaString test && Names.Contains(test.Value),
            "escaped" => false,
            _ => throw context.Wrong($"there is no test \"{name}\". {Spelling.Suggest(name, Names)}".TrimEnd()),
        };
    }

    static readonly HashSet<string> Names = new(StringComparer.Ordinal)
    {
        "defined", "undefined", "none", "boolean", "true", "false", "integer", "float", "number", "string", "mapping", "sequence",
        "iterable", "callable", "lower",
        "upper", "odd", "even", "divisibleby", "equalto", "eq", "==", "ne", "!=", "lt", "lessthan", "<", "le", "<=", "gt", "greaterthan",
        ">", "ge", ">=", "in",
        "sameas", "filter", "test", "escaped",
    };

    string Text(object? value) => new JinjaPrinter(context).Print(value).Value;

    double Rest(object? value, object? divisor) => value is long or bool or double
        ? JinjaOperators.Number(new JinjaOperators(context).Binary("%", value, divisor))
        : throw context.Wrong($"{JinjaOperators.KindOf(value)} cannot be divided.");
}
