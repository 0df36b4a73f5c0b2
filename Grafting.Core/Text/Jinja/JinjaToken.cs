namespace Grafting.Core.Text.Jinja;

/// <summary>A place in a template, counted from 1.</summary>
internal readonly record struct Position(int Line, int Column);

internal enum JinjaTokenKind
{
    /// <summary>Text outside of tags.</summary>
    Data,
    VariableBegin,
    VariableEnd,
    BlockBegin,
    BlockEnd,
    Name,
    String,
    Integer,
    Float,
    Operator,
    End,
}

/// <param name="Text">Content of data and strings, digits of numbers, the name, the operator.</param>
internal readonly record struct JinjaToken(JinjaTokenKind Kind, string Text, Position At)
{
    public bool IsOperator(string text) => Kind == JinjaTokenKind.Operator && Text == text;

    public bool IsName(string text) => Kind == JinjaTokenKind.Name && Text == text;

    public override string ToString() => Kind switch
    {
        JinjaTokenKind.Data => "text",
        JinjaTokenKind.VariableEnd => "\"}}\"",
        JinjaTokenKind.BlockEnd => "\"%}\"",
        JinjaTokenKind.End => "the end of the template",
        JinjaTokenKind.String => $"the text {Printable.Quote(Text)}",
        _ => Printable.Quote(Text),
    };
}
