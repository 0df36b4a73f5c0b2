using Grafting.Core;
using Grafting.Core.Data;
using Grafting.Core.Evaluation;
using Grafting.Core.Imaging;
using Grafting.Core.Text;
using Grafting.Tests.Data;
using Grafting.Tests.Support;

namespace Grafting.Tests.Evaluation;

public class QuestionTests
{
    static Question About(string id, params string[] images) =>
        new(id, [new(Role.User, "?")], "yes", "all", images, images.FirstOrDefault() ?? id, null);

    [Test]
    public void A_question_shows_the_pictures_that_stand_in_the_conversation_up_to_it()
    {
        var sample = new Sample(
            "s", ["a", "b", "c"],
            [
                new(Role.User, "<image>1"), new(Role.Assistant, "x"), new(Role.User, "2"), new(Role.Assistant, "y"),
                new(Role.User, "<image><image>3"), new(Role.Assistant, "z"),
            ]);
        var questions = Question.From(sample).ToList();
        Assert.Multiple(() =>
        {
            Assert.That(questions.Select(q => string.Concat(q.Images)), Is.EqualTo(new[] { "a", "a", "abc" }));
            Assert.That(questions.Select(q => q.Picture), Has.All.EqualTo("a"));
        });
    }

    [Test]
    public void Copies_of_a_picture_are_one_picture()
    {
        using var folder = new TempFolder();
        folder.Write("copy.png", LlavaFiles.Picture);
        folder.Write("other.png", PngWriter.Encode(new RgbImage(1, 1, [1, 2, 3])));
        using var data = Dataset.Load(
            LlavaFiles.Write(
                folder, LlavaFiles.Sample("1"), LlavaFiles.Sample("2", "copy.png"), LlavaFiles.Sample("3", "other.png"),
                LlavaFiles.Sample("4", image: null)));
        var questions = Question.Of(data);
        Assert.Multiple(() =>
        {
            Assert.That(questions.Select(q => q.Picture), Is.EqualTo(new[] { folder["a.png"], folder["a.png"], folder["other.png"], "4" }));
            Assert.That(questions[1].Images, Is.EqualTo(new[] { folder["a.png"] }));
            Assert.That(
                Question.Blind(questions, 1).Take(3).Select(q => Path.GetFileName(q.Images.Single())),
                Is.EqualTo(new[] { "other.png", "other.png", "a.png" }));
        });
    }

    [Test]
    public void Blind_questions_show_none_of_their_own_pictures([Range(1, 8)] int seed)
    {
        Question[] questions =
            [
                About("1", "a", "b"), About("2", "c", "d"), About("3", "e", "a"), About("4", "f"), About("5", "b", "c"), About("text"),
                About("6", "g"), About("7", "h", "i"),
            ];
        var blind = Question.Blind(questions, (ulong)seed);
        foreach (var (question, other) in questions.Zip(blind))
        {
            Assert.That(other.Images, Has.Count.EqualTo(question.Images.Count));
            Assert.That(other.Images.Intersect(question.Images), Is.Empty, question.Id);
            Assert.That(other with { Images = question.Images }, Is.EqualTo(question));
        }
    }

    [Test]
    public void Every_picture_is_exchanged_for_the_next_in_one_ring_where_questions_have_one([Range(1, 5)] int seed)
    {
        string[] names = ["a", "b", "c", "d", "e"];
        var ring = Question.Blind(
            [.. names.Select(name => About(name, name))], (ulong)seed).ToDictionary(q => q.Id, q => q.Images.Single());
        var (seen, at) = (new HashSet<string>(), "a");
        while (seen.Add(at)) at = ring[at];
        Assert.That(seen, Has.Count.EqualTo(5));
    }

    [Test]
    public void Too_few_pictures_are_told_with_their_number() =>
        Assert.That(
            Assert.Throws<GraftException>(() => Question.Blind([About("1", "a", "b"), About("2", "c")], 1))!.Message,
            Does.Contain("needs 4 different pictures or more; the data have 3"));
}
