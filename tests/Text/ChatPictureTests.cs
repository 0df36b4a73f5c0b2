using Grafting.Core;
using Grafting.Core.Text;

namespace Grafting.Tests.Text;

public class ChatPictureTests
{
    const string Prompt = "Seen in this image of";

    [TestCase("<image><image>\nWhich?", "[image][image]Which?")]
    [TestCase("<image>\n<image>\nWhich?", "[image][image]Which?")]
    [TestCase("In <image> and in <image>, which?", "In [image] and in [image], which?")]
    [TestCase("A\n<image>\nB\n<image>\nC", "A\n[image]B\n[image]C")]
    [TestCase("A <image>\n\nB <image>", "A [image]\nB [image]")]
    [TestCase(" \n<image> <image> ", "[image] [image]")]
    [TestCase("<image>\n<image>\n<image>", "[image][image][image]")]
    public void Several_pictures_stand_where_their_marks_are_and_take_one_line_break_along(string text, string expected) =>
        Assert.That(Said(new Turn(Role.User, text)), Is.EqualTo(expected));

    [Test]
    public void The_picture_of_a_turn_that_has_one_stands_before_its_text_whatever_other_turns_have()
    {
        Turn[] turns =
        [
            new(Role.User, "<image><image> A"), new(Role.Assistant, "x"), new(Role.User, "B <image>"), new(Role.Assistant, "y"),
        ];
        Assert.That(Said(turns), Is.EqualTo("[image][image] A|x|[image]B|y"));
    }

    [TestCase(null)]
    [TestCase(Prompt)]
    public void A_conversation_begins_the_same_whatever_follows_in_it(string? prompt)
    {
        Turn[] turns =
        [
            new(Role.User, "What is <image>"), new(Role.Assistant, "x"), new(Role.User, "A <image> B <image>"), new(Role.Assistant, "y"),
            new(Role.User, "And <image>"), new(Role.Assistant, "z"),
        ];
        foreach (var template in new[] { "llama3", "plain" })
        {
            var whole = Encode(template, turns, prompt).Ids;
            for (var count = 1; count < turns.Length; count++)
            {
                var part = Encode(template, turns[..count], prompt).Ids;
                Assert.That(whole[..part.Length], Is.EqualTo(part), $"{template}, {count} turns");
            }
        }
    }

    [TestCase("<image>\nWhat is it?", "Seen in this image of [image], what is it?")]
    [TestCase("What is it?\n<image>", "Seen in this image of [image], what is it?")]
    [TestCase("<image>\nIs it A?", "Seen in this image of [image], is it A?")]
    [TestCase("<image>\n3 or 4?", "Seen in this image of [image], 3 or 4?")]
    [TestCase("<image>", "Seen in this image of [image]")]
    [TestCase("<image> or <image>?", "[image] or [image]?")]
    [TestCase("What is it?", "What is it?")]
    public void A_prompt_leads_from_the_picture_to_the_question(string text, string expected)
    {
        Assert.Multiple(() =>
        {
            Assert.That(Said(Prompt, "llama3", new Turn(Role.User, text)), Is.EqualTo(expected));
            Assert.That(Said(Prompt, "plain", new Turn(Role.User, text)), Is.EqualTo(expected));
        });
    }

    [Test]
    public void Letters_of_any_alphabet_become_small()
    {
        var chat = Encode("llama3", [new Turn(Role.User, "<image>\nÜber was?")], Prompt);
        var slot = Array.IndexOf(chat.Ids, EncodedChat.ImageSlot);
        Assert.That(Llama().Decode(chat.Ids.AsSpan(slot + 1), skipSpecialTokens: true), Is.EqualTo(", über was?"));
    }

    [Test]
    public void Only_the_first_turn_with_a_picture_gets_the_prompt()
    {
        Turn[] turns =
            [
                new(Role.User, "Hello"), new(Role.Assistant, "x"), new(Role.User, "<image>\nWhat?"), new(Role.Assistant, "y"),
                new(Role.User, "<image>\nWhat?"),
            ];
        Assert.That(Said(Prompt, "llama3", turns), Is.EqualTo("Hello|x|Seen in this image of [image], what?|y|[image]What?"));
    }

    [Test]
    public void The_question_is_labelled_as_without_a_prompt()
    {
        Turn[] turns = [new(Role.User, "<image>\nWhat?"), new(Role.Assistant, "Two")];
        var chat = ChatTemplate.Named("llama3").Encode(Llama(), turns, new LabelPolicy(), imagePrompt: Prompt);
        var labels = chat.Ids.Where((_, i) => chat.Weights[i] > 0).ToArray();
        Assert.That(Llama().Decode(labels), Is.EqualTo("Two<|eot_id|>"));
    }

    [TestCase(null)]
    [TestCase("")]
    [TestCase(" ")]
    [TestCase(" padded")]
    [TestCase("two\nlines")]
    [TestCase("with <image> in it")]
    public void A_prompt_that_cannot_stand_before_a_picture_is_refused(string? prompt) =>
        Assert.That(Assert.Throws<GraftException>(() => ImagePrompt.Check(prompt))!.Kind, Is.EqualTo(ErrorKind.Usage));

    [Test]
    public void Words_stand_in_the_place_of_the_first_picture_and_other_marks_go()
    {
        Turn[] turns =
            [
                new(Role.System, "<image>"), new(Role.User, "A <image>\nB <image>\nC"), new(Role.Assistant, "<image>"),
                new(Role.User, "D <image>"),
            ];
        Assert.That(
            Turn.InWords(turns, "a red circle").Select(turn => turn.Text),
            Is.EqualTo(new[] { "<image>", "A a red circle\nB C", "<image>", "D " }));
    }

    static string Said(params Turn[] turns) => Said(null, "llama3", turns);

    /// <summary>The bodies of the turns without their end tokens, set apart by bars.</summary>
    static string Said(string? prompt, string template, params Turn[] turns)
    {
        var tokenizer = Llama();
        var chat = Encode(template, turns, prompt);
        return string.Join('|', chat.Turns.Select(turn => string.Concat(chat.Ids[turn.Start..(turn.End - 1)].Select(id =>
            id == EncodedChat.ImageSlot ? "[image]" : tokenizer.TokenOf(id)!.Replace('Ġ', ' ').Replace('Ċ', '\n')))));
    }

    static EncodedChat Encode(string template, Turn[] turns, string? prompt) =>
        ChatTemplate.Named(template).Encode(Llama(), turns, new LabelPolicy(), imagePrompt: prompt);

    static Tokenizer Llama() => TinyTokenizer.Load(
        TinyTokenizer.ByteLevel(special: ["<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"]),
        "<|begin_of_text|>", "<|eot_id|>");
}
