using System.Text;
using Grafting.Core.Text.Unicode;

namespace Grafting.Core.Text;

/// <summary>Where a text stands: a continuation is glued to what was encoded before it and takes no dummy prefix.</summary>
internal readonly record struct Place(bool AtStart, bool Continuation);

/// <summary>Rewrites a text before it is split.</summary>
internal abstract class Normalizer
{
    public abstract AlignedText Apply(AlignedText text, Place place);

    public static Normalizer? Read(JsonAt? json) => json is { } given ? Read(given) : null;

    static Normalizer Read(JsonAt json)
    {
        switch (json["type"].Text())
        {
            case "Sequence":
                return new Chain([.. json["normalizers"].Items().Select(Read)]);
            case "Prepend":
                return new Prepend(json["prepend"].Text());
            case "Replace":
                return new Replace(ReplaceRule.Read(json));
            case "NFC":
                return new Form(NormalForm.C);
            case "NFD":
                return new Form(NormalForm.D);
            case "NFKC":
                return new Form(NormalForm.KC);
            case "NFKD":
                return new Form(NormalForm.KD);
            case "Lowercase":
                return new EachCharacter(Lower);
            case "StripAccents":
                return new EachCharacter(rune => UnicodeTable.IsMark(rune.Value) ? "" : null);
            case "Nmt":
                return new EachCharacter(Nmt);
            case "Strip":
                return new Strip(json.Bool("strip_left", true), json.Bool("strip_right", true));
            case "Precompiled":
                return new Precompiled(ReadMap(json["precompiled_charsmap"]));
            default:
                throw json.Unknown("normalizer");
        }
    }

    static CharacterMap ReadMap(JsonAt json)
    {
        var bytes = new byte[json.Text().Length];
        return Convert.TryFromBase64String(json.Text(), bytes, out var length) && CharacterMap.Read(bytes.AsSpan(0, length)) is { } map
            ? map : throw json.Wrong("is not the base64 of a table of characters.");
    }

    /// <summary>Full lower case without regard to context; only the dotted capital I has two characters in it.</summary>
    static string? Lower(Rune rune) => rune.Value == 0x130 ? "i\u0307" : Rune.ToLowerInvariant(rune) is var lower && lower != rune
        ? lower.ToString() : null;

    /// <summary>What the Neural Machine Translation rules of SentencePiece do to control characters and rare spaces.</summary>
    static string? Nmt(Rune rune) => rune.Value switch
    {
        >= 0x01 and <= 0x08 or 0x0B or >= 0x0E and <= 0x1F or 0x7F or 0x8F or 0x9F => "",
        0x09 or 0x0A or 0x0C or 0x0D or 0x1680 or >= 0x200B and <= 0x200F or 0x2028 or 0x2029 or 0x2581 or 0xFEFF or 0xFFFD => " ",
        _ => null,
    };

    internal sealed class Chain(Normalizer[] parts) : Normalizer
    {
        public override AlignedText Apply(AlignedText text, Place place) => parts.Aggregate(text, (done, part) => part.Apply(done, place));
    }

    internal sealed class Prepend(string prefix) : Normalizer
    {
        public override AlignedText Apply(AlignedText text, Place place)
        {
            if (text.Length == 0 || place.Continuation) return text;
            if (!text.IsTracked) return new AlignedText(prefix + text.Text, null);
            var output = new AlignedBuilder(text);
            output.Replace(prefix, 0, 0);
            output.Copy(0, text.Length);
            return output.Done();
        }
    }

    internal sealed class Form(NormalForm form) : Normalizer
    {
        public override AlignedText Apply(AlignedText text, Place place) => form.Apply(text);
    }

    internal sealed class Replace(ReplaceRule rule) : Normalizer
    {
        public override AlignedText Apply(AlignedText text, Place place) => rule.Apply(text);
    }

    internal sealed class Precompiled(CharacterMap map) : Normalizer
    {
        public override AlignedText Apply(AlignedText text, Place place) => map.Apply(text);
    }

    /// <summary>Puts a text in place of a character, or leaves it where there is none.</summary>
    sealed class EachCharacter(Func<Rune, string?> rule) : Normalizer
    {
        public override AlignedText Apply(AlignedText text, Place place)
        {
            var output = new AlignedBuilder(text);
            for (int at = 0, next; at < text.Length; at = next)
            {
                Rune.DecodeFromUtf16(text.Text.AsSpan(at), out var rune, out var length);
                next = at + length;
                if (rule(rune) is { } other) output.Replace(other, at, next);
                else output.Copy(at, next);
            }
            return output.Done();
        }
    }

    internal sealed class Strip(bool left, bool right) : Normalizer
    {
        public override AlignedText Apply(AlignedText text, Place place)
        {
            var (start, end) = (0, text.Length);
            while (left && start < end && char.IsWhiteSpace(text.Text[start])) start++;
            while (right && end > start && char.IsWhiteSpace(text.Text[end - 1])) end--;
            return text.Slice(start, end);
        }
    }
}

/// <summary>Puts a text in place of every match of a pattern.</summary>
internal sealed record ReplaceRule(TextPattern Old, string New)
{
    public static ReplaceRule Read(JsonAt json) => new(TextPattern.Read(json["pattern"]), json["content"].Text());

    public string Apply(string text) => Apply(new AlignedText(text, null)).Text;

    public AlignedText Apply(AlignedText text)
    {
        if (!text.IsTracked && Old is TextPattern.Literal literal)
            return new AlignedText(text.Text.Replace(literal.Wanted, New, StringComparison.Ordinal), null);
        var output = new AlignedBuilder(text);
        foreach (var (start, end, isMatch) in Old.Cut(text.Text))
        {
            if (isMatch) output.Replace(New, start, end);
            else output.Copy(start, end);
        }
        return output.Done();
    }
}
