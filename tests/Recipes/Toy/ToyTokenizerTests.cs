using Grafting.Core.Numerics;
using Grafting.Core.Text;
using Grafting.Recipes.Toy;
using Grafting.Tests.Support;

namespace Grafting.Tests.Recipes.Toy;

public class ToyTokenizerTests
{
    TempFolder _folder = null!;
    Tokenizer _tokenizer = null!;

    [OneTimeSetUp]
    public void Write()
    {
        _folder = new TempFolder();
        ToyTokenizer.Write(_folder.Path);
        _tokenizer = Tokenizer.Load(_folder.Path);
    }

    [OneTimeTearDown]
    public void Delete() => _folder.Dispose();

    [Test]
    public void Every_word_of_descriptions_questions_and_answers_is_one_token()
    {
        var random = new DeterministicRandom(21);
        var scenes = new SceneGenerator(random);
        for (var n = 0; n < 300; n++)
        {
            var scene = scenes.Next(SceneSplit.Train);
            foreach (var type in Enum.GetValues<QuestionType>())
            {
                foreach (var question in SceneQuestions.All(scene, type))
                {
                    CheckWords(question.Text);
                    CheckWords(question.Answer);
                }
            }
            CheckWords(SceneWords.Describe(scene.Things));
        }
    }

    void CheckWords(string text)
    {
        var expected = text.Split(' ').Sum(word => word.EndsWith(',') || word.EndsWith('.') || word.EndsWith('?') ? 2 : 1);
        Assert.That(_tokenizer.Encode(text, addSpecialTokens: false), Has.Length.EqualTo(expected), text);
    }

    [Test]
    public void Any_other_text_survives_as_bytes()
    {
        const string text = "Zwölf red Boxkämpfer 拳 \n\t 1234";
        Assert.That(_tokenizer.Decode(_tokenizer.Encode(text), skipSpecialTokens: true), Is.EqualTo(text));
    }

    [Test]
    public void The_chat_template_is_that_of_Llama_3()
    {
        Assert.Multiple(() =>
        {
            Assert.That(ChatTemplate.For(_tokenizer, _folder.Path).Name, Is.EqualTo("llama3"));
            Assert.That(_tokenizer.VocabularySize, Is.EqualTo(ToyTokenizer.VocabularySize));
            Assert.That(_tokenizer.BeginId, Is.EqualTo(_tokenizer.IdOf("<|begin_of_text|>")));
            Assert.That(_tokenizer.EndId, Is.EqualTo(_tokenizer.IdOf("<|eot_id|>")));
        });
    }

    // What is learned from descriptions must meet the same tokens after a picture.
    [Test]
    public void A_question_has_the_same_tokens_after_a_description_and_after_a_picture()
    {
        var scene = new Scene([new(4, Colour.Red, Shape.Circle)]);
        Question[] questions = [new(QuestionType.Count, "How many circles are there?", "one")];
        var template = ChatTemplate.Named("llama3");
        var described = template.Encode(_tokenizer, ToyText.WithDescription(scene, questions), new LabelPolicy());
        var pictured = template.Encode(_tokenizer, ToyText.WithPicture(questions), new LabelPolicy());
        var slot = Array.IndexOf(pictured.Ids, EncodedChat.ImageSlot);
        var rest = pictured.Ids[(slot + 1)..];
        Assert.Multiple(() =>
        {
            Assert.That(described.Ids[..slot], Is.EqualTo(pictured.Ids[..slot]));
            Assert.That(described.Ids[^rest.Length..], Is.EqualTo(rest));
        });
    }
}
