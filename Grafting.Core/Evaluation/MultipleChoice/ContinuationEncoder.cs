using Grafting.Core.Text;

namespace Grafting.Core.Evaluation.MultipleChoice;

/// <summary>A sequence of tokens whose last ones are judged.</summary>
/// <param name="Ids">At least one token before those judged, and at most one more than the model has positions.</param>
/// <param name="Judged">How many of them, from the end.</param>
/// <param name="Place">Of the question, for messages.</param>
public sealed record LikelihoodRequest(int[] Ids, int Judged, string Place)
{
    /// <summary>What the model reads: all but the last token.</summary>
    public ReadOnlySpan<int> Input => Ids.AsSpan(0, Ids.Length - 1);
}

/// <summary>
/// Turns a context and its continuation into tokens as lm-evaluation-harness does: both are encoded as one text, and the context's share
/// is the number of tokens that it has alone. Blanks at the end of the context go to the continuation first, since tokens begin with
/// blanks and do not end with them.
/// </summary>
/// <remarks>
/// A context without any other character than blanks counts as empty: the token that begins a text stands in its place (or the one that
/// ends it, where the tokenizer names no other), unless the continuation brings it along. What is longer than the model's positions loses
/// tokens at its beginning. The harness up to 0.4.9.1 adds no begin token unless asked to; later versions (pull request 3347) leave it to
/// the tokenizer, so that they add it for Llama and not for GPT-2. For one thread at a time.
/// </remarks>
/// <param name="tokenizer">The model's.</param>
/// <param name="positions">Tokens that the model can read at once.</param>
/// <param name="vocabulary">Tokens that the model knows.</param>
/// <param name="beginToken">Puts the token that begins a text before each context that does not have it already.</param>
public sealed class ContinuationEncoder(Tokenizer tokenizer, int positions, int vocabulary, bool beginToken = false)
{
    // The choices of a question mostly share their context, which is long where examples stand before it.
    (string Text, int Tokens) _last = ("", 0);

    /// <param name="place">Of the question, for messages.</param>
    /// <exception cref="GraftException">
    /// Input: the continuation has no token of its own, or more than the model can read; or the tokenizer is not the model's.
    /// </exception>
    public LikelihoodRequest Encode(string context, string continuation, string place)
    {
        var end = PythonText.StripEnd(context);
        var ids = Encode(context + continuation);
        int before;
        if (end > 0)
        {
            before = Tokens(context[..end]);
        }
        else
        {
            if (!(ids.Length > 0 && ids[0] == Opening)) ids = [Opening, .. ids];
            before = 1;
        }
        var judged = ids.Length - before;
        if (judged < 1)
        {
            throw Fault.Input(
                $"{place}: the choice {Printable.Quote(continuation)} has no token of its own.", "Every choice needs some text.");
        }
        if (judged > positions) throw Fault.Input($"{place}: a choice has {judged} tokens, and the model reads at most {positions}.");
        if (ids.FirstOrDefault(id => id >= vocabulary, -1) is >= 0 and var unknown)
            throw Fault.Input(
                $"the tokenizer has a token {unknown}, and the model knows {vocabulary}.", "Tokenizer and weights must be of one model.");
        return new LikelihoodRequest(ids[Math.Max(0, ids.Length - positions - 1)..], judged, place);
    }

    int Opening => tokenizer.BeginId ?? tokenizer.EndId
        ?? throw Fault.Input(
            "the tokenizer names neither a token that begins a text nor one that ends it.", "tokenizer_config.json names them.");

    int Tokens(string context)
    {
        if (_last.Text != context) _last = (context, Encode(context).Length);
        return _last.Tokens;
    }

    int[] Encode(string text)
    {
        var ids = tokenizer.Encode(text, addSpecialTokens: false);
        if (!beginToken) return ids;
        var begin = tokenizer.BeginId
            ?? throw Fault.Input("the tokenizer names no token that begins a text.", "Leave out the begin token.");
        return ids.Length > 0 && ids[0] == begin ? ids : [begin, .. ids];
    }
}
