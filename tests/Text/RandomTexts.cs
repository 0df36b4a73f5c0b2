using System.Text;

namespace Grafting.Tests.Text;

/// <summary>
/// Texts that a tokenizer may stumble over: white space of all kinds, marks, digits of other scripts, and letters outside the basic plane.
/// </summary>
static class RandomTexts
{
    static readonly string[] _words =
    [
        " the", "the", "'S", "'ſ", "I'll", "  ", "\n", "\r\n", "\t", "\u0085", "\u00A0", "12345", "٣٤", "½", "𝟎", "𠀀", "𝐀", "漢字", "한국어",
        "é",
        "e\u0301", "😀", "👨‍👩‍👧", "!!", "_", "<|eot_id|", "▁", "\0", "camelCase", "HTTP", " \u3000", "ﬁ", "\u1100\u1161\u11A8", "/",
        "\u0300",
    ];

    public static string Next(Random random)
    {
        var text = new StringBuilder();
        for (var left = random.Next(1, 16); left > 0; left--)
        {
            if (random.Next(3) > 0)
            {
                text.Append(_words[random.Next(_words.Length)]);
                continue;
            }
            int value;
            do value = random.Next(0x20000);
            while (!Rune.IsValid(value));
            text.Append(new Rune(value).ToString());
        }
        return text.ToString();
    }
}
