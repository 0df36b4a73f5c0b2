using Grafting.Cli.Rendering;

namespace Grafting.Cli.Help;

/// <summary>The text of <c>--help</c>: description, usage, every input with its default, examples.</summary>
static class HelpPage
{
    const int LabelColumn = 30;

    public static string Render(CommandShape shape, int width)
    {
        width = Math.Min(width, 110);
        var page = new StringWriter { NewLine = "\n" };
        page.WriteLine(TextWrap.Wrap(shape.Description, width, indent: 0));
        page.WriteLine();
        page.WriteLine("Usage:");
        page.WriteLine($"  {shape.Usage}");
        Section(page, "Commands", shape.Commands.Select(c => (c.Name, c.Description)), width);
        Section(page, "Arguments", shape.Arguments.Select(a => ($"<{a.Name}>", Explain(a))), width);
        Section(page, "Options", shape.Options.Select(o => (Label(o), Explain(o))), width);
        Section(page, "Options of every command", shape.GlobalOptions.Select(o => (Label(o), Explain(o))), width);
        if (shape.Examples.Count > 0)
        {
            page.WriteLine();
            page.WriteLine("Examples:");
            foreach (var (line, purpose) in shape.Examples)
            {
                page.WriteLine($"  {line}");
                page.WriteLine($"      {TextWrap.Wrap(purpose, width, indent: 6)}");
            }
        }

        return page.ToString();
    }

    static void Section(StringWriter page, string title, IEnumerable<(string Label, string Text)> rows, int width)
    {
        var first = true;
        foreach (var (label, text) in rows)
        {
            if (first)
            {
                page.WriteLine();
                page.WriteLine($"{title}:");
                first = false;
            }

            var head = $"  {label}".PadRight(LabelColumn);
            // A label too long for its column stands on its own line.
            if (!head.EndsWith(' '))
            {
                page.WriteLine(head);
                head = new string(' ', LabelColumn);
            }

            page.WriteLine((head + TextWrap.Wrap(text, width, LabelColumn)).TrimEnd());
        }
    }

    static string Label(InputShape option)
    {
        var names = string.Join(", ", option.Aliases.Append(option.Name).OrderBy(n => n.Length));
        return option.Value is null ? names : $"{names} <{option.Value}>";
    }

    static string Explain(InputShape input) =>
        input.Description
        + (input.Required && input.Name.StartsWith('-') ? " (required)" : "")
        + (input.Default is { Length: > 0 } value ? $" [default: {value}]" : "");
}
