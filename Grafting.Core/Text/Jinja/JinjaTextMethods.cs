using System.Text;

namespace Grafting.Core.Text.Jinja;

/// <summary>
/// Python's methods of <c>str</c>. Those that cut, strip, split, join or replace keep account of where their parts came from.
/// </summary>
internal sealed class JinjaTextMethods(JinjaContext context)
{
    static readonly (string Character, string Entity)[] s_entities =
        [("&", "&amp;"), (">", "&gt;"), ("<", "&lt;"), ("'", "&#39;"), ("\"", "&#34;")];

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
            "capitalize" => _ => text.Derive(PythonText.Capitalize(text.Value)),
            "swapcase" =>
                _ => text.Derive(
                    string.Concat(text.Value.Select(c => char.IsUpper(c) ? char.ToLowerInvariant(c) : char.ToUpperInvariant(c)))),
            "split" => arguments => Split(text, arguments.Text("sep"), arguments.Whole("maxsplit") ?? -1, fromRight: false),
            "rsplit" => arguments => Split(text, arguments.Text("sep"), arguments.Whole("maxsplit") ?? -1, fromRight: true),
            "splitlines" => arguments => new JinjaList([.. Lines(text, arguments.Flag("keepends"))]),
            "partition" => arguments => Partition(text, arguments.NeedText("sep"), last: false),
            "rpartition" => arguments => Partition(text, arguments.NeedText("sep"), last: true),
            "startswith" => arguments => Has(text, arguments, (part, affix) => part.StartsWith(affix, StringComparison.Ordinal)),
            "endswith" => arguments => Has(text, arguments, (part, affix) => part.EndsWith(affix, StringComparison.Ordinal)),
            "removeprefix" =>
                arguments => arguments.NeedText("prefix").Value is var prefix && text.Value.StartsWith(prefix, StringComparison.Ordinal)
                ? text.Slice(prefix.Length, text.Value.Length - prefix.Length)
                : text,
            "removesuffix" =>
                arguments => arguments.NeedText("suffix").Value is var suffix && text.Value.EndsWith(suffix, StringComparison.Ordinal)
                ? text.Slice(0, text.Value.Length - suffix.Length)
                : text,
            "replace" => arguments => Replace(text, arguments),
            "join" => arguments => Join(text, arguments.Need("iterable")),
            "find" => arguments => Find(text, arguments, last: false),
            "rfind" => arguments => Find(text, arguments, last: true),
            "index" or "rindex" => arguments => Find(text, arguments, last: name[0] == 'r') is var at and >= 0
                ? at
                : throw context.Wrong($"the text does not hold what \"{name}\" looks for."),
            "count" => arguments => arguments.NeedText("sub").Value is var sub && Window(text, arguments).Text is var part && sub.Length > 0
                ? (long)part.AsSpan().Count(sub)
                : PythonText.Length(part) + 1L,
            "format" => arguments => new PythonFormat(context).Braces(text, arguments),
            "zfill" => arguments => Zeros(text, arguments.Whole("width") ?? 0),
            "ljust" => arguments => Padded(text, arguments.Whole("width") ?? 0, FillOf(arguments), _ => 0),
            "rjust" => arguments => Padded(text, arguments.Whole("width") ?? 0, FillOf(arguments), missing => missing),
            "center" => arguments => Center(text, arguments.Whole("width") ?? 0, FillOf(arguments)),
            "isdigit" or "isdecimal" or "isnumeric" => _ => All(text, Rune.IsDigit),
            "isalpha" => _ => All(text, Rune.IsLetter),
            "isalnum" => _ => All(text, Rune.IsLetterOrDigit),
            "isspace" => _ => text.Value.Length > 0 && PythonText.IsSpace(text.Value.AsSpan()),
            "isascii" => _ => text.Value.All(char.IsAscii),
            "isupper" => _ => IsCased(text.Value, upper: true),
            "islower" => _ => IsCased(text.Value, upper: false),
            _ => null,
        };
        if (body is null) return null;
        return new JinjaFunction(name, arguments =>
        {
            context.Budget.Text(text.Value.Length, text.Value.Length);
            context.Budget.Step();
            var made = body(arguments);
            if (name != "format") arguments.End();
            return made is JinjaString of && text.IsSafe ? of.AsSafe() : made;
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

    JinjaString Replace(JinjaString text, JinjaArguments arguments)
    {
        var (old, replacement) = (arguments.NeedText("old"), arguments.NeedText("new"));
        return Replace(text, old, text.IsSafe ? Escape(replacement) : replacement, arguments.Whole("count") ?? -1);
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
            var part = item as JinjaString ?? throw context.Wrong($"only texts can be joined, not {JinjaOperators.KindOf(item)}.");
            output.Append(separator.IsSafe ? Escape(part) : part);
        }
        return output.Build();
    }

    /// <summary>As HTML writes it.</summary>
    /// <param name="again">Also what counts as HTML already.</param>
    public JinjaString Escape(JinjaString text, bool again = false)
    {
        if (text.IsSafe && !again) return text;
        foreach (var (character, entity) in s_entities) text = Replace(text, character, entity, -1);
        return context.Python ? text.AsSafe() : text;
    }

    /// <summary>Whether a text has letters of one case, and none of the other.</summary>
    public static bool IsCased(string text, bool upper)
    {
        var found = false;
        foreach (var rune in text.EnumerateRunes())
        {
            if (upper ? Rune.IsLower(rune) : Rune.IsUpper(rune)) return false;
            found |= upper ? Rune.IsUpper(rune) : Rune.IsLower(rune);
        }
        return found;
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
            text = Strip(text, null, left: !fromRight || limit < 0, right: fromRight || limit < 0);
            for (var at = 0; at < text.Value.Length; at++)
            {
                if (!PythonText.IsSpace(text.Value[at])) continue;
                var start = at;
                while (at < text.Value.Length && PythonText.IsSpace(text.Value[at])) at++;
                gaps.Add((start, at));
            }
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
        // White space around a text sets nothing apart.
        if (separator is null) parts.RemoveAll(part => ((JinjaString)part!).Value.Length == 0);
        return new JinjaList(parts);
    }

    public List<JinjaString> Lines(JinjaString text, bool keepEnds)
    {
        List<JinjaString> lines = [];
        for (var start = 0; start < text.Value.Length;)
        {
            var end = start;
            while (end < text.Value.Length
                && text.Value[end] is not ('\n' or '\r' or '\v' or '\f' or '\x1c' or '\x1d' or '\x1e' or '\x85' or '\u2028' or '\u2029'))
                end++;
            var next = end == text.Value.Length
                ? end
                : text.Value.AsSpan(end).StartsWith("\r\n", StringComparison.Ordinal) ? end + 2
                : end + 1;
            lines.Add(text.Slice(start, (keepEnds ? next : end) - start));
            start = next;
        }
        context.Budget.Step(lines.Count);
        return lines;
    }

    static JinjaList Partition(JinjaString text, JinjaString separator, bool last)
    {
        var at = last
            ? text.Value.LastIndexOf(separator.Value, StringComparison.Ordinal)
            : text.Value.IndexOf(separator.Value, StringComparison.Ordinal);
        if (at < 0)
        {
            return new JinjaList(
                last ? [JinjaString.Empty, JinjaString.Empty, text] : [text, JinjaString.Empty, JinjaString.Empty], tuple: true);
        }
        var behind = at + separator.Value.Length;
        return new JinjaList(
            [text.Slice(0, at), text.Slice(at, separator.Value.Length), text.Slice(behind, text.Value.Length - behind)], tuple: true);
    }

    static bool Has(JinjaString text, JinjaArguments arguments, Func<string, string, bool> holds)
    {
        var affixes = arguments.Need("prefix") switch
        {
            JinjaString affix => [affix],
            JinjaList { IsTuple: true } tuple => tuple.Items.OfType<JinjaString>().ToList(),
            _ => throw arguments.Wrong("needs a text, or a tuple of texts."),
        };
        var part = Window(text, arguments).Text;
        return affixes.Exists(affix => holds(part, affix.Value));
    }

    static long Find(JinjaString text, JinjaArguments arguments, bool last)
    {
        var sub = arguments.NeedText("sub").Value;
        var (part, from) = Window(text, arguments);
        var at = last ? part.LastIndexOf(sub, StringComparison.Ordinal) : part.IndexOf(sub, StringComparison.Ordinal);
        return at < 0 ? -1 : from + PythonText.Length(part[..at]);
    }

    /// <summary>The stretch that the arguments start and end leave, and the number of characters before it.</summary>
    static (string Text, int From) Window(JinjaString text, JinjaArguments arguments)
    {
        var (start, end) = (arguments.Whole("start"), arguments.Whole("end"));
        if (start is null && end is null) return (text.Value, 0);
        var starts = PythonText.Starts(text.Value);
        var length = starts.Length - 1;
        int Bound(long? bound, int otherwise) => bound is { } b ? (int)Math.Clamp(b < 0 ? b + length : b, 0, length) : otherwise;
        var (from, to) = (Bound(start, 0), Bound(end, length));
        return (to < from ? "" : text.Value[starts[from]..starts[to]], from);
    }

    static bool All(JinjaString text, Func<Rune, bool> test) => text.Value.Length > 0 && text.Value.EnumerateRunes().All(test);

    static string FillOf(JinjaArguments arguments) => arguments.Text("fillchar")?.Value ?? " ";

    /// <summary>Python puts the odd character to the left where the width is odd.</summary>
    public JinjaString Center(JinjaString text, long width, string with = " ") =>
        Padded(text, width, with, missing => missing / 2 + (missing & width & 1));

    /// <param name="leftShare">Of the characters that are missing, how many go to the left.</param>
    JinjaString Padded(JinjaString text, long width, string with, Func<long, long> leftShare)
    {
        if (PythonText.Length(with) != 1) throw context.Wrong("a text is filled up with one character.");
        var missing = width - PythonText.Length(text.Value);
        if (missing <= 0) return text;
        context.Budget.Text(width, missing);
        var left = leftShare(missing);
        var output = new JinjaString.Builder(context.Budget);
        for (var i = 0L; i < left; i++) output.Append(with);
        output.Append(text);
        for (var i = left; i < missing; i++) output.Append(with);
        return output.Build();
    }

    JinjaString Zeros(JinjaString text, long width)
    {
        var sign = text.Value is ['+' or '-', ..] ? 1 : 0;
        var filled = Padded(text.Slice(sign, text.Value.Length - sign), width - sign, "0", missing => missing);
        var output = new JinjaString.Builder(context.Budget);
        output.Append(text.Slice(0, sign));
        output.Append(filled);
        return output.Build();
    }
}
