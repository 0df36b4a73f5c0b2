using System.Text.RegularExpressions;

namespace Grafting.Tests.Recipes.Toy;

/// <summary>Answers questions from a description's words alone: an independent check of what the generator says.</summary>
static partial class SceneReader
{
    static readonly string[] Numbers = ["zero", "one", "two", "three", "four"];

    [GeneratedRegex(@"\b[Aa] (red|blue|yellow|black)(square|circle|triangle)")]
    private static partial Regex Object();

    public static string Answer(string description, string question)
    {
        var things = Object().Matches(description).Select(match => (Colour: match.Groups[1].Value, Shape: match.Groups[2].Value)).ToArray();
        int Number(string name) => name.EndsWith(" things", StringComparison.Ordinal)
            ? things.Count(thing => thing.Colour == name.Split(' ')[0])
            : things.Count(thing => thing.Shape + "s" == name);
        var words = question.TrimEnd('?').Split(' ');
        switch (words[0], words[1])
        {
            case ("Is", "there"):
                return things.Any(thing => thing.Colour + thing.Shape == words[3]) ? "yes" : "no";
            case ("What", "colour"):
                return things.Single(thing => thing.Shape == words[^1]).Colour;
            case ("What", "shape"):
                return things.Single(thing => thing.Colour == words[4]).Shape;
            case ("How", "many"):
                return Numbers[Number(string.Join(' ', words[2..^2]))];
            case ("Are", "there"):
                var than = Array.IndexOf(words, "than");
                return Number(string.Join(' ', words[3..than])) > Number(string.Join(' ', words[(than + 1)..])) ? "yes" : "no";
            default:
                throw new ArgumentException(question);
        }
    }
}
