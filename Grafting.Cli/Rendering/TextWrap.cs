using System.Text;

namespace Grafting.Cli.Rendering;

static class TextWrap
{
    /// <summary>
    /// Breaks at spaces so that no line is wider than <paramref name="width"/>; lines after the first start at the indent.
    /// </summary>
    public static string Wrap(string text, int width, int indent)
    {
        var room = Math.Max(20, width - indent);
        var result = new StringBuilder();
        var column = 0;
        foreach (var word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (column > 0 && column + 1 + word.Length > room)
            {
                result.Append('\n').Append(' ', indent);
                column = 0;
            }

            if (column > 0)
            {
                result.Append(' ');
                column++;
            }

            result.Append(word);
            column += word.Length;
        }

        return result.ToString();
    }
}
