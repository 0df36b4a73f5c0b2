using System.Globalization;

namespace Grafting.Core.Text.Jinja;

/// <summary>Python's two ways to put values into a text, as far as templates use them: <c>%s %r %d %f %.2f %%</c>, and <c>{} {0} {name}</c>.</summary>
internal sealed class PythonFormat(JinjaContext context)
{
    public JinjaString Percent(JinjaString format, object? values)
    {
        var arguments = values is JinjaList { IsTuple: true } tuple ? tuple.Items : [values];
        return Percent(format, arguments, values as JinjaDict);
    }

    public JinjaString Percent(JinjaString format, IReadOnlyList<object?> values, JinjaDict? named)
    {
        var output = new JinjaString.Builder(context.Budget);
        var (text, used) = (format.Value, 0);
        for (var at = 0; at < text.Length;)
        {
            var mark = text.IndexOf('%', at);
            if (mark < 0) mark = text.Length;
            output.Append(format.Slice(at, mark - at));
            if (mark == text.Length) break;
            at = mark + 1;
            object? value = null;
            var hasName = at < text.Length && text[at] == '(';
            if (hasName)
            {
                var end = text.IndexOf(')', at);
                if (end < 0 || named is null || !named.TryGet((JinjaString)text[(at + 1)..end], out value)) throw Unknown(format);
                at = end + 1;
            }
            var digits = at;
            while (at < text.Length && (char.IsAsciiDigit(text[at]) || text[at] == '.')) at++;
            var precision = text[digits..at];
            if (at == text.Length) throw Unknown(format);
            var kind = text[at++];
            if (kind == '%')
            {
                output.Append("%");
                continue;
            }
            if (!hasName) value = used < values.Count ? values[used++] : throw context.Wrong("there are fewer values than the format has places.");
            output.Append(Formatted(kind, precision, value) ?? throw Unknown(format));
        }
        return output.Build();
    }

    public JinjaString Braces(JinjaString format, JinjaArguments arguments)
    {
        var output = new JinjaString.Builder(context.Budget);
        var (text, next) = (format.Value, 0);
        for (var at = 0; at < text.Length;)
        {
            var mark = text.AsSpan(at).IndexOfAny('{', '}');
            mark = mark < 0 ? text.Length : at + mark;
            output.Append(format.Slice(at, mark - at));
            if (mark == text.Length) break;
            if (mark + 1 < text.Length && text[mark + 1] == text[mark])
            {
                output.Append(text[mark].ToString());
                at = mark + 2;
                continue;
            }
            var end = text.IndexOf('}', mark);
            if (text[mark] == '}' || end < 0) throw Unknown(format);
            var name = text[(mark + 1)..end];
            at = end + 1;
            object? value;
            if (name.Length == 0 || int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && (next = index) >= 0)
                value = next < arguments.Positional.Count ? arguments.Positional[next++] : throw context.Wrong("there are fewer values than the format has places.");
            else if (!arguments.Named.TryGetValue(name, out value)) throw Unknown(format);
            output.Append(new JinjaPrinter(context).Print(value));
        }
        return output.Build();
    }

    JinjaString? Formatted(char kind, string precision, object? value) => (kind, precision, value) switch
    {
        ('s', "", _) => new JinjaPrinter(context).Print(value),
        ('r', "", _) => new JinjaPrinter(context).Print(new JinjaList([value])) is var list ? list.Slice(1, list.Value.Length - 2) : null,
        ('d' or 'i', "", long or bool) => JinjaOperators.Whole(value).ToString(CultureInfo.InvariantCulture),
        ('d' or 'i', "", double number) => Math.Truncate(number).ToString("F0", CultureInfo.InvariantCulture),
        ('f', "" or ['.', ..], long or bool or double) => Fixed(precision, JinjaOperators.Number(value)) is { } written ? (JinjaString)written : null,
        _ => null,
    };

    static string? Fixed(string precision, double value)
    {
        var digits = precision.Length == 0 ? 6 : int.TryParse(precision.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var given) ? given : -1;
        return digits is < 0 or > 30 ? null : value.ToString("F" + digits.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
    }

    JinjaFault Unknown(JinjaString format) => context.Wrong($"the format {Printable.Quote(format.Value)} is none that graft knows.");
}
