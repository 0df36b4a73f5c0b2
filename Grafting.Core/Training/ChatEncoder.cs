using Grafting.Core.Imaging;
using Grafting.Core.Models;
using Grafting.Core.Text;

namespace Grafting.Core.Training;

/// <summary>Turns conversations into tokens and weights that fit the decoder.</summary>
/// <param name="tokenizer">The decoder's.</param>
/// <param name="template">How turns are written.</param>
/// <param name="policy">Which tokens are supervised.</param>
/// <param name="imageTokens">Positions of pictures.</param>
/// <param name="maxLength">Longest conversation in positions.</param>
public sealed class ChatEncoder(Tokenizer tokenizer, ChatTemplate template, LabelPolicy policy, PicturePositions imageTokens, int maxLength)
{
    const string Remedy = "Raise data.maxLength in the recipe, or shorten the sample.";

    /// <summary>Whether the length of a conversation is known only when its pictures are: where these are cut into tiles.</summary>
    public bool DependsOnPictures => imageTokens.DependOnShape;

    /// <summary>
    /// A conversation that is too long loses its end. A picture is never cut: one that does not fit as a whole goes, and all behind it.
    /// </summary>
    /// <param name="imagePrompt">See <see cref="ImagePrompt"/>; null: a picture stands before its question.</param>
    /// <param name="layouts">How the pictures are cut; null where <see cref="DependsOnPictures"/> is false.</param>
    /// <exception cref="GraftException">
    /// Input, naming the sample, when its first picture does not fit or no supervised token is left.
    /// </exception>
    public EncodedChat Encode(
        string id, IReadOnlyList<Turn> turns, string? imagePrompt = null, IReadOnlyList<PictureLayout>? layouts = null)
    {
        var chat = template.Encode(tokenizer, turns, policy, imagePrompt: imagePrompt);
        var whole = PackedBatch.LengthOf(chat, imageTokens, layouts);
        if (whole > maxLength) chat = Cut(id, chat, whole, layouts);
        if (!chat.Weights.Any(w => w > 0))
        {
            throw Fault.Input(
                $"sample {Printable.Quote(id)}: it takes {whole} positions, at most {maxLength} are read, and no token of an answer is "
                    + "among these.", Remedy);
        }
        return chat;
    }

    EncodedChat Cut(string id, EncodedChat chat, int whole, IReadOnlyList<PictureLayout>? layouts)
    {
        var (length, kept, picture) = (0, 0, 0);
        foreach (var token in chat.Ids)
        {
            length += token == EncodedChat.ImageSlot ? imageTokens.Of(layouts, picture++) : 1;
            if (length > maxLength) break;
            kept++;
        }
        if (chat.Pictures > 0 && !chat.Ids.AsSpan(0, kept).Contains(EncodedChat.ImageSlot))
        {
            throw Fault.Input(
                $"sample {Printable.Quote(id)}: its first picture, {imageTokens.Of(layouts, 0)} positions, does not fit: "
                + $"the sample takes {whole} positions, and at most {maxLength} are read.",
                Remedy);
        }
        return new EncodedChat(chat.Ids[..kept], chat.Weights[..kept])
        {
            Turns = [.. from turn in chat.Turns where turn.Start < kept select turn with { End = Math.Min(turn.End, kept) }],
        };
    }
}
