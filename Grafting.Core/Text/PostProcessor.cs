namespace Grafting.Core.Text;

/// <summary>The special tokens put around a text on request.</summary>
internal sealed record PostProcessor(int[] Before, int[] After)
{
    static readonly PostProcessor none = new([], []);

    public static PostProcessor Read(JsonAt? json) => json is { } given ? Read(given) : none;

    static PostProcessor Read(JsonAt json)
    {
        switch (json["type"].Text())
        {
            case "ByteLevel":
                return none; // Only moves offsets, which are not kept here.
            case "Sequence":
                return json["processors"].Items().Select(Read).Aggregate(none, (inner, outer) =>
                    new PostProcessor([.. outer.Before, .. inner.Before], [.. inner.After, .. outer.After]));
            case "TemplateProcessing":
                return ReadTemplate(json);
            default:
                throw json.Unknown("post-processor");
        }
    }

    static PostProcessor ReadTemplate(JsonAt json)
    {
        List<int> before = [], after = [];
        var seen = false;
        foreach (var part in json["single"].Items())
        {
            if (part.Find("Sequence") is not null)
            {
                if (seen) throw part.Unknown("template");
                seen = true;
                continue;
            }
            var name = part["SpecialToken"]["id"].Text();
            (seen ? after : before).AddRange(json["special_tokens"][name]["ids"].Items().Select(id => id.Int()));
        }
        return seen ? new PostProcessor([.. before], [.. after]) : throw json["single"].Unknown("template");
    }
}
