using Grafting.Core;
using Grafting.Core.Text;
using Grafting.Core.Training;
using Grafting.Tests.Text;

namespace Grafting.Tests.Training;

public class ChatEncoderTests
{
    const int ImageTokens = 5;

    static readonly Tokenizer s_tokenizer = TinyTokenizer.Load(TinyTokenizer.ByteLevel(), null, null);

    /// <summary>Plain template, a token per letter and line break: turns of 5 + 2, 2, 5 + 5 + 3 and 2 positions.</summary>
    static readonly Turn[] s_turns =
        [new(Role.User, "<image>a"), new(Role.Assistant, "b"), new(Role.User, "<image><image>cd"), new(Role.Assistant, "e")];

    [TestCase(24, 3, 12, Description = "fits exactly")]
    [TestCase(23, 3, 11, Description = "loses the last end token")]
    [TestCase(19, 3, 7, Description = "ends with the third picture")]
    [TestCase(18, 2, 6, Description = "one position short of the third picture")]
    [TestCase(14, 2, 6, Description = "ends with the second picture")]
    [TestCase(13, 1, 5, Description = "one position short of the second picture")]
    [TestCase(9, 1, 5, Description = "ends before the second picture")]
    [TestCase(8, 1, 4, Description = "loses the end token of the first answer")]
    public void What_does_not_fit_goes_and_a_picture_is_never_cut(int maxLength, int pictures, int tokens)
    {
        var whole = Encoder(100).Encode("s", s_turns);
        var chat = Encoder(maxLength).Encode("s", s_turns);
        Assert.Multiple(() =>
        {
            Assert.That((chat.Pictures, chat.Ids.Length), Is.EqualTo((pictures, tokens)));
            Assert.That(chat.Ids, Is.EqualTo(whole.Ids[..tokens]));
            Assert.That(chat.Weights, Is.EqualTo(whole.Weights[..tokens]));
            Assert.That(PackedBatch.LengthOf(chat, ImageTokens), Is.LessThanOrEqualTo(maxLength));
        });
    }

    [Test]
    public void No_longer_beginning_would_fit([Range(8, 24)] int maxLength)
    {
        var whole = Encoder(100).Encode("s", s_turns);
        var kept = Encoder(maxLength).Encode("s", s_turns).Ids.Length;
        if (kept == whole.Ids.Length) return;
        Assert.That(
            PackedBatch.LengthOf(new EncodedChat(whole.Ids[..(kept + 1)], whole.Weights[..(kept + 1)]), ImageTokens),
            Is.GreaterThan(maxLength));
    }

    [Test]
    public void Turns_end_where_the_conversation_was_cut()
    {
        Assert.Multiple(() =>
        {
            Assert.That(Encoder(24).Encode("s", s_turns).Turns, Has.Count.EqualTo(4));
            Assert.That(Encoder(14).Encode("s", s_turns).Turns[^1], Is.EqualTo(new TurnSpan(Role.User, 5, 6)));
            Assert.That(Encoder(8).Encode("s", s_turns).Turns[^1], Is.EqualTo(new TurnSpan(Role.Assistant, 3, 4)));
        });
    }

    [TestCase(4, "its first picture, 5 positions, does not fit")]
    [TestCase(5, "no token of an answer")]
    [TestCase(7, "no token of an answer")]
    public void A_sample_whose_first_picture_or_answer_does_not_fit_is_named_with_its_length_and_the_limit(int maxLength, string reason)
    {
        var fault = Assert.Throws<GraftException>(() => Encoder(maxLength).Encode("x7", s_turns))!;
        Assert.Multiple(() =>
        {
            Assert.That(fault.Kind, Is.EqualTo(ErrorKind.Input));
            Assert.That(fault.Message, Does.Contain("\"x7\"").And.Contain(reason).And.Contain("24").And.Contain($"at most {maxLength}"));
            Assert.That(fault.Remedy, Does.Contain("data.maxLength"));
        });
    }

    [Test]
    public void An_answer_that_fits_does_not_save_a_sample_whose_first_picture_does_not()
    {
        Turn[] turns = [new(Role.User, "a"), new(Role.Assistant, "b"), new(Role.User, "<image>c"), new(Role.Assistant, "d")];
        Assert.That(Assert.Throws<GraftException>(() => Encoder(8).Encode("x7", turns))!.Message, Does.Contain("first picture"));
        Assert.That(Encoder(9).Encode("x7", turns).Pictures, Is.EqualTo(1));
    }

    static ChatEncoder Encoder(int maxLength) => new(s_tokenizer, ChatTemplate.Named("plain"), new LabelPolicy(), ImageTokens, maxLength);
}
