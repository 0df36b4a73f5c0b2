using System.Globalization;
using System.Text;

namespace Grafting.Core.Text;

/// <summary>Reads the part of the language of regular expressions that <see cref="SplitExpression"/> knows.</summary>
internal sealed class SplitExpressionParser(string expression)
{
    /// <summary>What may follow is known only once the rest is read: a piece is built when its continuation is there.</summary>
    delegate SplitExpression.Step? Piece(SplitExpression.Step? next);

    /// <summary>Deeper groups than anybody writes; a longer chain could exhaust the stack.</summary>
    const int Deepest = 50, Longest = 10_000;

    int at;
    int depth;
    bool anyCase;

    public SplitExpression.Step? Parse()
    {
        if (expression.Length > Longest) throw Unknown("is too long");
        var piece = Alternatives();
        if (at < expression.Length) throw Unknown("closes a group that is not open");
        return piece(null);
    }

    Piece Alternatives()
    {
        if (++depth > Deepest) throw Unknown("nests too deeply");
        List<Piece> ways = [Sequence()];
        while (Take('|')) ways.Add(Sequence());
        depth--;
        return ways.Count == 1 ? ways[0] : next => new SplitExpression.Choice([.. ways.Select(way => way(next))]);
    }

    Piece Sequence()
    {
        List<Piece> parts = [];
        while (at < expression.Length && expression[at] is not ('|' or ')')) parts.Add(Part());
        return next => Enumerable.Reverse(parts).Aggregate(next, (rest, part) => part(rest));
    }

    Piece Part()
    {
        if (expression[at] == '(') return Group();
        var set = new CharacterClass(Folded(expression[at] == '[' ? Class() : Single()));
        var (least, most) = Count();
        var possessive = (least, most) != (1, 1) && expression[at - 1] != '}' && Take('+');
        if (at < expression.Length && expression[at] is '?' or '*' or '+') throw Unknown("repeats in a way");
        return next => new SplitExpression.Repeat(set, least, most, possessive, next);
    }

    Piece Group()
    {
        at++;
        var outer = anyCase;
        var (ahead, negative) = (false, false);
        if (Take('?'))
        {
            if (Take('=')) ahead = true;
            else if (Take('!')) ahead = negative = true;
            else if (expression.AsSpan(at).StartsWith("i:"))
            {
                anyCase = true;
                at += 2;
            }
            else if (!Take(':')) throw Unknown("opens a group of a kind");
        }
        var inner = Alternatives();
        if (!Take(')')) throw Unknown("does not close a group");
        anyCase = outer;
        if (ahead)
        {
            if (Count() != (1, 1)) throw Unknown("repeats a look ahead");
            return next => new SplitExpression.LookAhead(inner(null), negative, next);
        }
        return Count() switch
        {
            (1, 1) => inner,
            (0, 1) when at >= expression.Length || expression[at] is not ('?' or '*' or '+')
                => next => new SplitExpression.Choice([inner(next), next]),
            _ => throw Unknown("repeats a group"),
        };
    }

    (int Least, int Most) Count()
    {
        if (Take('?')) return (0, 1);
        if (Take('*')) return (0, int.MaxValue);
        if (Take('+')) return (1, int.MaxValue);
        if (!Take('{')) return (1, 1);
        var least = Number();
        var most = !Take(',') ? least : at < expression.Length && expression[at] == '}' ? int.MaxValue : Number();
        return Take('}') && least <= most ? (least, most) : throw Unknown("counts in a way");
    }

