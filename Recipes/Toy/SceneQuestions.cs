using Grafting.Core;
using Grafting.Core.Numerics;

namespace Grafting.Recipes.Toy;

/// <summary>What a question asks for. The names, in lower case, are the types of an evaluation.</summary>
public enum QuestionType
{
    Existence,
    Colour,
    Shape,
    Count,
    Comparison,
}

/// <summary>A question about a scene with its only right answer.</summary>
public sealed record Question(QuestionType Type, string Text, string Answer);

/// <summary>
/// Asks about scenes. Among the answers that a scene allows, each is equally likely, so that knowing the question but not the scene
/// helps little: yes and no are even, and numbers as even as the scenes permit.
/// </summary>
public static class SceneQuestions
{
    // Without these, whether a colour and a shape occur at all would answer most questions after existence.
    const double NearMissChance = 0.7;

    static readonly Colour[] Colours = Enum.GetValues<Colour>();
    static readonly Shape[] Shapes = Enum.GetValues<Shape>();
    static readonly QuestionType[] Types = Enum.GetValues<QuestionType>();

    /// <summary>Types as often as they are wanted for learning: which colour belongs to which shape is what takes longest.</summary>
    public static IReadOnlyList<QuestionType> Practice { get; } =
    [
        QuestionType.Existence, QuestionType.Colour, QuestionType.Colour, QuestionType.Shape, QuestionType.Shape,
        QuestionType.Count, QuestionType.Comparison,
    ];

    /// <summary>A question of a random type among those that the scene allows.</summary>
    /// <param name="types">Types to pick from, each as often as it is listed.</param>
    static Question Ask(DeterministicRandom random, Scene scene, IReadOnlyList<QuestionType> types)
    {
        while (true)
        {
            if (TryAsk(random, scene, random.Pick(types)) is { } question) return question;
        }
    }

    /// <summary>Questions one after the other, all different.</summary>
    /// <param name="types">Types to pick from, each as often as it is listed; null for all alike.</param>
    public static IReadOnlyList<Question> Several(
        DeterministicRandom random, Scene scene, int count, IReadOnlyList<QuestionType>? types = null)
    {
        var asked = new List<Question>(count);
        // Even the poorest scene, of one thing, allows dozens of questions; the limit is only there to fail rather than to hang.
        for (var attempts = 0; asked.Count < count; attempts++)
        {
            Fault.IfOutside(attempts, 0, 100 * count);
            var question = Ask(random, scene, types ?? Types);
            if (!asked.Contains(question)) asked.Add(question);
        }
        return asked;
    }

    /// <summary>A question of the given type, or null where the scene allows none (no shape that occurs once, say).</summary>
    public static Question? TryAsk(DeterministicRandom random, Scene scene, QuestionType type)
    {
        var byAnswer = Candidates(scene, type).GroupBy(candidate => candidate.Answer).ToArray();
        // A scene that only allows yes would make that answer the more frequent one.
        var isYesNo = type is QuestionType.Existence or QuestionType.Comparison;
        if (byAnswer.Length == 0 || (isYesNo && byAnswer.Length == 1)) return null;

        var candidates = random.Pick(byAnswer).ToArray();
        var nearMisses = Array.FindAll(candidates, candidate => candidate.NearMiss);
        if (nearMisses.Length > 0 && random.Chance(NearMissChance)) candidates = nearMisses;
        var (text, answer, _) = random.Pick(candidates);
        return new Question(type, text, answer);
    }

    /// <summary>Every question of a type that has exactly one right answer for the scene.</summary>
    public static IEnumerable<Question> All(Scene scene, QuestionType type) =>
        Candidates(scene, type).Select(candidate => new Question(type, candidate.Text, candidate.Answer));

    /// <param name="NearMiss">The scene has the parts of what is asked for, but not together: only binding them gives the answer.</param>
    readonly record struct Candidate(string Text, string Answer, bool NearMiss = false);

    static IEnumerable<Candidate> Candidates(Scene scene, QuestionType type) => type switch
    {
        QuestionType.Existence => Existence(scene),
        QuestionType.Colour => ColourOfShape(scene),
        QuestionType.Shape => ShapeOfColour(scene),
        QuestionType.Count => Count(scene),
        QuestionType.Comparison => Comparison(scene),
        _ => Fault.Unreachable<IEnumerable<Candidate>>(type),
    };

    static string YesNo(bool value) => value ? "yes" : "no";

    static IEnumerable<Candidate> Existence(Scene scene) =>
        from colour in Colours
        from shape in Shapes
        let number = scene.Count(colour, shape)
        select new Candidate(
            $"Is there a {SceneWords.Of(colour, shape)}?",
            YesNo(number > 0),
            NearMiss: number == 0 && scene.Count(colour) > 0 && scene.Count(shape) > 0);

    static IEnumerable<Candidate> ColourOfShape(Scene scene) =>
        from thing in scene.Things
        where scene.Count(thing.Shape) == 1
        select new Candidate($"What colour is the {SceneWords.Of(thing.Shape)}?", SceneWords.Of(thing.Colour));

    static IEnumerable<Candidate> ShapeOfColour(Scene scene) =>
        from thing in scene.Things
        where scene.Count(thing.Colour) == 1
        select new Candidate($"What shape is the {SceneWords.Of(thing.Colour)} thing?", SceneWords.Of(thing.Shape));

    static IEnumerable<Candidate> Count(Scene scene) =>
        Countable(scene).SelectMany(group => group).Select(
            one => new Candidate($"How many {one.Name} are there?", SceneWords.Number(one.Number)));

    static IEnumerable<Candidate> Comparison(Scene scene) =>
        from kind in Countable(scene)
        from one in kind
        from other in kind
            // Nothing is more than nothing only by definition; such questions would be most of the noes.
        where one.Name != other.Name && one.Number + other.Number > 0
        select new Candidate($"Are there more {one.Name} than {other.Name}?", YesNo(one.Number > other.Number));

    /// <summary>What can be counted, in groups whose members can be compared: shapes, and things of a colour.</summary>
    static IEnumerable<(string Name, int Number)[]> Countable(Scene scene) =>
    [
        [.. Shapes.Select(shape => (SceneWords.Plural(shape), scene.Count(shape)))],
        [.. Colours.Select(colour => ($"{SceneWords.Of(colour)} things", scene.Count(colour)))],
    ];
}
