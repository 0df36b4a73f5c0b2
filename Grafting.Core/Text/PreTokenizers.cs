namespace Grafting.Core.Text;

/// <summary>Cuts a normalised text into the pieces that are encoded one by one.</summary>
internal abstract class PreTokenizer
{
    public abstract void Split(AlignedText text, Place place, List<AlignedText> pieces);

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
                return new Pattern(TextPattern.Read(json["pattern"]), SplitRule.Read(json["behavior"], json.Bool("invert", false)));
            case "Metaspace":
                return new Metaspace(MetaspaceRule.Read(json), json.Bool("split", true));
            case "Digits":
                return new Pattern(numbers, json.Bool("individual_digits", false) ? SplitRule.Isolated : SplitRule.Contiguous);
            case "Punctuation":
                return new Pattern(
                    punctuation, json.Find("behavior") is { } behaviour ? SplitRule.Read(behaviour, false) : SplitRule.Isolated);
            case "Whitespace":
                return new Pattern(new TextPattern.Words(), new SplitRule(SplitBehaviour.Removed, true));
            case "WhitespaceSplit":
                return new Pattern(whiteSpace, SplitRule.Removed);
            case "CharDelimiterSplit":
                return new Pattern(new TextPattern.Literal(json["delimiter"].Text()), SplitRule.Removed);
            case "BertPreTokenizer":
                return new Chain([new Pattern(whiteSpace, SplitRule.Removed), new Pattern(punctuation, SplitRule.Isolated)]);
            default:
                throw json.Unknown("pre-tokenizer");
        }
    }

    /// <summary>The pieces of a splitting rule, spelled in the alphabet of bytes.</summary>
    public static PreTokenizer Bytes(TextPattern pattern) =>
        new Chain([new Pattern(pattern, SplitRule.Isolated), new ByteLevel(addPrefixSpace: false, scanner: null)]);

    static readonly TextPattern numbers = SplitExpression.Parse(@"\p{N}");
    static readonly TextPattern whiteSpace = SplitExpression.Parse(@"\s");

    /// <summary>Unicode's punctuation, and ASCII's symbols.</summary>
    static readonly TextPattern punctuation = SplitExpression.Parse(@"[\p{P}$+<=>\^`|~]");

    internal sealed class Chain(PreTokenizer[] parts) : PreTokenizer
    {
        public override void Split(AlignedText text, Place place, List<AlignedText> pieces)
        {
            List<AlignedText> current = [text];
            foreach (var part in parts)
            {
                List<AlignedText> next = new(current.Count);
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

    internal sealed class Pattern(TextPattern pattern, SplitRule rule) : PreTokenizer
    {
        public override void Split(AlignedText text, Place place, List<AlignedText> pieces)
        {
            if (pattern is SplitScanner scanner && rule == SplitRule.Isolated)
            {
                for (int start = 0, end; start < text.Length; start = end)
                {
                    end = scanner.Next(text.Text, start);
                    pieces.Add(text.Slice(start, end));
                }
                return;
            }
            foreach (var (start, end) in rule.Pieces(pattern.Cut(text.Text)))
                pieces.Add(text.Slice(start, end));
        }
    }

    internal sealed class ByteLevel(bool addPrefixSpace, SplitScanner? scanner) : PreTokenizer
    {
        public override void Split(AlignedText text, Place place, List<AlignedText> pieces)
        {
            if (addPrefixSpace && !place.Continuation && !text.Text.StartsWith(' '))
                text = new Normalizer.Prepend(" ").Apply(text, default);
            if (scanner is null)
            {
                pieces.Add(ByteAlphabet.Spell(text, 0, text.Length));
                return;
            }
            for (int start = 0, end; start < text.Length; start = end)
            {
                end = scanner.Next(text.Text, start);
                pieces.Add(ByteAlphabet.Spell(text, start, end));
            }
        }
    }

    internal sealed class Metaspace(MetaspaceRule rule, bool split) : PreTokenizer
    {
        readonly ReplaceRule spaces = new(new TextPattern.Literal(" "), rule.Mark.ToString());
        readonly Normalizer.Prepend prefix = new(rule.Mark.ToString());

        public override void Split(AlignedText text, Place place, List<AlignedText> pieces)
        {
            text = spaces.Apply(text);
            var wanted = rule.Prefix == MetaspacePrefix.Always || (rule.Prefix == MetaspacePrefix.First && place.AtStart);
            if (wanted && !text.Text.StartsWith(rule.Mark)) text = prefix.Apply(text, place);
            if (!split)
            {
                pieces.Add(text);
                return;
            }
            // Each mark opens a new piece.
            for (int start = 0, end; start < text.Length; start = end)
            {
                var mark = text.Text.IndexOf(rule.Mark, start + 1);
                end = mark < 0 ? text.Length : mark;
                pieces.Add(text.Slice(start, end));
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
