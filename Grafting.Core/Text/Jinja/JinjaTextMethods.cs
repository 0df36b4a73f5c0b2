using System.Text;

namespace Grafting.Core.Text.Jinja;

/// <summary>Python's methods of <c>str</c>. Those that cut, strip, split, join or replace keep account of where their parts came from.</summary>
internal sealed class JinjaTextMethods(JinjaContext context)
{
    /// <returns>The method, or null where there is none of that name.</returns>
    public JinjaFunction? Find(JinjaString text, string name)
    {
        Func<JinjaArguments, object?>? body = name switch
        {
            "strip" => arguments => Strip(text, arguments.Text("chars"), true, true),
            "lstrip" => arguments => Strip(text, arguments.Text("chars"), true, false),
            "rstrip" => arguments => Strip(text, arguments.Text("chars"), false, true),
            "upper" => _ => text.Derive(text.Value.ToUpperInvariant()),
            "lower" or "casefold" => _ => text.Derive(text.Value.ToLowerInvariant()),
            "title" => _ => text.Derive(Title(text.Value)),
            "capitalize" => _ => text.Derive(Capitalised(text.Value)),
            "swapcase" => _ => text.Derive(string.Concat(text.Value.Select(c => char.IsUpper(c) ? char.ToLowerInvariant(c) : char.ToUpperInvariant(c)))),
            "split" => arguments => Split(text, arguments.Text("sep"), arguments.Whole("maxsplit") ?? -1, fromRight: false),
            "rsplit" => arguments => Split(text, arguments.Text("sep"), arguments.Whole("maxsplit") ?? -1, fromRight: true),
            "splitlines" => arguments => Lines(text, arguments.Flag("keepends")),
            "partition" => arguments => Partition(text, arguments.NeedText("sep"), last: false),
            "rpartition" => arguments => Partition(text, arguments.NeedText("sep"), last: true),
            "startswith" => arguments => Affixes(arguments).Any(affix => text.Value.StartsWith(affix, StringComparison.Ordinal)),
            "endswith" => arguments => Affixes(arguments).Any(affix => text.Value.EndsWith(affix, StringComparison.Ordinal)),
            "removeprefix" => arguments => arguments.NeedText("prefix").Value is var prefix && text.Value.StartsWith(prefix, StringComparison.Ordinal)
                ? text.Slice(prefix.Length, text.Value.Length - prefix.Length)
                : text,
            "removesuffix" => arguments => arguments.NeedText("suffix").Value is var suffix && text.Value.EndsWith(suffix, StringComparison.Ordinal)
                ? text.Slice(0, text.Value.Length - suffix.Length)
                : text,
            "replace" => arguments => Replace(text, arguments.NeedText("old"), arguments.NeedText("new"), arguments.Whole("count") ?? -1),
            "join" => arguments => Join(text, arguments.Need("iterable")),
            "find" => arguments => CodePoints(text, text.Value.IndexOf(arguments.NeedText("sub").Value, StringComparison.Ordinal)),
            "rfind" => arguments => CodePoints(text, text.Value.LastIndexOf(arguments.NeedText("sub").Value, StringComparison.Ordinal)),
            "index" => arguments => CodePoints(text, text.Value.IndexOf(arguments.NeedText("sub").Value, StringComparison.Ordinal)) is var at and >= 0
                ? at
                : throw context.Wrong("the text does not hold what \"index\" looks for."),
            "count" => arguments => (long)text.Value.AsSpan().Count(arguments.NeedText("sub").Value),
            "format" => arguments => new PythonFormat(context).Braces(text, arguments),
            "zfill" => arguments => Padded(text, arguments.Whole("width") ?? 0, '0'),
            "ljust" => arguments => Padded(text, arguments.Whole("width") ?? 0, ' ', right: true),
            "rjust" => arguments => Padded(text, arguments.Whole("width") ?? 0, ' '),
            "isdigit" or "isdecimal" or "isnumeric" => _ => All(text, char.IsDigit),
            "isalpha" => _ => All(text, char.IsLetter),
            "isalnum" => _ => All(text, char.IsLetterOrDigit),
            "isspace" => _ => All(text, PythonText.IsSpace),
            "isupper" => _ => text.Value.Any(char.IsUpper) && !text.Value.Any(char.IsLower),
            "islower" => _ => text.Value.Any(char.IsLower) && !text.Value.Any(char.IsUpper),
            _ => null,
        };
        if (body is null) return null;
        return new JinjaFunction(name, arguments =>
        {
            context.Budget.Text(text.Value.Length, text.Value.Length);
            context.Budget.Step();
            return body(arguments);
        });
    }

    public static JinjaString Strip(JinjaString text, JinjaString? characters, bool left, bool right)
    {
        bool Goes(char c) => characters is null ? PythonText.IsSpace(c) : characters.Value.Contains(c);
        var (start, end) = (0, text.Value.Length);
        while (left && start < end && Goes(text.Value[start])) start++;
        while (right && end > start && Goes(text.Value[end - 1])) end--;
        return text.Slice(start, end - start);
    }

    public JinjaString Replace(JinjaString text, JinjaString old, JinjaString replacement, long count)
    {
        var output = new JinjaString.Builder(context.Budget);
        var at = 0;
        if (old.Value.Length == 0)
        {
            var starts = PythonText.Starts(text.Value);
            for (var i = 0; i < starts.Length && count != 0; i++, count--)
            {
                output.Append(replacement);
                if (i + 1 == starts.Length) continue;
                output.Append(text.Slice(starts[i], starts[i + 1] - starts[i]));
                at = starts[i + 1];
            }
            output.Append(text.Slice(at, text.Value.Length - at));
            return output.Build();
        }
        for (; count != 0; count--)
        {
            var found = text.Value.IndexOf(old.Value, at, StringComparison.Ordinal);
            if (found < 0) break;
            context.Budget.Step();
            output.Append(text.Slice(at, found - at));
            output.Append(replacement);
            at = found + old.Value.Length;
        }
        output.Append(text.Slice(at, text.Value.Length - at));
        return output.Build();
    }

