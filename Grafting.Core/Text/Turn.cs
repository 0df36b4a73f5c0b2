namespace Grafting.Core.Text;

public enum Role { System, User, Assistant }

/// <summary>One turn of a conversation.</summary>
/// <param name="Text">In a user's turn, <see cref="ImageMark"/> says that a picture belongs to it (at most one per conversation); the
/// picture always stands before the text, and the mark with its line break is taken out, as LLaVA does. In other turns the mark is text.</param>
public sealed record Turn(Role Role, string Text)
{
    public const string ImageMark = "<image>";
}

/// <summary>Which tokens carry a training loss; <see cref="ChatTemplate"/> says how each template reads it.</summary>
/// <param name="SpecialTokenWeight">0: the answers and their end tokens only. Above 0: the masks of stages 1 and 2 of the paper, in which
/// the templates' special tokens are labels too, with this weight; answers and their end tokens keep weight 1.</param>
public sealed record LabelPolicy(double SpecialTokenWeight = 0)
{
    /// <exception cref="GraftException">The weight is negative, above 1 or not a number.</exception>
    public void Validate() => Fault.IfOutside(SpecialTokenWeight, 0, 1);
}

/// <summary>A conversation as a model reads it.</summary>
/// <param name="Ids">Token ids; <see cref="ImageSlot"/> marks the place of the picture.</param>
/// <param name="Weights">Loss weight of predicting the token at the same index; 0 = not a label. The slot never is one.</param>
public sealed record EncodedChat(int[] Ids, float[] Weights)
{
    public const int ImageSlot = -1;
}
