namespace Grafting.Core.Text;

/// <summary>Cuts a normalised text into the pieces that are encoded one by one.</summary>
internal abstract class PreTokenizer
{
    public abstract void Split(string text, Place place, List<string> pieces);

    public static PreTokenizer? Read(JsonAt? json) => json is { } given ? Read(given) : null;

    static PreTokenizer Read(JsonAt json)
    {
        switch (json["type"].Text())
        {
            case "Sequence":
                return new Chain([.. json["pretokenizers"].Items().Select(Read)]);
            case "ByteLevel":
                return new ByteLevel(json.Bool("add_prefix_space", true), json.Bool("use_regex", true) ? SplitScanner.Gpt2 : null);
            case "Split":
                return new Pattern(ReadScanner(json));
            case "Metaspace":
                return new Metaspace(MetaspaceRule.Read(json), json.Bool("split", true));
            default:
                throw json.Unknown("pre-tokenizer");
        }
    }

    static SplitScanner ReadScanner(JsonAt json)
    {
        if (json["behavior"].Text() != "Isolated" || json.Bool("invert", false)) throw json.Unknown("pre-tokenizer");
        var pattern = json["pattern"];
        var expression = pattern.Find("Regex")?.Text();
        return (expression is null ? null : SplitScanner.For(expression)) ?? throw pattern.Unknown("split pattern");
    }

    sealed class Chain(PreTokenizer[] parts) : PreTokenizer
    {
        public override void Split(string text, Place place, List<string> pieces)
        {
            List<string> current = [text];
            foreach (var part in parts)
            {
                List<string> next = new(current.Count);
                var atStart = place.AtStart;
                foreach (var piece in current)
                {
                    part.Split(piece, place with { AtStart = atStart }, next);
                    atStart = false;
                }
                current = next;
            }
            pieces.AddRange(current);
        }
    }

    sealed class Pattern(SplitScanner scanner) : PreTokenizer
    {
        public override void Split(string text, Place place, List<string> pieces) => scanner.Split(text, pieces);
    }

    sealed class ByteLevel(bool addPrefixSpace, SplitScanner? scanner) : PreTokenizer
    {
        public override void Split(string text, Place place, List<string> pieces)
        {
            if (addPrefixSpace && !place.Continuation && !text.StartsWith(' ')) text = " " + text;
            if (scanner is null)
            {
                pieces.Add(ByteAlphabet.Spell(text));
                return;
            }
            for (int start = 0, end; start < text.Length; start = end)
            {
                end = scanner.Next(text, start);
                pieces.Add(ByteAlphabet.Spell(text.AsSpan(start, end - start)));
            }
        }
    }

    sealed class Metaspace(MetaspaceRule rule, bool split) : PreTokenizer
    {
        public override void Split(string text, Place place, List<string> pieces)
        {
            text = text.Replace(' ', rule.Mark);
            var wanted = rule.Prefix == MetaspacePrefix.Always || (rule.Prefix == MetaspacePrefix.First && place.AtStart);
            if (wanted && !place.Continuation && !text.StartsWith(rule.Mark)) text = rule.Mark + text;
            if (!split)
            {
                pieces.Add(text);
                return;
            }
            // Each mark opens a new piece.
            for (int start = 0, end; start < text.Length; start = end)
            {
                var mark = text.IndexOf(rule.Mark, start + 1);
                end = mark < 0 ? text.Length : mark;
                pieces.Add(text[start..end]);
            }
        }
    }
}

internal enum MetaspacePrefix { Never, First, Always }

/// <summary>SentencePiece's visible space, and where a dummy one is put in front.</summary>
internal sealed record MetaspaceRule(char Mark, MetaspacePrefix Prefix)
{
    public static MetaspaceRule Read(JsonAt json)
    {
        var mark = json.Find("replacement")?.Text() ?? "▁";
        if (mark.Length != 1) throw json.Unknown("replacement");
        // Files of before 2024 say add_prefix_space instead of prepend_scheme.
        var prefix = json.Find("prepend_scheme") is { } scheme
            ? scheme.Text() switch
            {
                "always" => MetaspacePrefix.Always,
                "first" => MetaspacePrefix.First,
                "never" => MetaspacePrefix.Never,
                _ => throw scheme.Unknown("prepend scheme"),
            }
            : json.Bool("add_prefix_space", true) ? MetaspacePrefix.Always : MetaspacePrefix.Never;
        return new MetaspaceRule(mark[0], prefix);
    }
}
