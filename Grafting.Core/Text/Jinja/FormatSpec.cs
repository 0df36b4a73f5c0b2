using System.Globalization;

namespace Grafting.Core.Text.Jinja;

/// <summary>How one value is written: Python's <c>[[fill]align][sign][#][0][width][,][.precision][type]</c>.</summary>
/// <param name="Align">&lt;, &gt; or ^; = puts the filling behind the sign; default: numbers to the right, texts to the left.</param>
/// <param name="Sign">+, a blank, or -, which writes a sign only below zero.</param>
/// <param name="Precision">Digits behind the point, or the most characters of a text; −1: not given.</param>
/// <param name="Kind">Type; '\0' takes the value's own.</param>
internal sealed record FormatSpec(char Fill, char Align, char Sign, bool Alternate, int Width, bool Grouped, int Precision, char Kind)
{
    const int Widest = 10_000;

    /// <returns>Null where it is none.</returns>
    public static FormatSpec? OfBraces(string spec)
    {
        var (at, fill, align) = (0, ' ', '\0');
        if (spec.Length > 1 && spec[1] is '<' or '>' or '^' or '=') (fill, align, at) = (spec[0], spec[1], 2);
        else if (spec is ['<' or '>' or '^' or '=', ..]) (align, at) = (spec[0], 1);
        var sign = at < spec.Length && spec[at] is '+' or '-' or ' ' ? spec[at++] : '-';
        var alternate = at < spec.Length && spec[at] == '#' && at++ >= 0;
        if (at < spec.Length && spec[at] == '0')
        {
            if (align == '\0') (fill, align) = ('0', '=');
            at++;
        }
        if (Number(spec, ref at) is not { } width) return null;
        var grouped = at < spec.Length && spec[at] == ',' && at++ >= 0;
        int? precision = -1;
        if (at < spec.Length && spec[at] == '.')
        {
            at++;
            precision = at < spec.Length && char.IsAsciiDigit(spec[at]) ? Number(spec, ref at) : null;
        }
        var kind = at < spec.Length ? spec[at++] : '\0';
        if (at < spec.Length || precision is not { } digits) return null;
        return new FormatSpec(fill, align, sign, alternate, width, grouped, digits, kind);
    }

    /// <param name="flags">What stands between % and the type.</param>
    public static FormatSpec? OfPercent(string flags, char kind)
    {
        var (at, fill, align, sign, alternate) = (0, ' ', '>', '-', false);
        for (; at < flags.Length && flags[at] is '-' or '+' or ' ' or '0' or '#'; at++)
        {
            if (flags[at] == '-') (align, fill) = ('<', ' ');
            else if (flags[at] == '0') (align, fill) = align == '<' ? (align, fill) : ('=', '0');
            else if (flags[at] == '#') alternate = true;
            else if (sign != '+') sign = flags[at];
        }
        if (Number(flags, ref at) is not { } width) return null;
        int? precision = -1;
        if (at < flags.Length && flags[at] == '.')
        {
            at++;
            precision = Number(flags, ref at);
        }
        if (at < flags.Length || precision is not { } digits) return null;
        if (kind is 's' or 'r') return new FormatSpec(' ', align == '=' ? '>' : align, '-', false, width, false, digits, 's');
        return new FormatSpec(fill, align, sign, alternate, width, false, digits, kind is 'i' or 'u' ? 'd' : kind);
    }

    /// <returns>Without padding, but for zeros behind the sign; null where the value has no such form.</returns>
    public JinjaString? Write(object? value, JinjaPrinter printer)
    {
        if (Kind == 's' || Kind == '\0' && value is not (long or double))
        {
            var text = printer.Print(value);
            if (Precision < 0 || PythonText.Length(text.Value) <= Precision) return text;
            return text.Slice(0, PythonText.Starts(text.Value)[Precision]);
        }
        if (value is not (long or double or bool) || Digits(value) is not { } digits) return null;
        var sign = digits[0] == '-' ? "-" : Sign is '+' or ' ' ? Sign.ToString() : "";
        var body = digits.TrimStart('-');
        if (Grouped) body = Group(body);
        if (Align == '=') body = body.PadLeft(Math.Max(0, Width - sign.Length), Fill);
        return sign + body;
    }

    /// <param name="written">What <see cref="Write"/> made of the value.</param>
    public (string Before, string Behind) Pad(object? value, JinjaString written)
    {
        var missing = Math.Max(0, Width - PythonText.Length(written.Value));
        var left = Align switch { '>' or '=' => missing, '^' => missing / 2, '<' => 0, _ => value is long or double ? missing : 0 };
        return (new string(Fill, left), new string(Fill, missing - left));
    }

    string? Digits(object? value)
    {
        var number = JinjaOperators.Number(value);
        var digits = (Precision < 0 ? 6 : Precision).ToString(CultureInfo.InvariantCulture);
        if (Kind is 'f' or 'F' or '%' or 'e' or 'E' && !double.IsFinite(number)) return null;
        return Kind switch
        {
            '\0' when Precision < 0 => value is double real ? JinjaPrinter.Number(real) : InBase(10),
            'd' when value is long or bool => InBase(10),
            'd' when double.IsFinite(number) => Math.Truncate(number).ToString("F0", CultureInfo.InvariantCulture),
            'x' => InBase(16),
            'X' => InBase(16)?.ToUpperInvariant(),
            'o' => InBase(8),
            'b' => InBase(2),
            'f' or 'F' => number.ToString("F" + digits, CultureInfo.InvariantCulture),
            '%' => (number * 100).ToString("F" + digits, CultureInfo.InvariantCulture) + "%",
            'e' or 'E' => number.ToString($"0.{new string('0', Precision < 0 ? 6 : Precision)}{Kind}+00", CultureInfo.InvariantCulture),
            _ => null,
        };

        string? InBase(int numberBase)
        {
            if (value is double) return null;
            var whole = JinjaOperators.Whole(value);
            var prefix = (Alternate, numberBase) switch { (true, 16) => "0x", (true, 8) => "0o", (true, 2) => "0b", _ => "" };
            return (whole < 0 ? "-" : "") + prefix + Unsigned(whole, numberBase);
        }
    }

    static string Unsigned(long value, int numberBase)
    {
        var (rest, digits) = ((UInt128)Int128.Abs(value), "");
        do digits = "0123456789abcdef"[(int)(rest % (UInt128)numberBase)] + digits; while ((rest /= (UInt128)numberBase) > 0);
        return digits;
    }

    static string Group(string body)
    {
        var point = body.AsSpan().IndexOfAnyExceptInRange('0', '9') is var at and >= 0 ? at : body.Length;
        for (var i = point - 3; i > 0; i -= 3) body = body.Insert(i, ",");
        return body;
    }

    /// <returns>0 where there is none; null where it is too large.</returns>
    static int? Number(string text, ref int at)
    {
        var start = at;
        while (at < text.Length && char.IsAsciiDigit(text[at])) at++;
        if (at == start) return 0;
        return int.TryParse(text.AsSpan(start, at - start), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number <= Widest
            ? number
            : null;
    }
}
