using System.Globalization;
using System.Text;

namespace Grafting.Core.Text.Jinja;

/// <summary>Writes values as text: as Python's <c>str</c> does, and within lists and dicts as its <c>repr</c>.</summary>
internal sealed class JinjaPrinter(JinjaContext context)
{
    public JinjaString Print(object? value)
    {
        if (value is JinjaString text) return text;
        if (value is JinjaUndefined) return "";
        var written = new JinjaString.Builder(context.Budget);
        Write(value, written);
        return written.Build();
    }

    /// <summary>A number as Python prints it.</summary>
    public static string Number(double value)
    {
        if (double.IsNaN(value)) return "nan";
        if (double.IsInfinity(value)) return value > 0 ? "inf" : "-inf";
        if (value == 0) return double.IsNegative(value) ? "-0.0" : "0.0";
        var shortest = value.ToString("R", CultureInfo.InvariantCulture).TrimStart('-');
        var mantissa = shortest.Split('E')[0];
        var point = mantissa.IndexOf('.') is var at and >= 0 ? at : mantissa.Length;
        var written = mantissa.Replace(".", "", StringComparison.Ordinal);
        var digits = written.TrimStart('0');
        // Of the first digit: 1.5 has 0.
        var exponent = point - 1 - (written.Length - digits.Length);
        if (shortest.Length > mantissa.Length)
            exponent += int.Parse(shortest.AsSpan(mantissa.Length + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        digits = digits.TrimEnd('0');
        return (value < 0 ? "-" : "") + Placed(digits, exponent);
    }

    static string Placed(string digits, int exponent) => exponent switch
    {
        < -4 or >= 16 => $"{digits[0]}{(digits.Length > 1 ? "." : "")}{digits[1..]}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}",
        < 0 => $"0.{new string('0', -exponent - 1)}{digits}",
        _ when digits.Length <= exponent + 1 => digits.PadRight(exponent + 1, '0') + ".0",
        _ => $"{digits[..(exponent + 1)]}.{digits[(exponent + 1)..]}",
    };

    void Write(object? value, JinjaString.Builder output)
    {
        context.Budget.Step();
        switch (value)
        {
            case null:
                output.Append(context.Python ? "None" : "null");
                break;
            case bool flag:
                output.Append(context.Python ? flag ? "True" : "False" : flag ? "true" : "false");
                break;
            case long number:
                output.Append(number.ToString(CultureInfo.InvariantCulture));
                break;
            case double number:
                output.Append(Number(number));
                break;
            case JinjaString text:
                var quoted = context.Python ? Quote(text.Value) : JinjaJson.Quote(text.Value, ensureAscii: false);
                output.Append(text.Derive(text.IsSafe ? $"Markup({quoted})" : quoted));
                break;
            case JinjaUndefined:
                output.Append(context.Python ? "Undefined" : "undefined");
                break;
            case JinjaList list:
                WriteList(list, output);
                break;
            case JinjaDict dict:
                WriteDict(dict, output);
                break;
            default:
                throw context.Wrong($"{JinjaOperators.KindOf(value)} cannot be written as text.");
        }
    }

    void WriteList(JinjaList list, JinjaString.Builder output)
    {
        context.Budget.Enter();
        output.Append(list.IsTuple && context.Python ? "(" : "[");
        for (var i = 0; i < list.Items.Count; i++)
        {
            if (i > 0) output.Append(", ");
            Write(list.Items[i], output);
        }
        output.Append(list.IsTuple && context.Python ? list.Items.Count == 1 ? ",)" : ")" : "]");
        context.Budget.Leave();
    }

    void WriteDict(JinjaDict dict, JinjaString.Builder output)
    {
        context.Budget.Enter();
        output.Append("{");
        var first = true;
        foreach (var (key, value) in dict.Items)
        {
            if (!first) output.Append(", ");
            first = false;
            Write(key, output);
            output.Append(": ");
            Write(value, output);
        }
        output.Append("}");
        context.Budget.Leave();
    }

    /// <summary>Python's repr of a text: single quotes unless it holds one and no double one.</summary>
    static string Quote(string text)
    {
        var quote = text.Contains('\'') && !text.Contains('"') ? '"' : '\'';
        var written = new StringBuilder(text.Length + 2).Append(quote);
        for (var i = 0; i < text.Length; i++)
        {
            var width = PythonText.Width(text, i);
            if (text[i] == quote || text[i] == '\\') written.Append('\\').Append(text[i]);
            else if (text[i] == '\n') written.Append("\\n");
            else if (text[i] == '\r') written.Append("\\r");
            else if (text[i] == '\t') written.Append("\\t");
            else if (IsPrintable(text, i)) written.Append(text, i, width);
            else if (width == 2) written.Append(CultureInfo.InvariantCulture, $"\\U{char.ConvertToUtf32(text, i):x8}");
            else if (text[i] < 0x100) written.Append(CultureInfo.InvariantCulture, $"\\x{(int)text[i]:x2}");
            else written.Append(CultureInfo.InvariantCulture, $"\\u{(int)text[i]:x4}");
            i += width - 1;
        }
        return written.Append(quote).ToString();
    }

    static bool IsPrintable(string text, int at) => text[at] == ' ' || CharUnicodeInfo.GetUnicodeCategory(text, at)
        is not (
            UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
                or UnicodeCategory.OtherNotAssigned
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator);
}
