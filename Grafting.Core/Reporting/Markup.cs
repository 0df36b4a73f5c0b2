using System.Globalization;
using System.Text;

namespace Grafting.Core.Reporting;

/// <summary>Text that is markup already. Everything else put into a page goes through <see cref="Of"/>, which escapes it.</summary>
public readonly record struct Markup(string Text)
{
    public static Markup Empty { get; } = new("");

    /// <summary>
    /// The interpolated text as markup; the values in it are escaped, but for those that are markup. Numbers have a point.
    /// </summary>
    public static Markup Of(FormattableString format)
    {
        var arguments = format.GetArguments();
        var escaped = new object[arguments.Length];
        for (var i = 0; i < arguments.Length; i++)
        {
            escaped[i] = arguments[i] switch
            {
                Markup markup => markup.Text,
                double number => number.ToString("0.##", CultureInfo.InvariantCulture),
                IFormattable value => Escape(value.ToString(null, CultureInfo.InvariantCulture)),
                var value => Escape(value?.ToString() ?? ""),
            };
        }
        return new Markup(string.Format(CultureInfo.InvariantCulture, format.Format, escaped));
    }

    public static Markup Join(IEnumerable<Markup> parts) => new(string.Concat(parts.Select(part => part.Text)));

    public static Markup Join<T>(IEnumerable<T> items, Func<T, Markup> each) => Join(items.Select(each));

    public override string ToString() => Text;

    /// <summary>Safe between tags and in quoted attributes, in HTML and XML; characters that neither allows become U+FFFD.</summary>
    static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            escaped.Append(rune.Value switch
            {
                '&' => "&amp;",
                '<' => "&lt;",
                '>' => "&gt;",
                '"' => "&quot;",
                '\'' => "&#39;",
                '\t' or '\n' or '\r' => rune.ToString(),
                < 0x20 or (>= 0x7F and <= 0x9F) or 0xFFFE or 0xFFFF => "\uFFFD",
                _ => rune.ToString(),
            });
        }
        return escaped.ToString();
    }
}
