using Grafting.Core;
using Grafting.Core.Evaluation.MultipleChoice;
using Grafting.Core.Text;
using Grafting.Tests.Text;

namespace Grafting.Tests.Evaluation.MultipleChoice;

/// <summary>
/// Where a context ends and its continuation begins. In the small byte-level vocabulary a printable ASCII character is 33 below its code, a
/// blank is 220, and 256 is a blank with an "a".
/// </summary>
public class ContinuationEncoderTests
{
    const int X = 'x' - 33, Y = 'y' - 33, A = 'a' - 33, Blank = 220, BlankA = 256, XY = 257, Begin = 258, End = 259;

    static Tokenizer Bytes(string? begin = "<s>", string? end = "</s>") =>
        TinyTokenizer.Load(TinyTokenizer.ByteLevel(["Ġ a", "x y"], ["<s>", "</s>"]), begin, end);

    [TestCase("x", " a", new[] { X, BlankA }, 1)]
    [TestCase("x ", "a", new[] { X, BlankA }, 1, TestName = "A blank at the end of the context goes to the continuation")]
    [TestCase("x  ", "a", new[] { X, Blank, BlankA }, 2, TestName = "So do several")]
    [TestCase("x\x1f", "a", new[] { X, 188 + 31, A }, 2, TestName = "And what only Python counts as blank")]
    [TestCase("a", "xy", new[] { A, XY }, 1)]
    [TestCase("yx", "ya", new[] { Y, XY, A }, 1, TestName = "A token over the border counts for the context")]
    [TestCase("", " a", new[] { Begin, BlankA }, 1, TestName = "Nothing before: the begin token stands there")]
    [TestCase(" ", "a", new[] { Begin, BlankA }, 1, TestName = "Nothing but a blank is nothing")]
    [TestCase("", "<s>a", new[] { Begin, A }, 1, TestName = "A continuation that brings the begin token along gets no second one")]
    [TestCase("x</s>", "a", new[] { X, End, A }, 1, TestName = "Special tokens that are written out are recognised")]
    public void The_tokens_and_the_judged_ones(string context, string continuation, int[] ids, int judged)
    {
        var request = Encoder().Encode(context, continuation, "here");
        Assert.That((request.Ids, request.Judged), Is.EqualTo((ids, judged)));
        Assert.That(request.Input.ToArray(), Is.EqualTo(ids[..^1]));
    }

    [TestCase("x", " a", new[] { Begin, X, BlankA }, 1)]
    [TestCase("<s>x", " a", new[] { Begin, X, BlankA }, 1, TestName = "A context that has the begin token keeps it")]
    [TestCase("", " a", new[] { Begin, BlankA }, 1, TestName = "Nothing before: still one begin token")]
    public void The_begin_token_is_put_there_on_request(string context, string continuation, int[] ids, int judged)
    {
        var request = Encoder(beginToken: true).Encode(context, continuation, "here");
        Assert.That((request.Ids, request.Judged), Is.EqualTo((ids, judged)));
    }

    [Test]
    public void What_the_tokenizer_puts_around_texts_is_left_out()
    {
        var tokenizer = TinyTokenizer.Load(TinyTokenizer.SentencePiece("▁ab"), "<s>", "</s>");
        Assert.That(tokenizer.Encode("a b")[0], Is.EqualTo(1), "the tokenizer would begin with <s>");
        var request = new ContinuationEncoder(tokenizer, 10, 300).Encode("a", " b", "here");
        Assert.That((request.Ids, request.Judged), Is.EqualTo((new[] { 259, 260, 259, 261 }, 2)));
    }

    [Test]
    public void The_end_token_opens_where_no_begin_token_is_named()
    {
        var request = new ContinuationEncoder(Bytes(begin: null), 10, 260).Encode("", "a", "here");
        Assert.That(request.Ids, Is.EqualTo(new[] { End, A }));
        Assert.That(
            Complaint(() => new ContinuationEncoder(Bytes(null, null), 10, 260).Encode("", "a", "here")), Does.Contain("names neither"));
        Assert.That(
            Complaint(() => new ContinuationEncoder(Bytes(null, null), 10, 260, beginToken: true).Encode("x", "a", "here")),
            Does.Contain("no token that begins"));
    }

    [Test]
    public void The_beginning_of_a_long_text_is_cut_off_at_one_more_than_the_positions()
    {
        var cut = Encoder(positions: 3).Encode("yyyyx", "aa", "here");
        Assert.That((cut.Ids, cut.Judged), Is.EqualTo((new[] { Y, X, A, A }, 2)));
        var whole = Encoder(positions: 3).Encode("yx", "aa", "here");
        Assert.That(whole.Ids, Is.EqualTo(new[] { Y, X, A, A }), "what fits is whole");
        var full = Encoder(positions: 2).Encode("yx", "aa", "here");
        Assert.That((full.Ids, full.Judged), Is.EqualTo((new[] { X, A, A }, 2)));
    }

    [Test]
    public void What_cannot_be_judged_is_refused_by_place()
    {
        Assert.Multiple(() =>
        {
            Assert.That(
                Complaint(() => Encoder(positions: 2).Encode("x", "aaa", "f: line 3")),
                Is.EqualTo("f: line 3: a choice has 3 tokens, and the model reads at most 2."));
            Assert.That(
                Complaint(() => Encoder().Encode("x", "y", "f: line 3")),
                Is.EqualTo("f: line 3: the choice \"y\" has no token of its own."));
            Assert.That(
                Complaint(() => Encoder().Encode("x", "", "f: line 3")), Is.EqualTo("f: line 3: the choice \"\" has no token of its own."));
            Assert.That(
                Complaint(() => new ContinuationEncoder(Bytes(), 10, 256).Encode("x", " a", "here")),
                Is.EqualTo("the tokenizer has a token 256, and the model knows 256."));
        });
    }

    static ContinuationEncoder Encoder(int positions = 10, bool beginToken = false) => new(Bytes(), positions, 260, beginToken);

    static string Complaint(TestDelegate encode)
    {
        var fault = Assert.Throws<GraftException>(encode)!;
        Assert.That(fault.Kind, Is.EqualTo(ErrorKind.Input));
        return fault.Message;
    }
}
