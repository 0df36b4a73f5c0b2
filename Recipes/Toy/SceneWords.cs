namespace Grafting.Recipes.Toy;

/// <summary>How things and numbers are called. All spelling is here, so that pictures, texts and vocabulary agree.</summary>
public static class SceneWords
{
    static readonly string[] Numbers = ["zero", "one", "two", "three", "four"];

    /// <summary>Every word of colours, shapes, kinds and numbers.</summary>
    public static IEnumerable<string> All =>
    [
        .. Enum.GetValues<Colour>().Select(Of),
        .. Enum.GetValues<Shape>().Select(Of),
        .. Enum.GetValues<Shape>().Select(Plural),
        .. from colour in Enum.GetValues<Colour>() from shape in Enum.GetValues<Shape>() select Of(colour, shape),
        .. Numbers,
    ];

    public static string Of(Colour colour) => colour switch
    {
        Colour.Red => "red",
        Colour.Blue => "blue",
        Colour.Yellow => "yellow",
        _ => "black",
    };

    public static string Of(Shape shape) => shape switch
    {
        Shape.Square => "square",
        Shape.Circle => "circle",
        _ => "triangle",
    };

    public static string Of(QuestionType type) => type switch
    {
        QuestionType.Existence => "existence",
        QuestionType.Colour => "colour",
        QuestionType.Shape => "shape",
        QuestionType.Count => "count",
        _ => "comparison",
    };

    public static string Of(Thing thing) => Of(thing.Colour, thing.Shape);

    /// <summary>
    /// One word for each kind of thing. With two words, a target of this size would first have to grow a head that reads the word before
    /// another to know which colour belongs to which shape, which takes it tens of times longer to learn.
    /// </summary>
    public static string Of(Colour colour, Shape shape) => Of(colour) + Of(shape);

    public static string Plural(Shape shape) => Of(shape) + "s";

    public static string Number(int count) => Numbers[count];

    /// <summary>"A redcircle, a bluesquare.": the things in the scene's own order.</summary>
    public static string Describe(IEnumerable<Thing> things) => "A" + string.Join(", a", things.Select(thing => $" {Of(thing)}")) + ".";
}
