using Grafting.Core.Text.Jinja;

namespace Grafting.Core.Text.Templates;

/// <summary>Turns a rendered conversation into tokens and labels.</summary>
/// <remarks>
/// The text is encoded as a whole, as transformers does; it is cut only at special tokens, at pictures, and where an answer begins or ends,
/// so that an answer is encoded the same in training and after a generation prompt. Special tokens are those that the template wrote: their
/// names in the words of a message stay words.
/// </remarks>
internal sealed class RenderedChat(Tokenizer tokenizer, JinjaString text)
{
    readonly SpecialTokenFinder _finder = SpecialTokenFinder.Of(tokenizer);
    readonly List<int> _ids = [];
    readonly List<float> _weights = [];
    readonly List<(int Start, int Token)> _starts = [];

    public List<(int Start, int End, int Id)> Specials { get; } = SpecialTokenFinder.Of(tokenizer).Find(text);

    /// <param name="answers">Stretches that are labels; see <see cref="AnswerSpans"/>.</param>
    /// <param name="slots">Stretches that stand for a picture.</param>
    /// <param name="roles">By message.</param>
    public EncodedChat Encode(
        IReadOnlyList<(int Message, int Start, int End)> answers, IReadOnlyList<(int Start, int End)> slots, IReadOnlyList<Role> roles,
        LabelPolicy policy)
    {
        var fixedParts = slots.Select(slot => (slot.Start, slot.End, Id: EncodedChat.ImageSlot))
            .Concat(Specials.Where(special => !slots.Any(slot => slot.Start < special.End && special.Start < slot.End)))
            .OrderBy(part => part.Start).ToList();
        var borders = answers.SelectMany(answer => new[] { answer.Start, answer.End }).Order().ToList();
        var (at, before) = (0, (string?)null);
        foreach (var part in fixedParts)
        {
            Text(at, part.Start, before, part.Id == EncodedChat.ImageSlot ? null : text.Value[part.Start..part.End], borders, answers);
            var label = part.Id == EncodedChat.ImageSlot
                ? 0
                : IsAnswer(part.Start, answers) ? 1
                : part.Id == tokenizer.BeginId ? 0
                : policy.SpecialTokenWeight;
            Add(part.Id, label, part.Start);
            (at, before) = (part.End, part.Id == EncodedChat.ImageSlot ? "" : text.Value[part.Start..part.End]);
        }
        Text(at, text.Value.Length, before, null, borders, answers);
        if (_weights.Count > 0) _weights[0] = 0;
        return new EncodedChat([.. _ids], [.. _weights]) { Turns = Turns(answers, roles) };
    }

    /// <summary>Text between special tokens and pictures.</summary>
    /// <param name="before">The special token before it; empty: a picture; null: nothing.</param>
    /// <param name="after">The special token behind it, if one is.</param>
    void Text(
        int start, int end, string? before, string? after, List<int> borders, IReadOnlyList<(int Message, int Start, int End)> answers)
    {
        var at = start;
        foreach (var border in borders.Where(border => border > start && border < end).Append(end))
        {
            if (border == at) continue;
            var part = text.Value[at..border];
            foreach (var id in Ids(part, at == start ? before : "", border == end ? after : null))
                Add(id, IsAnswer(at, answers) ? 1 : 0, at);
            at = border;
        }
    }

    /// <summary>
    /// The tokens of a part as they are within the whole: beside its special tokens, which may take blanks along, and without a dummy blank
    /// where other text went before.
    /// </summary>
    int[] Ids(string part, string? before, string? after)
    {
        if (before?.Length == 0 || _finder.IsIn(part)) return tokenizer.EncodeSegment(part, continuation: before is not null);
        var ids = tokenizer.Encode(before + part + after, addSpecialTokens: false);
        return ids[(before is null ? 0 : 1)..(after is null ? ids.Length : ids.Length - 1)];
    }

    static bool IsAnswer(int at, IReadOnlyList<(int Message, int Start, int End)> answers)
    {
        foreach (var (_, start, end) in answers)
            if (at >= start && at < end) return true;
        return false;
    }

    void Add(int id, double weight, int start)
    {
        _starts.Add((start, _ids.Count));
        _ids.Add(id);
        _weights.Add((float)weight);
    }

    List<TurnSpan> Turns(IReadOnlyList<(int Message, int Start, int End)> answers, IReadOnlyList<Role> roles)
    {
        var extents = AnswerSpans.Extents(text);
        foreach (var (message, start, end) in answers) extents[message] = (start, end);
        List<TurnSpan> turns = [];
        for (var k = 0; k < roles.Count; k++)
        {
            if (!extents.TryGetValue(k, out var extent)) continue;
            int TokenAt(int character) => _starts.FindIndex(token => token.Start >= character) is var found and >= 0 ? found : _ids.Count;
            turns.Add(new TurnSpan(roles[k], TokenAt(extent.Start), TokenAt(extent.End)));
        }
        return turns;
    }
}
