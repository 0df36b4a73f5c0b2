using System.Text;
using Grafting.Core;
using Grafting.Core.Text;

namespace Grafting.Benchmarks;

/// <summary>Tokens per second on one core: English, text seen for the first time, and a megabyte without a space.</summary>
static class TokenizerBenchmark
{
    const int Turns = 7;
    const int Megabyte = 1 << 20;

    public static void Run(string folder, IReadOnlyList<string> files)
    {
        var tokenizer = Tokenizer.Load(folder);
        var json = Path.Combine(folder, "tokenizer.json");
        if (!File.Exists(json)) throw Fault.Input($"{json} does not exist.", "The baseline reads no other source.");
        var plain = new PlainBytePairs(json);
        var english = files.Count > 0 ? string.Concat(files.Select(File.ReadAllText)) : Words(Megabyte);
        Console.WriteLine(
            $"{folder}, {tokenizer.VocabularySize} tokens; "
                + $"{(files.Count > 0 ? string.Join(", ", files) : "invented English-like words")}, {english.Length} characters; "
                + $".NET {Environment.Version}");

        var count = tokenizer.Encode(english, addSpecialTokens: false).Length;
        if (!tokenizer.Encode(english, addSpecialTokens: false).SequenceEqual(plain.Encode(english)))
            Console.WriteLine("the two do not give the same ids (expected only outside the basic plane)");
        var (ours, theirs) = Stopwatches.Race(Turns, () => tokenizer.Encode(english), () => plain.Encode(english));
        Show("English, words known from before", count, ours, theirs);

        // A new tokenizer remembers no word yet; its file is read before the clock starts.
        var fresh = new Queue<Tokenizer>(Enumerable.Range(0, Turns + 1).Select(_ => Tokenizer.Load(folder)));
        (ours, theirs) = Stopwatches.Race(Turns, () => fresh.Dequeue().Encode(english), () => plain.Encode(english));
        Show("English, for the first time", count, ours, theirs);

        var letters = Letters(Megabyte);
        var whole = tokenizer.Encode(letters, addSpecialTokens: false).Length;
        var seconds = Stopwatches.Seconds(() => tokenizer.Encode(letters));
        var half = Stopwatches.Seconds(() => tokenizer.Encode(letters[..(Megabyte / 2)]));
        Console.WriteLine(
            $"{"a megabyte of letters without a space",-40} {whole / seconds / 1e6,8:0.00} M tokens/s, {seconds,7:0.000} s; "
                + $"half of it {half,7:0.000} s; the plain way is quadratic here and left out");
    }

    static void Show(string what, int tokens, double ours, double theirs) =>
        Console.WriteLine(
            $"{what,-40} {tokens / ours / 1e6,8:0.00} M tokens/s, {ours,7:0.000} s; the plain way {tokens / theirs / 1e6,6:0.00} M tokens/s; {theirs / ours:0.0} times as fast");

    /// <summary>
    /// Words of 2 to 9 letters out of syllables, some with capitals, numbers and punctuation between them; always the same.
    /// </summary>
    static string Words(int length)
    {
        string[] syllables =
        [
            "the", "an", "er", "ing", "re", "con", "ta", "mo", "li", "sub", "ed", "ion", "ly", "pre", "st", "ou", "wa", "ki",
        ];
        var random = new Random(1);
        var text = new StringBuilder(length + 32);
        while (text.Length < length)
        {
            var start = text.Length;
            for (var parts = random.Next(1, 4); parts > 0; parts--) text.Append(syllables[random.Next(syllables.Length)]);
            if (random.Next(9) == 0) text[start] = char.ToUpperInvariant(text[start]);
            text.Append(random.Next(12) switch { 0 => ", ", 1 => ". ", 2 => $" {random.Next(3000)} ", 3 => ".\n", _ => " " });
        }
        return text.ToString();
    }

    static string Letters(int length)
    {
        var random = new Random(2);
        return string.Create(length, random, static (text, random) =>
        {
            for (var i = 0; i < text.Length; i++) text[i] = (char)('a' + random.Next(26));
        });
    }
}
