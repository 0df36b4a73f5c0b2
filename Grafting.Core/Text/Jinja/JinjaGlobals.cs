using System.Globalization;
using System.Text;

namespace Grafting.Core.Text.Jinja;

/// <summary>The functions that every chat template has: those of Jinja, and the two that transformers adds.</summary>
internal sealed class JinjaGlobals(JinjaContext context)
{
    /// <summary>Longest range; Jinja's sandbox has the same.</summary>
    const int LongestRange = 100_000;

    /// <returns>The function, or null.</returns>
    public object? Find(string name) => name switch
    {
        "range" => Function(name, Range),
        "dict" => Function(name, arguments => Named(arguments)),
        "namespace" => Function(name, Namespace),
        "raise_exception" => Function(name, arguments => throw context.Wrong(
            $"the template refuses the conversation: {new JinjaPrinter(context).Print(arguments.Take("message", JinjaString.Empty)).Value}")),
        "strftime_now" => Function(name, arguments => (JinjaString)Time(arguments.NeedText("format").Value)),
        "cycler" => Function(name, arguments => new Cycler([.. arguments.Positional])),
        "joiner" => Function(name, arguments => Joiner(arguments.Text("sep") ?? ", ")),
        "self" => new Blocks(),
        "null" when !context.Python => Constant.Null,
        _ => null,
    };

    /// <summary>Marks a name that is there with the value none.</summary>
    public static class Constant
    {
        public static readonly object Null = new();
    }

    static JinjaFunction Function(string name, Func<JinjaArguments, object?> body) => new(name, body);

    JinjaList Range(JinjaArguments arguments)
    {
        var (first, second, step) = (arguments.Whole("start"), arguments.Whole("stop"), arguments.Whole("step") ?? 1);
        if (first is null) throw arguments.Wrong("needs a bound.");
        var (start, stop) = second is { } end ? (first.Value, end) : (0, first.Value);
        if (step == 0) throw arguments.Wrong("cannot have steps of zero.");
        var count = (Int128)(step > 0 ? stop > start ? (Int128)stop - start : 0 : start > stop ? (Int128)start - stop : 0);
        count = (count + Int128.Abs(step) - 1) / Int128.Abs(step);
        if (count > LongestRange) throw arguments.Wrong($"gives more than {LongestRange} numbers.");
        context.Budget.Step((long)count);
        List<object?> numbers = new((int)count);
        for (var i = 0; i < (int)count; i++) numbers.Add(start + i * step);
        return new JinjaList(numbers);
    }

    static JinjaDict Named(JinjaArguments arguments)
    {
        var dict = new JinjaDict();
        if (arguments.Positional is [JinjaDict first]) foreach (var (key, value) in first.Items) dict.Set(key, value);
        else if (arguments.Positional.Count > 0) throw arguments.Wrong("takes named values.");
        foreach (var (name, value) in arguments.Named) dict.Set((JinjaString)name, value);
        return dict;
    }

    static JinjaNamespace Namespace(JinjaArguments arguments)
    {
        var space = new JinjaNamespace();
        foreach (var (key, value) in Named(arguments).Items)
            space.Values[(key as JinjaString ?? throw arguments.Wrong("has names only.")).Value] = value;
        return space;
    }

    static JinjaFunction Joiner(JinjaString separator)
    {
        var used = false;
        return Function("joiner", _ =>
        {
            var part = used ? separator : JinjaString.Empty;
            used = true;
            return part;
        });
    }

    string Time(string format)
    {
        var now = context.Now();
        var text = new StringBuilder();
        for (var i = 0; i < format.Length; i++)
        {
            if (format[i] != '%' || i + 1 == format.Length)
            {
                text.Append(format[i]);
                continue;
            }
            var kind = format[++i];
            var bare = kind == '-' && i + 1 < format.Length;
            if (bare) kind = format[++i];
            var part = Part(now, kind) ?? throw context.Wrong($"the time format %{kind} is none that graft knows.");
            text.Append(bare && part.TrimStart('0') is { Length: > 0 } trimmed ? trimmed : part);
        }
        return text.ToString();
    }

    static string? Part(DateTime now, char kind)
    {
        string In(string format) => now.ToString(format, CultureInfo.InvariantCulture);
        return kind switch
        {
            'Y' => In("yyyy"),
            'y' => In("yy"),
            'm' => In("MM"),
            'd' => In("dd"),
            'e' => now.Day.ToString(CultureInfo.InvariantCulture).PadLeft(2),
            'H' => In("HH"),
            'I' => In("hh"),
            'M' => In("mm"),
            'S' => In("ss"),
            'f' => In("ffffff"),
            'p' => In("tt"),
            'A' => In("dddd"),
            'a' => In("ddd"),
            'B' => In("MMMM"),
            'b' or 'h' => In("MMM"),
            'j' => now.DayOfYear.ToString("000", CultureInfo.InvariantCulture),
            'w' => ((int)now.DayOfWeek).ToString(CultureInfo.InvariantCulture),
            'u' => (now.DayOfWeek == DayOfWeek.Sunday ? 7 : (int)now.DayOfWeek).ToString(CultureInfo.InvariantCulture),
            'F' => In("yyyy-MM-dd"),
            'D' or 'x' => In("MM/dd/yy"),
            'T' or 'X' => In("HH:mm:ss"),
            'R' => In("HH:mm"),
            'c' => In("ddd MMM ") + now.Day.ToString(CultureInfo.InvariantCulture).PadLeft(2) + In(" HH:mm:ss yyyy"),
            'Z' or 'z' => "",
            'n' => "\n",
            't' => "\t",
            '%' => "%",
            _ => null,
        };
    }

    /// <summary>The blocks of a template, by which it could be extended; a chat template has none.</summary>
    sealed class Blocks : IJinjaMembers
    {
        public object? Member(string name) => new JinjaUndefined($"the block \"{name}\"");
    }

    sealed class Cycler(List<object?> values) : IJinjaMembers
    {
        int _at;

        public object? Member(string name) => name switch
        {
            "current" when values.Count > 0 => values[_at],
            "next" when values.Count > 0 => new JinjaFunction(name, _ =>
            {
                var value = values[_at];
                _at = (_at + 1) % values.Count;
                return value;
            }),
            "reset" => new JinjaFunction(name, _ =>
            {
                _at = 0;
                return null;
            }),
            _ => new JinjaUndefined($"the member \"{name}\" of a cycler"),
        };
    }
}
