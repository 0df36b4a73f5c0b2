namespace Grafting.Core.Text.Jinja;

/// <summary>An expression of a template.</summary>
internal abstract record JinjaExpression(Position At);

internal sealed record Constant(Position At, object? Value) : JinjaExpression(At);

internal sealed record Name(Position At, string Text) : JinjaExpression(At);

internal sealed record ListLiteral(Position At, IReadOnlyList<JinjaExpression> Items, bool Tuple) : JinjaExpression(At);

internal sealed record DictLiteral(Position At, IReadOnlyList<(JinjaExpression Key, JinjaExpression Value)> Items) : JinjaExpression(At);

internal sealed record Attribute(Position At, JinjaExpression Of, string Name) : JinjaExpression(At);

internal sealed record Item(Position At, JinjaExpression Of, JinjaExpression Key) : JinjaExpression(At);

internal sealed record Slice(Position At, JinjaExpression? Start, JinjaExpression? Stop, JinjaExpression? Step) : JinjaExpression(At);

internal sealed record Call(Position At, JinjaExpression Function, Arguments Arguments) : JinjaExpression(At);

/// <param name="Of">Null in a filter block and in a block assignment, where it is the text of the block.</param>
internal sealed record Filter(Position At, JinjaExpression? Of, string Name, Arguments Arguments) : JinjaExpression(At);

internal sealed record Test(Position At, JinjaExpression Of, string Name, Arguments Arguments, bool Negated) : JinjaExpression(At);

/// <param name="Operator">not, - or +.</param>
internal sealed record Unary(Position At, string Operator, JinjaExpression Of) : JinjaExpression(At);

internal sealed record Binary(Position At, string Operator, JinjaExpression Left, JinjaExpression Right) : JinjaExpression(At);

/// <summary>A chain of comparisons, which all have to hold.</summary>
internal sealed record Comparison(
    Position At, JinjaExpression First, IReadOnlyList<(string Operator, JinjaExpression Right)> Rest) : JinjaExpression(At);

internal sealed record Concatenation(Position At, IReadOnlyList<JinjaExpression> Parts) : JinjaExpression(At);

internal sealed record Conditional(Position At, JinjaExpression Test, JinjaExpression Then, JinjaExpression? Else) : JinjaExpression(At);

/// <summary>Arguments as they are written.</summary>
/// <param name="Items">Spread: 0, or the number of stars before it.</param>
internal sealed record Arguments(IReadOnlyList<(string? Name, int Spread, JinjaExpression Value)> Items)
{
    public static Arguments None { get; } = new([]);
}

/// <summary>A statement of a template.</summary>
internal abstract record JinjaStatement(Position At);

internal sealed record Output(Position At, JinjaExpression Value) : JinjaStatement(At);

internal sealed record Data(Position At, string Text) : JinjaStatement(At);

internal sealed record If(
    Position At, IReadOnlyList<(JinjaExpression Test, IReadOnlyList<JinjaStatement> Body)> Branches, IReadOnlyList<JinjaStatement> Else)
    : JinjaStatement(At);

internal sealed record For(
    Position At, JinjaExpression Target, JinjaExpression Over, JinjaExpression? Filter, bool Recursive, IReadOnlyList<JinjaStatement> Body,
    IReadOnlyList<JinjaStatement> Else) : JinjaStatement(At);

internal sealed record Set(Position At, JinjaExpression Target, JinjaExpression Value) : JinjaStatement(At);

/// <param name="Filter">Applied to the text of the block; null: none.</param>
internal sealed record SetBlock(
    Position At, JinjaExpression Target, Filter? Filter, IReadOnlyList<JinjaStatement> Body) : JinjaStatement(At);

internal sealed record MacroDefinition(
    Position At, string Name, IReadOnlyList<(string Name, JinjaExpression? Default)> Parameters, IReadOnlyList<JinjaStatement> Body)
    : JinjaStatement(At);

/// <param name="Caller">What the called macro finds as <c>caller</c>.</param>
internal sealed record CallBlock(Position At, Call Call, MacroDefinition Caller) : JinjaStatement(At);

internal sealed record FilterBlock(Position At, Filter Filter, IReadOnlyList<JinjaStatement> Body) : JinjaStatement(At);

internal sealed record With(
    Position At, IReadOnlyList<(JinjaExpression Target, JinjaExpression Value)> Values, IReadOnlyList<JinjaStatement> Body)
    : JinjaStatement(At);

internal sealed record GenerationBlock(Position At, IReadOnlyList<JinjaStatement> Body) : JinjaStatement(At);

internal sealed record Break(Position At) : JinjaStatement(At);

internal sealed record Continue(Position At) : JinjaStatement(At);
