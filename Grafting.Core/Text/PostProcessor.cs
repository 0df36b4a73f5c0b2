namespace Grafting.Core.Text;

/// <summary>The special tokens put around a text on request.</summary>
internal sealed record PostProcessor(int[] Before, int[] After)
{
    public static PostProcessor None { get; } = new([], []);

    public static PostProcessor Read(JsonAt? json) => json is { } given ? Read(given) : None;

    static PostProcessor Read(JsonAt json)
    {
        switch (json["type"].Text())
        {
            case "ByteLevel":
                return None; // Only moves the spans off the spaces; spans here keep them.
            case "Sequence":
                return json["processors"].Items().Select(Read).Aggregate(None, (inner, outer) =>
                    new PostProcessor([.. outer.Before, .. inner.Before], [.. inner.After, .. outer.After]));
            case "TemplateProcessing":
                return ReadTemplate(json);
            case "BertProcessing" or "RobertaProcessing":
                return new PostProcessor([IdOf(json["cls"])], [IdOf(json["sep"])]);
            default:
                throw json.Unknown("post-processor");
        }
    }

    /// <summary>The id in a pair of token and id.</summary>
    static int IdOf(JsonAt json) => json.Items().ToArray() is [_, var id] ? id.Int() : throw json.Wrong("must be a token and its id.");

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
