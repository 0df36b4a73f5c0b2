namespace Grafting.Core.Text.Jinja;

/// <summary>What a template may take: templates come with models from anywhere, and one that never ends must end in an error.</summary>
/// <param name="Steps">Evaluations, rounds of loops and elements looked at; real templates take a few thousand.</param>
/// <param name="Text">UTF-16 units of one text, the output included.</param>
/// <param name="Depth">Nesting of expressions, blocks and macro calls, and of values that are printed or compared.</param>
internal sealed record JinjaLimits(int Steps = 3_000_000, int Text = 16 << 20, int Depth = 400);

/// <summary>Counts what a rendering takes.</summary>
internal sealed class JinjaBudget(JinjaLimits limits)
{
    long _steps;
    int _depth;

    /// <summary>What is being evaluated, for messages.</summary>
    public Position At { get; set; }

    public void Step(long count = 1)
    {
        _steps += count;
        if (_steps > limits.Steps) throw new JinjaFault(At, $"the template takes more than {limits.Steps} steps.");
    }

    /// <param name="length">Of the text as it will be.</param>
    /// <param name="added">Units that are written for it; they count as steps too, a thousand to one.</param>
    public void Text(long length, long added)
    {
        if (length > limits.Text) throw new JinjaFault(At, $"the template makes a text of more than {limits.Text} characters.");
        Step(added / 1000);
    }

    /// <summary>Whatever is done with a long text walks over it.</summary>
    public void Look(object? value)
    {
        if (value is JinjaString text) Step(text.Value.Length / 1000);
    }

    public void Enter()
    {
        if (++_depth > limits.Depth) throw new JinjaFault(At, $"the template nests more than {limits.Depth} deep.");
    }

    public void Leave() => _depth--;
}

/// <summary>What is wrong with a template and where; <see cref="JinjaTemplate"/> makes an error of it that names the template.</summary>
#pragma warning disable CA1064 // never leaves this folder
internal sealed class JinjaFault(Position at, string message) : Exception(message)
#pragma warning restore CA1064
{
    public Position At { get; } = at;
}
