using System.Collections;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Grafting.Recipes.Schema;

/// <summary>
/// Writes a recipe with every value spelled out but the defaults of keys that came later, in the order of the schema;
/// <see cref="RecipeReader"/> reads the same recipe back.
/// </summary>
static partial class RecipeWriter
{
    public static string Write(Recipe recipe)
    {
        var text = new StringBuilder();
        Record(text, recipe, "", "");
        return text.ToString();
    }

    /// <param name="first">What precedes the first key: the indent, or the dash of an entry.</param>
    static void Record(StringBuilder text, object record, string first, string indent)
    {
        foreach (var field in RecipeField.Of(record.GetType()))
        {
            if (field.IsLeftOut(record)) continue;
            text.Append(first).Append(field.Key).Append(':');
            first = indent;
            Value(text, field.Property.GetValue(record), indent + "  ");
        }
    }

    static void Value(StringBuilder text, object? value, string indent)
    {
        switch (value)
        {
            case IList { Count: 0 }:
                text.Append(" []\n");
                break;
            case IList list:
                text.Append('\n');
                foreach (var item in list)
                {
                    if (RecipeField.IsRecord(item!.GetType())) Record(text, item, $"{indent}- ", $"{indent}  ");
                    else text.Append(indent).Append("- ").Append(Plain(item)).Append('\n');
                }
                break;
            case not null when RecipeField.IsRecord(value.GetType()):
                text.Append('\n');
                Record(text, value, indent, indent);
                break;
            default:
                text.Append(' ').Append(Plain(value)).Append('\n');
                break;
        }
    }

    static string Plain(object? value) => value switch
    {
        null => "null",
        bool truth => truth ? "true" : "false",
        Enum name => RecipeField.KeyOf(name.ToString()),
        string text => IsPlain().IsMatch(text) && text is not ("null" or "true" or "false") ? text : Quoted(text),
        double number => number.ToString("R", CultureInfo.InvariantCulture).Replace('E', 'e'),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    /// <summary>In double quotes; everything beyond printable ASCII as an escape, which YAML shares with JSON.</summary>
    static string Quoted(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.Value is '"' or '\\') quoted.Append('\\').Append(rune);
            else if (rune.Value is >= ' ' and <= '~') quoted.Append(rune);
            else if (rune.IsBmp) quoted.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:X4}");
            else quoted.Append(CultureInfo.InvariantCulture, $"\\U{rune.Value:X8}");
        }
        return quoted.Append('"').ToString();
    }

    [GeneratedRegex("^[A-Za-z0-9]([A-Za-z0-9 ._/-]*[A-Za-z0-9._/-])?$")]
    private static partial Regex IsPlain();
}
