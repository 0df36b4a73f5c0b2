using System.Globalization;
using System.Text;

namespace Grafting.Core.Text.Jinja;

/// <summary>The filters of Jinja 3 that chat templates use. Those that go through lists are in <see cref="JinjaListFilters"/>.</summary>
/// <remarks>Nothing is escaped by itself in a chat template, but what is added to a text that <c>safe</c> has marked is.</remarks>
internal sealed class JinjaFilters(JinjaContext context)
{
    static readonly HashSet<string> s_names = new(StringComparer.Ordinal)
    {
        "abs", "capitalize", "center", "count", "d", "default", "e", "escape", "float", "forceescape", "format", "indent", "int", "length",
        "lower", "replace", "round",
        "safe", "string", "title", "tojson", "trim", "truncate", "upper", "wordcount",
    };

    public static bool Known(string name) => s_names.Contains(name) || JinjaListFilters.Names.Contains(name);

    public object? Apply(string name, object? value, JinjaArguments arguments)
    {
        context.Budget.Step();
        context.Budget.Look(value);
        if (JinjaListFilters.Names.Contains(name))
            return Ended(new JinjaListFilters(context, this).Apply(name, value, arguments), arguments);
        if (!s_names.Contains(name))
        {
            var known = Spelling.Suggest(name, [.. s_names, .. JinjaListFilters.Names]);
            throw new JinjaFault(arguments.At, $"there is no filter \"{name}\". {known}".TrimEnd());
        }
        return Ended(Simple(name, value, arguments), arguments);
    }

    /// <summary>A test by its name, for select and reject.</summary>
    public bool Holds(string name, object? value, JinjaArguments arguments) => new JinjaTests(context).Holds(name, value, arguments);

    object? Simple(string name, object? value, JinjaArguments arguments) => name switch
    {
        "length" or "count" => new JinjaSequences(context).Length(value),
        "default" or "d" => Default(value, arguments),
        "string" => new JinjaPrinter(context).Print(value),
        "safe" => context.Python ? Text(value).AsSafe() : Text(value),
        "escape" or "e" => new JinjaTextMethods(context).Escape(Text(value)),
        "forceescape" => new JinjaTextMethods(context).Escape(Text(value), again: true),
        "tojson" => ToJson(value, arguments),
        "int" => Whole(value, arguments),
        "float" => Float(value, arguments),
        "abs" => value switch
        {
            long or bool => (object)Math.Abs(Math.Max(JinjaOperators.Whole(value), -long.MaxValue)),
            double number => Math.Abs(number),
            _ => throw context.Wrong($"{JinjaOperators.KindOf(value)} has no absolute value."),
        },
        "round" => Round(value, arguments),
        "wordcount" => WordCount(Text(value).Value),
        "format" =>
            new PythonFormat(context).Percent(Text(value), arguments.Positional, null) is var text && Taken(arguments) ? text : null,
        // Jinja makes these two anew, and so plain.
        "replace" or "title" => OfText(name, Text(value), arguments),
        _ => Text(value) is var text && OfText(name, text, arguments) is var made && text.IsSafe ? made.AsSafe() : made,
    };

    JinjaString OfText(string name, JinjaString text, JinjaArguments arguments) => name switch
    {
        "trim" => JinjaTextMethods.Strip(text, arguments.Text("chars"), true, true),
        "upper" => text.Derive(text.Value.ToUpperInvariant()),
        "lower" => text.Derive(text.Value.ToLowerInvariant()),
        "capitalize" => text.Derive(PythonText.Capitalize(text.Value)),
        "title" => text.Derive(Title(text.Value)),
        "replace" => new JinjaTextMethods(context).Replace(
            text, Text(arguments.Need("old")), Text(arguments.Need("new")), arguments.Whole("count") ?? -1),
        "indent" => Indent(text, arguments),
        "center" => new JinjaTextMethods(context).Center(text, arguments.Whole("width") ?? 80),
        "truncate" => Truncate(text, arguments),
        _ => Fault.Unreachable<JinjaString>(name),
    };

    JinjaString Text(object? value) => new JinjaPrinter(context).Print(value);

    static bool Taken(JinjaArguments arguments)
    {
        while (arguments.Has("")) arguments.Take("");
        return true;
    }

    static object? Ended(object? result, JinjaArguments arguments)
    {
        arguments.End();
        return result;
    }

    static object? Default(object? value, JinjaArguments arguments)
    {
        var otherwise = arguments.Take("default_value", JinjaString.Empty);
        var boolean = arguments.Flag("boolean");
        return value is JinjaUndefined || boolean && !JinjaOperators.Truth(value) ? otherwise : value;
    }

    JinjaString ToJson(object? value, JinjaArguments arguments)
    {
        var ascii = arguments.Flag("ensure_ascii");
        var indent = arguments.Take("indent") switch
        {
            null => null,
            long width => new string(' ', (int)Math.Clamp(width, 0, 100)),
            JinjaString text => text.Value,
            _ => throw arguments.Wrong("needs a number or a text as \"indent\"."),
        };
        string? comma = null, colon = null;
        if (arguments.Take("separators") is { } separators)
        {
            if (separators is not JinjaList { Items: [JinjaString first, JinjaString second] })
                throw arguments.Wrong("needs two texts as \"separators\".");
            (comma, colon) = (first.Value, second.Value);
        }
        return new JinjaJson(context, ascii, indent, comma, colon, arguments.Flag("sort_keys")).Write(value);
    }

