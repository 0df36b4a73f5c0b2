using Grafting.Core.Text.Jinja;

namespace Grafting.Core.Text.Templates;

/// <summary>Finds the assistant's turns in a rendered conversation: what a model has to learn to write.</summary>
/// <remarks>
/// Where the template marks them with <c>{% generation %}</c>, those stretches are taken as they are. Else a turn is the stretch from the
/// first character of its message to the last, with what the template writes between; it begins where a generation prompt would have ended,
/// and ends behind the special token that the template writes after it. A template that drops a turn, writes it twice or mixes it with
/// others is refused: its labels would be a guess.
/// </remarks>
internal static class AnswerSpans
{
    /// <param name="lead">What the template writes between a generation prompt and an answer, e.g. a blank.</param>
    /// <param name="isAnswer">By message: whether it is the assistant's and says something.</param>
    /// <param name="specials">Special tokens in the text, in order.</param>
    /// <param name="place">Of the template, for messages.</param>
    /// <returns>Message and stretch, in order.</returns>
    public static List<(int Message, int Start, int End)> Find(
        JinjaString text, string lead, IReadOnlyList<bool> isAnswer, IReadOnlyList<(int Start, int End, int Id)> specials, string place)
    {
        var answers = Enumerable.Range(0, isAnswer.Count).Where(k => isAnswer[k]).ToList();
        var marked = Marked(text);
        if (marked.Count > 0)
        {
            if (marked.Count == answers.Count) return [.. answers.Zip(marked, (k, span) => (k, span.Start, span.End))];
            throw Refuse(place, $"it marks {marked.Count} stretches for generation, and the conversation has {answers.Count} answers");
        }
        var extents = Extents(text);
        List<(int, int, int)> spans = [];
        foreach (var k in answers)
        {
            if (!extents.TryGetValue(k, out var extent)) throw Refuse(place, $"it leaves out message {k + 1}, an answer");
            if (Foreign(text, k, extent.Start, extent.End)) throw Refuse(place, $"it mixes message {k + 1}, an answer, with others");
            var start = extent.Start;
            if (lead.Length > 0 && start >= lead.Length && string.CompareOrdinal(text.Value, start - lead.Length, lead, 0, lead.Length) == 0
                && !Foreign(text, -1, start - lead.Length, start))
            {
                start -= lead.Length;
            }
            spans.Add((k, start, End(text, extent.End, specials)));
        }
        for (var i = 1; i < spans.Count; i++)
            if (spans[i].Item2 < spans[i - 1].Item3)
                throw Refuse(place, $"it changes the order of the answers (message {spans[i].Item1 + 1})");
        return spans;
    }

    /// <summary>By message, from its first character to behind its last.</summary>
    public static Dictionary<int, (int Start, int End)> Extents(JinjaString text)
    {
        Dictionary<int, (int Start, int End)> extents = [];
        var start = 0;
        foreach (var run in text.Runs)
        {
            if (run.Origin.Source > 0)
            {
                var k = run.Origin.Source - 1;
                extents[k] = extents.TryGetValue(k, out var known) ? (known.Start, run.End) : (start, run.End);
            }
            start = run.End;
        }
        return extents;
    }

    static List<(int Start, int End)> Marked(JinjaString text)
    {
        List<(int Start, int End)> marked = [];
        var start = 0;
        foreach (var run in text.Runs)
        {
            if (run.Origin.Generated)
            {
                if (marked.Count > 0 && marked[^1].End == start) marked[^1] = (marked[^1].Start, run.End);
                else marked.Add((start, run.End));
            }
            start = run.End;
        }
        return marked;
    }

    /// <summary>Whether a stretch holds text of a message other than the one given.</summary>
    static bool Foreign(JinjaString text, int message, int from, int to)
    {
        var start = 0;
        foreach (var run in text.Runs)
        {
            if (start < to && run.End > from && run.Origin.Source > 0 && run.Origin.Source - 1 != message) return true;
            start = run.End;
        }
        return false;
    }

    static int End(JinjaString text, int end, IReadOnlyList<(int Start, int End, int Id)> specials)
    {
        foreach (var special in specials)
        {
            if (special.Start < end) continue;
            return Foreign(text, -1, end, special.Start) ? end : special.End;
        }
        return end;
    }

    static GraftException Refuse(string place, string why) => Fault.Input(
        $"{place}: the answers cannot be told in what this chat template writes: {why}.",
        "Mark the assistant's turns with {% generation %} in a copy of the template, or train with one of graft's own (data.template: "
            + "clean).");
}
