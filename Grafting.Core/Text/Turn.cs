namespace Grafting.Core.Text;

public enum Role { System, User, Assistant }

/// <summary>One turn of a conversation.</summary>
/// <param name="Text">In a user's turn, each <see cref="ImageMark"/> stands for a picture; <see cref="ChatTemplate"/> says where it is put.
/// In other turns the mark is text.</param>
public sealed record Turn(Role Role, string Text)
{
    public const string ImageMark = "<image>";

    /// <summary>How many pictures belong to the turn.</summary>
    public int Pictures => Role == Role.User ? Text.AsSpan().Count(ImageMark) : 0;

    /// <summary>The same conversation with words where its first picture is marked, and without its other marks.</summary>
    public static IReadOnlyList<Turn> InWords(IReadOnlyList<Turn> turns, string words)
    {
        var said = false;
        return [.. turns.Select(turn => turn.Pictures == 0 ? turn : turn with { Text = Reworded(turn.Text) })];

        string Reworded(string text)
        {
            var parts = text.Split(ImageMark);
            for (var i = 1; i < parts.Length; i++)
            {
                if (said) parts[i] = parts[i].StartsWith('\n') ? parts[i][1..] : parts[i];
                else parts[i] = words + parts[i];
                said = true;
            }
            return string.Concat(parts);
        }
    }
}

/// <summary>Which tokens carry a training loss; <see cref="ChatTemplate"/> says how each template reads it.</summary>
/// <param name="SpecialTokenWeight">0: the answers and their end tokens only. Above 0: the masks of stages 1 and 2 of the paper, in which
/// the templates' special tokens are labels too, with this weight; answers and their end tokens keep weight 1.</param>
/// <param name="LineBreak">Where the line break between an answer's header and its text is a token of its own that can be a label (Llama's
/// template): it is one of weight 1, as in stage 3 of the paper.</param>
public sealed record LabelPolicy(double SpecialTokenWeight = 0, bool LineBreak = false)
{
    /// <exception cref="GraftException">The weight is negative, above 1 or not a number.</exception>
    public void Validate() => Fault.IfOutside(SpecialTokenWeight, 0, 1);
}

/// <summary>Where a turn stands among the tokens of its conversation.</summary>
/// <param name="Start">Index of the first token behind its header: its picture or the first of its text.</param>
/// <param name="End">Index behind its end token.</param>
public readonly record struct TurnSpan(Role Role, int Start, int End);

/// <summary>A conversation as a model reads it.</summary>
/// <param name="Ids">Token ids; <see cref="ImageSlot"/> marks the place of a picture.</param>
/// <param name="Weights">Loss weight of predicting the token at the same index; 0 = not a label. A slot never is one, nor is the first
/// token, which nothing predicts.</param>
public sealed record EncodedChat(int[] Ids, float[] Weights)
{
    public const int ImageSlot = -1;

    /// <summary>Its turns in order; empty where it was not made from turns.</summary>
    public IReadOnlyList<TurnSpan> Turns { get; init; } = [];

    public int Pictures => Ids.AsSpan().Count(ImageSlot);
}
