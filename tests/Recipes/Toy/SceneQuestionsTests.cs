using Grafting.Core.Numerics;
using Grafting.Recipes.Toy;

namespace Grafting.Tests.Recipes.Toy;

public class SceneQuestionsTests
{
    static IEnumerable<Scene> Scenes(int count)
    {
        var generator = new SceneGenerator(new DeterministicRandom(11));
        for (var i = 0; i < count; i++) yield return generator.Next(SceneSplit.Train);
    }

    static string[] Answers(QuestionType type)
    {
        var random = new DeterministicRandom(12);
        return [.. Scenes(2000).Select(scene => SceneQuestions.TryAsk(random, scene, type)?.Answer).OfType<string>()];
    }

    [Test]
    public void Every_answer_follows_from_the_description([Values] QuestionType type)
    {
        foreach (var scene in Scenes(200))
        {
            var description = SceneWords.Describe(scene.Things);
            foreach (var question in SceneQuestions.All(scene, type))
                Assert.That(question.Answer, Is.EqualTo(SceneReader.Answer(description, question.Text)), $"{description} {question.Text}");
        }
    }

    [Test]
    public void A_question_has_one_answer_per_scene([Values] QuestionType type)
    {
        foreach (var scene in Scenes(200))
        {
            var answers = SceneQuestions.All(scene, type).Distinct().GroupBy(question => question.Text);
            Assert.That(answers.Select(group => group.Count()), Has.All.EqualTo(1));
        }
    }

    [Test]
    public void Yes_and_no_are_even([Values(QuestionType.Existence, QuestionType.Comparison)] QuestionType type)
    {
        var answers = Answers(type);
        Assert.That(answers.Count(answer => answer == "yes") / (double)answers.Length, Is.EqualTo(0.5).Within(0.04));
    }

    [Test]
    public void No_answer_is_much_more_frequent_than_the_others(
        [Values(QuestionType.Colour, QuestionType.Shape, QuestionType.Count)] QuestionType type)
    {
        var answers = Answers(type);
        Assert.That(answers.CountBy(answer => answer).Max(pair => pair.Value) / (double)answers.Length, Is.LessThan(0.42));
    }

    [Test]
    public void Several_questions_are_different_ones()
    {
        var random = new DeterministicRandom(14);
        foreach (var scene in Scenes(200)) Assert.That(SceneQuestions.Several(random, scene, 6), Is.Unique);
    }
}
