namespace Grafting.Core.Text;

/// <summary>Where a text stands: a continuation is glued to what was encoded before it and takes no dummy prefix.</summary>
internal readonly record struct Place(bool AtStart, bool Continuation);

/// <summary>Rewrites a text before it is split.</summary>
internal abstract class Normalizer
{
    public abstract string Apply(string text, Place place);

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
                return new Replace(ReplaceRule.Read(json, "normalizer"));
            case "NFC":
                return new FormC();
            default:
                throw json.Unknown("normalizer");
        }
    }

    sealed class Chain(Normalizer[] parts) : Normalizer
    {
        public override string Apply(string text, Place place) => parts.Aggregate(text, (done, part) => part.Apply(done, place));
    }

    sealed class Prepend(string prefix) : Normalizer
    {
        public override string Apply(string text, Place place) => text.Length == 0 || place.Continuation ? text : prefix + text;
    }

    sealed class FormC : Normalizer
    {
        public override string Apply(string text, Place place) => Unicode.CanonicalComposition.Apply(text);
    }

    sealed class Replace(ReplaceRule rule) : Normalizer
    {
        public override string Apply(string text, Place place) => rule.Apply(text);
    }
}

/// <summary>Replacement of a literal text; the regular-expression form is not in use by the families supported.</summary>
internal sealed record ReplaceRule(string Old, string New)
{
    public static ReplaceRule Read(JsonAt json, string kind)
    {
        var old = json["pattern"].Find("String")?.Text();
        return string.IsNullOrEmpty(old) ? throw json.Unknown(kind) : new ReplaceRule(old, json["content"].Text());
    }

    public string Apply(string text) => text.Replace(Old, New, StringComparison.Ordinal);
}
