using System.Globalization;

namespace Grafting.Core.Text.Jinja;

/// <summary>
/// Python's two ways to put values into a text: <c>%s %5.1f %-4d %(name)s</c>, and <c>{} {0} {name.member[key]!r:>5}</c>. Values are
/// escaped where the format counts as HTML.
/// </summary>
internal sealed class PythonFormat(JinjaContext context)
{
    readonly JinjaPrinter _printer = new(context);

    public JinjaString Percent(JinjaString format, object? values)
    {
        var arguments = values is JinjaList { IsTuple: true } tuple ? tuple.Items : [values];
        // As in Python, what could be asked for by name need not be used.
        var mayRemain = values is JinjaDict or JinjaList { IsTuple: false } or JinjaUndefined;
        return Percent(format, arguments, values as JinjaDict, mustUseAll: !mayRemain);
    }

    /// <param name="named">What names in brackets stand for.</param>
    /// <param name="mustUseAll">Whether values that are left over are an error.</param>
    public JinjaString Percent(JinjaString format, IReadOnlyList<object?> values, JinjaDict? named, bool mustUseAll = true)
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
            var start = at;
            while (at < text.Length && !char.IsAsciiLetter(text[at]) && text[at] != '%') at++;
            if (at == text.Length) throw Unknown(format);
            var kind = text[at++];
            if (kind == '%')
            {
                output.Append("%");
                continue;
            }
            if (!hasName) value = used < values.Count ? values[used++] : throw Fewer();
            var spec = FormatSpec.OfPercent(text[start..(at - 1)], kind) ?? throw Unknown(format);
            Append(output, format, kind == 'r' ? Quoted(value) : value, spec);
        }
        return mustUseAll && named is null && used < values.Count
            ? throw context.Wrong("there are more values than the format has places.")
            : format.IsSafe ? output.Build().AsSafe() : output.Build();
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
            var field = text[(mark + 1)..end];
            at = end + 1;
            var (path, spec) = field.IndexOf(':') is var colon and >= 0 ? (field[..colon], field[(colon + 1)..]) : (field, "");
            var quoted = path.EndsWith("!r", StringComparison.Ordinal);
            if (quoted || path.EndsWith("!s", StringComparison.Ordinal)) path = path[..^2];
            var value = Field(path, arguments, ref next) ?? throw Unknown(format);
            Append(output, format, quoted ? Quoted(value.Value) : value.Value, FormatSpec.OfBraces(spec) ?? throw Unknown(format));
        }
        return output.Build();
    }

    /// <summary>A value by number or name, and what stands behind dots and in brackets of it.</summary>
    JinjaOptional? Field(string path, JinjaArguments arguments, ref int next)
    {
        var end = path.AsSpan().IndexOfAny('.', '[') is var found and >= 0 ? found : path.Length;
        var name = path[..end];
        object? value;
        if (name.Length == 0 || int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && (next = index) >= 0)
            value = next < arguments.Positional.Count ? arguments.Positional[next++] : throw Fewer();
        else if (!arguments.Named.TryGetValue(name, out value)) return null;
        var members = new JinjaMembers(context);
        for (var at = end; at < path.Length;)
        {
            var inBrackets = path[at] == '[';
            var closed = path.AsSpan(at + 1).IndexOfAny(inBrackets ? "]" : ".[") is var more and >= 0
                ? at + 1 + more
                : inBrackets ? -1
                : path.Length;
            if (closed < 0) return null;
            var key = path[(at + 1)..closed];
            var isIndex = long.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out var place) && inBrackets;
            value = members.Item(value, isIndex ? place : (JinjaString)key);
            at = inBrackets ? closed + 1 : closed;
        }
        return new JinjaOptional(value);
    }

    void Append(JinjaString.Builder output, JinjaString format, object? value, FormatSpec spec)
    {
        var written = spec.Write(value, _printer) ?? throw context.Wrong(
            $"{JinjaOperators.KindOf(value)} cannot be written as the format {Printable.Quote(format.Value)} wants.");
        context.Budget.Text(Math.Max(spec.Width, written.Value.Length), spec.Width);
        var padded = spec.Pad(value, written);
        output.Append(padded.Before);
        output.Append(format.IsSafe ? new JinjaTextMethods(context).Escape(written) : written);
        output.Append(padded.Behind);
    }

    JinjaString Quoted(object? value) => _printer.Print(new JinjaList([value])) is var list ? list.Slice(1, list.Value.Length - 2) : list;

    JinjaFault Fewer() => context.Wrong("there are fewer values than the format has places.");

    JinjaFault Unknown(JinjaString format) => context.Wrong($"the format {Printable.Quote(format.Value)} is none that graft knows.");

    /// <summary>A value that may be none.</summary>
    readonly record struct JinjaOptional(object? Value);
}
