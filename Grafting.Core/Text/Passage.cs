namespace Grafting.Core.Text;

/// <summary>A text that a language model reads from its first token to its last.</summary>
/// <param name="Id">Names it in reports.</param>
/// <param name="Ids">At least two tokens, so that one is predicted.</param>
/// <param name="Answers">In a conversation, whether each token belongs to an answer or ends one; null for other texts.</param>
public sealed record Passage(string Id, int[] Ids, bool[]? Answers = null);
