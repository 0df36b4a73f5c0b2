namespace Grafting.Core.Text.Jinja;

/// <summary>Whose rules a template follows where engines differ.</summary>
internal enum JinjaDialect
{
    /// <summary>Jinja 3 in Python, which is what models are trained with.</summary>
    Python,

    /// <summary>
    /// The npm package @huggingface/jinja: <c>true</c> for <c>True</c>, JSON for lists, true is not 1, <c>null</c> is a value, numbers join
    /// texts with +. To compare with that engine; never for a model.
    /// </summary>
    JavaScript,
}

/// <summary>What everything that evaluates a template shares.</summary>
/// <param name="Now">The time that <c>strftime_now</c> tells.</param>
internal sealed record JinjaContext(JinjaBudget Budget, JinjaDialect Dialect, Func<DateTime> Now)
{
    public bool Python => Dialect == JinjaDialect.Python;

    public JinjaFault Wrong(string message) => new(Budget.At, message);
}
