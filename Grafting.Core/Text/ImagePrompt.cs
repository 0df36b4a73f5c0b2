namespace Grafting.Core.Text;

/// <summary>
/// A sentence that leads from a picture to the question about it (arXiv 2505.22664 for Llama): <c>PROMPT PICTURE, question</c>, the
/// question beginning in lower case. <see cref="ChatTemplate.Encode"/> puts it into the first turn with a picture when that turn has one.
/// </summary>
public static class ImagePrompt
{
    const int Longest = 1000;

    /// <exception cref="GraftException">Usage, when it could not stand before a picture: empty, padded, too long, on several lines, or with
    /// a picture of its own.</exception>
    public static void Check(string? prompt)
    {
        if (string.IsNullOrWhiteSpace(prompt))
            throw Fault.Usage("an image prompt is empty.", "Write what leads to the question, or take it out.");
        if (prompt != prompt.Trim() || prompt.Length > Longest || prompt.Any(char.IsControl)
            || prompt.Contains(Turn.ImageMark, StringComparison.Ordinal))
        {
            throw Fault.Usage(
                $"the image prompt {Printable.Quote(prompt)} cannot stand before a picture.",
                $"Expected is one line of up to {Longest} characters, without blanks around it and without {Turn.ImageMark}: the picture "
                    + "follows it.");
        }
    }
}
