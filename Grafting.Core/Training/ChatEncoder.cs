using Grafting.Core.Text;

namespace Grafting.Core.Training;

/// <summary>Turns conversations into tokens and weights that fit the decoder.</summary>
/// <param name="tokenizer">The decoder's.</param>
/// <param name="template">How turns are written.</param>
/// <param name="policy">Which tokens are supervised.</param>
/// <param name="imageTokens">Positions of a picture.</param>
/// <param name="maxLength">Longest conversation in positions.</param>
public sealed class ChatEncoder(Tokenizer tokenizer, ChatTemplate template, LabelPolicy policy, int imageTokens, int maxLength)
{
    /// <summary>A conversation that is too long loses its end; a picture is never cut.</summary>
    /// <exception cref="GraftException">Input, naming the sample, when its picture does not fit or no supervised token is left.</exception>
    public EncodedChat Encode(string id, IReadOnlyList<Turn> turns)
    {
        var chat = template.Encode(tokenizer, turns, policy);
        var (length, kept) = (0, 0);
        foreach (var token in chat.Ids)
        {
            var positions = token == EncodedChat.ImageSlot ? imageTokens : 1;
            if (length + positions > maxLength) break;
            length += positions;
            kept++;
        }
        if (kept < chat.Ids.Length) chat = new EncodedChat(chat.Ids[..kept], chat.Weights[..kept]);
        if (!chat.Weights.Any(w => w > 0))
        {
            throw Fault.Input(
                $"sample '{id}': nothing is left to learn from when it is cut to {maxLength} positions.",
                "Raise data.maxLength in the recipe, or shorten the sample.");
        }
        return chat;
    }
}
