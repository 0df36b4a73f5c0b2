namespace Grafting.Core.Text.Jinja;

/// <summary>What can stand behind <c>is</c>.</summary>
internal sealed class JinjaTests(JinjaContext context)
{
    public bool Holds(string name, object? value, JinjaArguments arguments)
    {
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
            "iterable" => value is JinjaString or JinjaList or JinjaDict or JinjaUndefined,
            "callable" => value is JinjaFunction,
            "lower" => Text(value) is var text && text.Any(char.IsLower) && !text.Any(char.IsUpper),
            "upper" => Text(value) is var text && text.Any(char.IsUpper) && !text.Any(char.IsLower),
            "odd" => Whole(value) % 2 != 0,
            "even" => Whole(value) % 2 == 0,
            "divisibleby" => arguments.Whole("num") is { } by and not 0 ? Whole(value) % by == 0 : throw arguments.Wrong("needs a number other than 0."),
            "equalto" or "eq" or "==" => Compare("=="),
            "ne" or "!=" => Compare("!="),
            "lt" or "lessthan" or "<" => Compare("<"),
            "le" or "<=" => Compare("<="),
            "gt" or "greaterthan" or ">" => Compare(">"),
            "ge" or ">=" => Compare(">="),
            "in" => new JinjaOperators(context).Contains(arguments.Need("seq"), value),
            "sameas" => arguments.Need("other") is var other && (ReferenceEquals(value, other) || value is bool or null && Equals(value, other)),
            "filter" => value is JinjaString filter && JinjaFilters.Known(filter.Value),
            "test" => value is JinjaString test && Names.Contains(test.Value),
            "escaped" => false,
            _ => throw context.Wrong($"there is no test \"{name}\". {Spelling.Suggest(name, Names)}".TrimEnd()),
        };
    }

    static readonly HashSet<string> Names = new(StringComparer.Ordinal)
    {
        "defined", "undefined", "none", "boolean", "true", "false", "integer", "float", "number", "string", "mapping", "sequence", "iterable", "callable", "lower",
        "upper", "odd", "even", "divisibleby", "equalto", "eq", "==", "ne", "!=", "lt", "lessthan", "<", "le", "<=", "gt", "greaterthan", ">", "ge", ">=", "in",
        "sameas", "filter", "test", "escaped",
    };

    string Text(object? value) => new JinjaPrinter(context).Print(value).Value;

    long Whole(object? value) => value is long or bool ? JinjaOperators.Whole(value) : throw context.Wrong($"{JinjaOperators.KindOf(value)} is neither odd nor even.");
}
