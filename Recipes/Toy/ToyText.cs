using Grafting.Core.Numerics;
using Grafting.Core.Text;

namespace Grafting.Recipes.Toy;

/// <summary>Conversations about scenes. The scene stands in the first turn, as a description or as a picture.</summary>
public static class ToyText
{
    /// <summary>A conversation in which a description stands for the picture.</summary>
    public static IReadOnlyList<Turn> WithDescription(Scene scene, IEnumerable<Question> questions) =>
        Conversation(SceneWords.Describe(scene.Things), questions);

    /// <summary>A conversation with the mark where the picture goes.</summary>
    public static IReadOnlyList<Turn> WithPicture(IEnumerable<Question> questions) => Conversation(Turn.ImageMark, questions);

    /// <summary>Text for pre-training a target: the n-th of endlessly many training scenes in words, with several questions.</summary>
    /// <param name="most">How many things the scene may have at most.</param>
    public static IReadOnlyList<Turn> At(ulong seed, long n, int questions, int most = SceneGenerator.MostThings)
    {
        var random = new DeterministicRandom(seed, (ulong)n);
        var things = most < SceneGenerator.MostThings ? random.NextInt(1, most) : (int?)null;
        var scene = new SceneGenerator(random).Next(SceneSplit.Train, things);
        return WithDescription(scene, SceneQuestions.Several(random, scene, questions, SceneQuestions.Practice));
    }

    static List<Turn> Conversation(string picture, IEnumerable<Question> questions)
    {
        var turns = new List<Turn>();
        foreach (var question in questions)
        {
            turns.Add(new Turn(Role.User, turns.Count == 0 ? $"{picture}\n{question.Text}" : question.Text));
            turns.Add(new Turn(Role.Assistant, question.Answer));
        }
        return turns;
    }
}