    public JinjaString Join(JinjaString separator, object? items)
    {
        var output = new JinjaString.Builder(context.Budget);
        var first = true;
        foreach (var item in new JinjaSequences(context).Items(items))
        {
            if (!first) output.Append(separator);
            first = false;
            output.Append(item as JinjaString ?? throw context.Wrong($"only texts can be joined, not {JinjaOperators.KindOf(item)}."));
        }
        return output.Build();
    }

    public static string Capitalised(string text)
    {
        if (text.Length == 0) return text;
        var width = PythonText.Width(text, 0);
        return text[..width].ToUpperInvariant() + text[width..].ToLowerInvariant();
    }

    static string Title(string text)
    {
        var title = new StringBuilder(text.Length);
        var inside = false;
        foreach (var character in text)
        {
            title.Append(inside ? char.ToLowerInvariant(character) : char.ToUpperInvariant(character));
            inside = char.IsLetter(character);
        }
        return title.ToString();
    }

    JinjaList Split(JinjaString text, JinjaString? separator, long limit, bool fromRight)
    {
        if (separator is { Value.Length: 0 }) throw context.Wrong("a text cannot be split at nothing.");
        List<(int Start, int End)> gaps = [];
        if (separator is not null)
        {
            for (var at = 0; (at = text.Value.IndexOf(separator.Value, at, StringComparison.Ordinal)) >= 0; at += separator.Value.Length)
                gaps.Add((at, at + separator.Value.Length));
        }
        else
        {
            text = Strip(text, null, left: true, right: limit < 0);
            for (var at = 0; at < text.Value.Length; at++)
            {
                if (!PythonText.IsSpace(text.Value[at])) continue;
                var start = at;
                while (at < text.Value.Length && PythonText.IsSpace(text.Value[at])) at++;
                if (at < text.Value.Length || gaps.Count >= limit && limit >= 0) gaps.Add((start, at));
                else text = text.Slice(0, start);
            }
            if (text.Value.Length == 0) return new JinjaList([]);
        }
        if (limit >= 0 && gaps.Count > limit) gaps = fromRight ? gaps[^(int)limit..] : gaps[..(int)limit];
        context.Budget.Step(gaps.Count);
        List<object?> parts = [];
        var from = 0;
        foreach (var (start, end) in gaps)
        {
            parts.Add(text.Slice(from, start - from));
            from = end;
        }
        parts.Add(text.Slice(from, text.Value.Length - from));
        return new JinjaList(parts);
    }

    JinjaList Lines(JinjaString text, bool keepEnds)
    {
        List<object?> lines = [];
        for (var start = 0; start < text.Value.Length;)
        {
            var end = start;
            while (end < text.Value.Length && text.Value[end] is not ('\n' or '\r' or '\v' or '\f' or '\x1c' or '\x1d' or '\x1e' or '\x85' or '\u2028' or '\u2029')) end++;
            var next = end == text.Value.Length ? end : text.Value.AsSpan(end).StartsWith("\r\n", StringComparison.Ordinal) ? end + 2 : end + 1;
            lines.Add(text.Slice(start, (keepEnds ? next : end) - start));
            start = next;
        }
        context.Budget.Step(lines.Count);
        return new JinjaList(lines);
    }

    static JinjaList Partition(JinjaString text, JinjaString separator, bool last)
    {
        var at = last ? text.Value.LastIndexOf(separator.Value, StringComparison.Ordinal) : text.Value.IndexOf(separator.Value, StringComparison.Ordinal);
        if (at < 0) return new JinjaList(last ? [JinjaString.Empty, JinjaString.Empty, text] : [text, JinjaString.Empty, JinjaString.Empty], tuple: true);
        var behind = at + separator.Value.Length;
        return new JinjaList([text.Slice(0, at), text.Slice(at, separator.Value.Length), text.Slice(behind, text.Value.Length - behind)], tuple: true);
    }

    static IEnumerable<string> Affixes(JinjaArguments arguments) => arguments.Need("prefix") switch
    {
        JinjaString text => [text.Value],
        JinjaList { IsTuple: true } tuple => tuple.Items.OfType<JinjaString>().Select(text => text.Value),
        _ => throw arguments.Wrong("needs a text, or a tuple of texts."),
    };

    static bool All(JinjaString text, Func<char, bool> test) => text.Value.Length > 0 && text.Value.All(test);

    static long CodePoints(JinjaString text, int index) => index < 0 ? -1 : PythonText.Length(text.Value[..index]);

    JinjaString Padded(JinjaString text, long width, char with, bool right = false)
    {
        var missing = width - PythonText.Length(text.Value);
        if (missing <= 0) return text;
        context.Budget.Text(width, missing);
        var padding = new string(with, (int)missing);
        var output = new JinjaString.Builder(context.Budget);
        if (right) output.Append(text);
        if (with == '0' && text.Value is ['+' or '-', ..])
        {
            output.Append(text.Slice(0, 1));
            text = text.Slice(1, text.Value.Length - 1);
        }
        output.Append(padding);
        if (!right) output.Append(text);
        return output.Build();
    }
}
