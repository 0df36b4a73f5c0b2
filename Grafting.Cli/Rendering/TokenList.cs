using System.Globalization;
using Grafting.Core;
using Grafting.Core.Text;
using Spectre.Console;

namespace Grafting.Cli.Rendering;

/// <summary>Tokens one under the other; on a terminal also the text with its tokens in turning colours.</summary>
static class TokenList
{
    static readonly Style[] _turns =
    [
        new(Color.Black, Color.Aqua), new(Color.Black, Color.Lime), new(Color.Black, Color.Yellow), new(Color.Black, Color.Fuchsia),
    ];
    static readonly Style _special = new(Color.White, Color.Red);

    public static void Write(IAnsiConsole console, TokenizedText tokenized)
    {
        var colours = console.Profile.Capabilities.Ansi;
        if (colours) WriteText(console, tokenized);
        var lines = console.Profile.Out.Writer;
        var digits = Number(tokenized.Text.Length).Length;
        foreach (var (token, i) in tokenized.Tokens.Select((token, i) => (token, i)))
        {
            lines.Write($"{token.Id,8}  {Number(token.Start).PadLeft(digits)}-{Number(token.End).PadRight(digits)}  ");
            if (colours) console.Write(new Text(Printable.Quote(token.Token), StyleOf(token, i)));
            else lines.Write(Printable.Quote(token.Token));
            lines.WriteLine();
        }
        lines.WriteLine($"{tokenized.Tokens.Count} tokens, {tokenized.Text.Length} characters");
    }

    static void WriteText(IAnsiConsole console, TokenizedText tokenized)
    {
        var done = 0;
        foreach (var (token, i) in tokenized.Tokens.Select((token, i) => (token, i)))
        {
            // Tokens that share a character show it once, in the colour of the first.
            var start = Math.Max(done, token.Start);
            if (token.End <= start) continue;
            if (start > done) console.Write(new Text(Shown(tokenized.Text[done..start])));
            console.Write(new Text(Shown(tokenized.Text[start..token.End]), StyleOf(token, i)));
            done = token.End;
        }
        console.Profile.Out.Writer.WriteLine();
    }

    static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    static Style StyleOf(ShownToken token, int place) => token.Special ? _special : _turns[place % _turns.Length];

    /// <summary>Line breaks stay; whatever else could move the cursor is spelled out.</summary>
    static string Shown(string text) =>
        string.Join('\n', text.ReplaceLineEndings("\n").Split('\n').Select(line => Printable.Quote(line)[1..^1]));
}