    static object? Whole(object? value, JinjaArguments arguments)
    {
        var otherwise = arguments.Take("default", 0L);
        var numberBase = arguments.Whole("base") ?? 10;
        if (value is JinjaString text)
        {
            var plain = text.Value.Trim().Replace("_", "", StringComparison.Ordinal);
            if (numberBase is 2 or 8 or 16)
            {
                var digits = plain.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
                    || plain.StartsWith("0b", StringComparison.OrdinalIgnoreCase)
                    || plain.StartsWith("0o", StringComparison.OrdinalIgnoreCase) ? plain[2..] : plain;
                if (InBase(digits, (int)numberBase) is { } number) return number;
            }
            if (long.TryParse(plain, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole)) return whole;
            return double.TryParse(plain, NumberStyles.Float, CultureInfo.InvariantCulture, out var real) && Fits(real)
                ? (long)real
                : otherwise;
        }
        return value switch
        {
            long or bool => JinjaOperators.Whole(value),
            double number when Fits(number) => (long)number,
            _ => otherwise,
        };
    }

    static long? InBase(string digits, int numberBase)
    {
        var value = 0L;
        foreach (var digit in digits)
        {
            var worth = char.IsAsciiHexDigit(digit) ? Convert.ToInt32(digit.ToString(), 16) : numberBase;
            if (worth >= numberBase || value > long.MaxValue / numberBase - 1) return null;
            value = value * numberBase + worth;
        }
        return digits.Length == 0 ? null : value;
    }

    static bool Fits(double number) => Math.Abs(number) < 9e18;

    static object? Float(object? value, JinjaArguments arguments)
    {
        var otherwise = arguments.Take("default", 0.0);
        return value switch
        {
            long or bool or double => JinjaOperators.Number(value),
            JinjaString text when double.TryParse(text.Value.Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) =>
                number,
            _ => otherwise,
        };
    }

    object? Round(object? value, JinjaArguments arguments)
    {
        var precision = (int)Math.Clamp(arguments.Whole("precision") ?? 0, -300, 300);
        var method = arguments.Text("method")?.Value ?? "common";
        if (value is not (long or double or bool)) throw context.Wrong($"{JinjaOperators.KindOf(value)} cannot be rounded.");
        var number = JinjaOperators.Number(value);
        var scale = Math.Pow(10, precision);
        if (method == "common")
        {
            if (value is long && precision >= 0 || precision > 15) return value;
            if (precision >= 0) return Exactly(number, precision);
            var rounded = Math.Round(number * scale, MidpointRounding.ToEven) / scale;
            return value is long ? (object)(long)rounded : rounded;
        }
        return method switch
        {
            "ceil" => Math.Ceiling(number * scale) / scale,
            "floor" => Math.Floor(number * scale) / scale,
            _ => throw arguments.Wrong("knows the methods common, ceil and floor."),
        };
    }

    /// <summary>Rounds the number that the bits stand for, as Python does; scaling it first would round twice.</summary>
    static double Exactly(double number, int precision) => Math.Abs(number) < 1e15
        ? double.Parse(
            number.ToString("F" + precision.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture),
            CultureInfo.InvariantCulture) is var rounded
            && precision == 0 && Math.Abs(number % 1) == 0.5 ? Math.Round(number, MidpointRounding.ToEven) : rounded
        : number;

    /// <summary>Lines end wherever Python ends one, and are set apart by line breaks.</summary>
    JinjaString Indent(JinjaString text, JinjaArguments arguments)
    {
        var width = arguments.Take("width") switch
        {
            null => "    ",
            long count => new string(' ', (int)Math.Clamp(count, 0, 1000)),
            JinjaString given => given.Value,
            _ => throw arguments.Wrong("needs a number or a text as \"width\"."),
        };
        var (first, blank) = (arguments.Flag("first"), arguments.Flag("blank"));
        var output = new JinjaString.Builder(context.Budget);
        // The break makes an open last line whole, and an empty one a line.
        var whole = (JinjaString)new JinjaOperators(context).Binary("+", text, (JinjaString)"\n")!;
        foreach (var (k, line) in new JinjaTextMethods(context).Lines(whole, keepEnds: false).Index())
        {
            if (k > 0) output.Append("\n");
            if (k == 0 ? first : blank || line.Value.Length > 0) output.Append(width);
            output.Append(line);
        }
        return output.Build();
    }

    JinjaString Truncate(JinjaString text, JinjaArguments arguments)
    {
        var length = arguments.Whole("length") ?? 255;
        var kill = arguments.Flag("killwords");
        var end = arguments.Text("end") ?? "...";
        var leeway = arguments.Whole("leeway") ?? 5;
        if (PythonText.Length(text.Value) <= length + leeway) return text;
        var keep = (int)Math.Max(0, length - PythonText.Length(end.Value));
        var cut = text.Slice(0, PythonText.Starts(text.Value)[keep]);
        var space = cut.Value.LastIndexOf(' ');
        if (!kill && space >= 0) cut = cut.Slice(0, space);
        var output = new JinjaString.Builder(context.Budget);
        output.Append(cut);
        output.Append(end);
        return output.Build();
    }

    static long WordCount(string text)
    {
        static bool InWord(char c) => char.IsLetterOrDigit(c) || c == '_' || char.IsSurrogate(c);
        return text.Where((c, i) => InWord(c) && (i == 0 || !InWord(text[i - 1]))).LongCount();
    }

    /// <summary>
    /// Jinja's filter begins words behind blanks, hyphens and opening brackets only; Python's method behind anything that is no letter.
    /// </summary>
    static string Title(string text)
    {
        var title = new StringBuilder(text.Length);
        var begins = true;
        foreach (var character in text)
        {
            title.Append(begins ? char.ToUpperInvariant(character) : char.ToLowerInvariant(character));
            begins = PythonText.IsSpace(character) || character is '-' or '(' or '[' or '{' or '<';
        }
        return title.ToString();
    }
}