    int Number()
    {
        var start = at;
        while (at < expression.Length && char.IsAsciiDigit(expression[at])) at++;
        return int.TryParse(expression.AsSpan(start, at - start), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number : throw Unknown("counts in a way");
    }

    Func<Rune, bool> Class()
    {
        at++;
        var negative = Take('^');
        List<Func<Rune, bool>> parts = [];
        while (!Take(']'))
        {
            if (at >= expression.Length) throw Unknown("does not close a class");
            if (expression[at] == '[' || expression.AsSpan(at).StartsWith("&&")) throw Unknown("combines classes");
            if (expression[at] == '\\' && Category() is { } category)
            {
                parts.Add(category);
                continue;
            }
            var low = Character();
            var high = low;
            if (at + 1 < expression.Length && expression[at] == '-' && expression[at + 1] != ']')
            {
                at++;
                high = Character();
                if (high < low) throw Unknown("has an empty range");
            }
            parts.Add(rune => rune >= low && rune <= high);
        }
        if (parts.Count == 0) throw Unknown("has an empty class");
        var any = Folded(rune => parts.Exists(part => part(rune)));
        return negative ? rune => !any(rune) : any;
    }

    Func<Rune, bool> Single()
    {
        if (Take('.')) return rune => rune.Value != '\n';
        if (expression[at] is '*' or '+' or '?' or '{' or '^' or '$') throw Unknown("has an operator here");
        if (expression[at] == '\\' && Category() is { } category) return category;
        var wanted = Character();
        return rune => rune == wanted;
    }

    /// <summary>The class that an escape names, or null where it stands for one character.</summary>
    Func<Rune, bool>? Category()
    {
        if (at + 1 >= expression.Length) throw Unknown("ends in a backslash");
        var escape = expression[at + 1];
        var negative = char.IsAsciiLetterUpper(escape);
        if (char.ToLowerInvariant(escape) is not ('s' or 'd' or 'w' or 'p')) return null;
        at += 2;
        Func<Rune, bool> plain = char.ToLowerInvariant(escape) switch
        {
            's' => Rune.IsWhiteSpace,
            'd' => rune => Rune.GetUnicodeCategory(rune) == UnicodeCategory.DecimalDigitNumber,
            'w' => WordCharacters.OfOniguruma,
            _ => Property(ref negative),
        };
        return negative ? rune => !plain(rune) : plain;
    }

    Func<Rune, bool> Property(ref bool negative)
    {
        var close = expression.IndexOf('}', at);
        if (!Take('{') || close < 0) throw Unknown("names a property in a way");
        var name = expression[at..close];
        if (name.StartsWith('^')) (negative, name) = (!negative, name[1..]);
        HashSet<UnicodeCategory> categories =
            [.. Enum.GetValues<UnicodeCategory>()
                .Where(category => Abbreviations[(int)category].StartsWith(name, StringComparison.Ordinal))];
        if (name.Length is < 1 or > 2 || categories.Count == 0) throw Unknown("names a property");
        at = close + 1;
        return rune => categories.Contains(Rune.GetUnicodeCategory(rune));
    }

    /// <summary>Unicode's names of the general categories in the order of <see cref="UnicodeCategory"/>.</summary>
    static string[] Abbreviations { get; } =
    [
        "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co", "Pc", "Pd", "Ps", "Pe",
        "Pi", "Pf", "Po",
        "Sm", "Sc", "Sk", "So", "Cn",
    ];

    Rune Character()
    {
        if (!Take('\\'))
        {
            Rune.DecodeFromUtf16(expression.AsSpan(at), out var plain, out var length);
            at += length;
            return plain;
        }
        var escaped = expression[at++];
        return escaped switch
        {
            'r' => new Rune('\r'),
            'n' => new Rune('\n'),
            't' => new Rune('\t'),
            'f' => new Rune('\f'),
            'v' => new Rune('\v'),
            'u' => Hexadecimal(4),
            'x' when Take('{') => Hexadecimal(expression.IndexOf('}', at) - at, closed: true),
            'x' => Hexadecimal(2),
            _ when char.IsAsciiLetterOrDigit(escaped) || escaped >= 128 => throw Unknown("escapes in a way"),
            _ => new Rune(escaped),
        };
    }

    Rune Hexadecimal(int digits, bool closed = false)
    {
        if (digits is < 1 or > 6 || at + digits > expression.Length
            || !int.TryParse(expression.AsSpan(at, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value)
            || !Rune.IsValid(value))
        {
            throw Unknown("numbers a character in a way");
        }
        at += digits + (closed ? 1 : 0);
        return new Rune(value);
    }

    /// <summary>
    /// Without regard to case where that is asked for: simple folding, by which the long s is an s and the Kelvin sign a k.
    /// </summary>
    Func<Rune, bool> Folded(Func<Rune, bool> set) => !anyCase
        ? set
        : rune => set(rune) || set(Rune.ToLowerInvariant(rune)) || set(Rune.ToUpperInvariant(rune))
        || (rune.Value == 0x17F && (set(new Rune('s')) || set(new Rune('S'))))
            || (rune.Value == 0x212A && (set(new Rune('k')) || set(new Rune('K'))));

    bool Take(char wanted)
    {
        if (at >= expression.Length || expression[at] != wanted) return false;
        at++;
        return true;
    }

    FormatException Unknown(string what) => new($"it {what} that is not supported, at character {at}");
}
