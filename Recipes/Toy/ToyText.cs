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

    /// <summary>Text for pre-training a target, without end: training scenes in words, each with several questions.</summary>
    /// <param name="schedule">How many things the n-th scene may have at most; null: as many as scenes have.</param>
    public static IEnumerable<IReadOnlyList<Turn>> Stream(ulong seed, int questions, Func<long, int>? schedule = null)
    {
        var random = new DeterministicRandom(seed);
        var scenes = new SceneGenerator(random);
        for (long n = 0; ; n++)
        {
            var most = schedule?.Invoke(n);
            var scene = scenes.Next(SceneSplit.Train, most is { } limit ? random.NextInt(1, limit) : null);
            yield return WithDescription(scene, SceneQuestions.Several(random, scene, questions));
        }
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
