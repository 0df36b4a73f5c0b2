using System.Globalization;
using System.Text;

namespace Grafting.Core.Text;

/// <summary>Turns tokens back into text: each decoder rewrites the list of tokens, and what is left is joined.</summary>
internal abstract class TokenDecoder
{
    public abstract List<string> Apply(List<string> tokens);

    public static TokenDecoder? Read(JsonAt? json) => json is { } given ? Read(given) : null;

    static TokenDecoder Read(JsonAt json)
    {
        switch (json["type"].Text())
        {
            case "Sequence":
                return new Chain([.. json["decoders"].Items().Select(Read)]);
            case "ByteLevel":
                return new ByteLevel();
            case "ByteFallback":
                return new ByteFallback();
            case "Fuse":
                return new Fuse();
            case "Replace":
                return new Replace(ReplaceRule.Read(json));
            case "Strip":
                var content = json["content"].Text();
                if (content.Length != 1) throw json.Unknown("decoder");
                return new Strip(content[0], json["start"].Int(), json["stop"].Int());
            case "BPEDecoder":
                return new WordEnd(json.Find("suffix")?.Text() ?? "</w>");
            case "Metaspace":
                return new Metaspace(MetaspaceRule.Read(json));
            default:
                throw json.Unknown("decoder");
        }
    }

    internal sealed class Chain(TokenDecoder[] parts) : TokenDecoder
    {
        public override List<string> Apply(List<string> tokens) => parts.Aggregate(tokens, (done, part) => part.Apply(done));
    }

    internal sealed class ByteLevel : TokenDecoder
    {
        public override List<string> Apply(List<string> tokens)
        {
            List<byte> bytes = [];
            foreach (var token in tokens) ByteAlphabet.Read(token, bytes);
            return [Encoding.UTF8.GetString([.. bytes])];
        }
    }

    internal sealed class Fuse : TokenDecoder
    {
        public override List<string> Apply(List<string> tokens) => [string.Concat(tokens)];
    }

    internal sealed class Replace(ReplaceRule rule) : TokenDecoder
    {
        public override List<string> Apply(List<string> tokens) => tokens.ConvertAll(rule.Apply);
    }

    /// <summary>Joins runs of byte tokens; a run that is not UTF-8 gives one replacement character per byte.</summary>
    internal sealed class ByteFallback : TokenDecoder
    {
        static readonly UTF8Encoding strict = new(false, throwOnInvalidBytes: true);

        public override List<string> Apply(List<string> tokens)
        {
            List<string> output = new(tokens.Count);
            List<byte> run = [];
            foreach (var token in tokens)
            {
                if (TryReadByte(token, out var value))
                {
                    run.Add(value);
                    continue;
                }
                Flush(run, output);
                output.Add(token);
            }
            Flush(run, output);
            return output;
        }

        static bool TryReadByte(string token, out byte value)
        {
            value = 0;
            return token.Length == 6 && token.StartsWith("<0x", StringComparison.Ordinal) && token[5] == '>'
                && byte.TryParse(token.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
        }

        static void Flush(List<byte> run, List<string> output)
        {
            if (run.Count == 0) return;
            byte[] bytes = [.. run];
            run.Clear();
            output.Add(System.Text.Unicode.Utf8.IsValid(bytes) ? strict.GetString(bytes) : new string('\uFFFD', bytes.Length));
        }
    }

    /// <summary>Takes up to <paramref name="start"/> leading and <paramref name="stop"/> trailing marks off every token.</summary>
    internal sealed class Strip(char mark, int start, int stop) : TokenDecoder
    {
        public override List<string> Apply(List<string> tokens) => tokens.ConvertAll(token =>
        {
            var from = 0;
            while (from < start && from < token.Length && token[from] == mark) from++;
            var to = token.Length;
            while (token.Length - to < stop && to > from && token[to - 1] == mark) to--;
            return token[from..to];
        });
    }

    /// <summary>Makes a space of the mark at the end of a word, and nothing of that of the last one.</summary>
    internal sealed class WordEnd(string suffix) : TokenDecoder
    {
        public override List<string> Apply(List<string> tokens) =>
            [.. tokens.Select((token, i) => token.Replace(suffix, i == tokens.Count - 1 ? "" : " ", StringComparison.Ordinal))];
    }

    internal sealed class Metaspace(MetaspaceRule rule) : TokenDecoder
    {
        public override List<string> Apply(List<string> tokens) =>
        [
            .. tokens.Select((token, i) => i == 0 && rule.Prefix != MetaspacePrefix.Never
                ? token.Replace(rule.Mark.ToString(), "", StringComparison.Ordinal)
                : token.Replace(rule.Mark, ' ')),
        ];
    }
}
