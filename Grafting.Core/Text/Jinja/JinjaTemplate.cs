namespace Grafting.Core.Text.Jinja;

/// <summary>
/// A Jinja template as chat templates use the language: what transformers gives them, and nothing else. Values are JSON's; a template
/// reaches no file, no type and no function of the program, and one that takes too many steps, too much text or too much nesting ends in an
/// error.
/// </summary>
internal sealed class JinjaTemplate
{
    readonly string _name;
    readonly IReadOnlyList<JinjaStatement> _body;

    JinjaTemplate(string name, IReadOnlyList<JinjaStatement> body)
    {
        (_name, _body) = (name, body);
    }

    /// <param name="name">Where the template stands, for messages: a file, or a field of one.</param>
    /// <exception cref="GraftException">Input, with line and column: not a template, or a construct that is not known.</exception>
    public static JinjaTemplate Parse(string source, string name)
    {
        try
        {
            return new JinjaTemplate(name, JinjaParser.Read(source));
        }
        catch (JinjaFault fault)
        {
            throw Named(name, fault);
        }
    }

    /// <param name="variables">Values as <see cref="JinjaJson.Read"/> makes them.</param>
    /// <param name="now">The time; null: the clock's.</param>
    /// <exception cref="GraftException">Input, with line and column: the template refuses, goes wrong, or takes too much.</exception>
    public JinjaString Render(
        IReadOnlyDictionary<string, object?> variables, JinjaLimits? limits = null, JinjaDialect dialect = JinjaDialect.Python,
        Func<DateTime>? now = null)
    {
        var context = new JinjaContext(new JinjaBudget(limits ?? new JinjaLimits()), dialect, now ?? (() => DateTime.Now));
        var scope = new JinjaScope(null);
        foreach (var (name, value) in variables) scope.Set(name, value);
        try
        {
            return new JinjaInterpreter(context).Run(_body, new JinjaScope(scope));
        }
        catch (JinjaFault fault)
        {
            throw Named(_name, fault);
        }
    }

    static GraftException Named(string name, JinjaFault fault) =>
        Fault.Input($"{name}, line {fault.At.Line}, column {fault.At.Column}: {fault.Message}");
}
