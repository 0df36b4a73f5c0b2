using Grafting.Core.Text;
using Grafting.Core.Training;

namespace Grafting.Tests.Text;

/// <summary>The paper's masks, token by token (arXiv 2505.22664): its stages 1 and 2 label special tokens, its stage 3 does not.</summary>
public class LabelMaskTests
{
    static readonly Turn[] s_turns =
        [new(Role.User, "<image>\nWhy"), new(Role.Assistant, "Two"), new(Role.User, "Why"), new(Role.Assistant, "Two")];

    [Test]
    public void Llama_in_stages_1_and_2() => Assert.That(Weights("llama3", new LabelPolicy(1)), Is.EqualTo(new[]
    {
        "<|begin_of_text|> 0",
        "<|start_header_id|> 1", "user 0", "<|end_header_id|> 1", "Ċ 0", "[image] 0", "Why 0", "<|eot_id|> 1",
        "<|start_header_id|> 1", "assistant 0", "<|end_header_id|> 1", "Ċ 1", "Two 1", "<|eot_id|> 1",
        "<|start_header_id|> 1", "user 0", "<|end_header_id|> 1", "Ċ 0", "Why 0", "<|eot_id|> 1",
        "<|start_header_id|> 1", "assistant 0", "<|end_header_id|> 1", "Ċ 1", "Two 1", "<|eot_id|> 1",
    }));

    [Test]
    public void Llama_in_stage_3() => Assert.That(Weights("llama3", new LabelPolicy(0, LineBreak: true)), Is.EqualTo(new[]
    {
        "<|begin_of_text|> 0",
        "<|start_header_id|> 0", "user 0", "<|end_header_id|> 0", "Ċ 0", "[image] 0", "Why 0", "<|eot_id|> 0",
        "<|start_header_id|> 0", "assistant 0", "<|end_header_id|> 0", "Ċ 1", "Two 1", "<|eot_id|> 1",
        "<|start_header_id|> 0", "user 0", "<|end_header_id|> 0", "Ċ 0", "Why 0", "<|eot_id|> 0",
        "<|start_header_id|> 0", "assistant 0", "<|end_header_id|> 0", "Ċ 1", "Two 1", "<|eot_id|> 1",
    }));

    [Test]
    public void Qwen_in_stages_1_and_2() => Assert.That(Weights("qwen", new LabelPolicy(1)), Is.EqualTo(new[]
    {
        // Nothing predicts the first token: Qwen's conversations have no begin token.
        "<|im_start|> 0", "user 0", "Ċ 0", "[image] 0", "Why 0", "<|im_end|> 1", "Ċ 0",
        "<|im_start|> 1", "assistant 0", "Ċ 0", "Two 1", "<|im_end|> 1", "Ċ 0",
        "<|im_start|> 1", "user 0", "Ċ 0", "Why 0", "<|im_end|> 1", "Ċ 0",
        "<|im_start|> 1", "assistant 0", "Ċ 0", "Two 1", "<|im_end|> 1", "Ċ 0",
    }));

    [Test]
    public void Qwen_in_stage_3_leaves_out_three_tokens_of_an_answer_the_line_break_among_them([Values] bool lineBreak) =>
        Assert.That(Weights("qwen", new LabelPolicy(0, lineBreak)), Is.EqualTo(new[]
        {
            "<|im_start|> 0", "user 0", "Ċ 0", "[image] 0", "Why 0", "<|im_end|> 0", "Ċ 0",
            "<|im_start|> 0", "assistant 0", "Ċ 0", "Two 1", "<|im_end|> 1", "Ċ 0",
            "<|im_start|> 0", "user 0", "Ċ 0", "Why 0", "<|im_end|> 0", "Ċ 0",
            "<|im_start|> 0", "assistant 0", "Ċ 0", "Two 1", "<|im_end|> 1", "Ċ 0",
        }));

    [TestCase("llama3")]
    [TestCase("qwen")]
    public void A_conversation_with_labelled_special_tokens_can_be_packed(string template)
    {
        var chat = ChatTemplate.Named(template).Encode(Tokenizer(template), s_turns, new LabelPolicy(1));
        var packed = PackedBatch.Pack([chat], imageTokens: 3, rowLength: 1);
        Assert.That(packed.TargetIds, Has.Length.EqualTo(chat.Weights.Count(w => w > 0)));
    }

    [TestCase("llama3")]
    [TestCase("qwen")]
    [TestCase("plain")]
    public void Turns_are_told_from_their_text_to_their_end_token(string template)
    {
        var tokenizer = Tokenizer(template);
        var chat = ChatTemplate.Named(template).Encode(tokenizer, s_turns, new LabelPolicy());
        string Spanned(TurnSpan turn) => string.Concat(chat.Ids[turn.Start..turn.End].Select(id => Name(tokenizer, id)));
        var end = template switch { "llama3" => "<|eot_id|>", "qwen" => "<|im_end|>", _ => "Ċ" };
        Assert.That(
            chat.Turns.Select(turn => (turn.Role, Spanned(turn))),
            Is.EqualTo(
                new[] { (Role.User, $"[image]Why{end}"), (Role.Assistant, $"Two{end}"), (Role.User, $"Why{end}"),
                    (Role.Assistant, $"Two{end}") }));
    }

    static string[] Weights(string template, LabelPolicy policy)
    {
        var tokenizer = Tokenizer(template);
        var chat = ChatTemplate.Named(template).Encode(tokenizer, s_turns, policy);
        return [.. chat.Ids.Zip(chat.Weights, (id, weight) => FormattableString.Invariant($"{Name(tokenizer, id)} {weight}"))];
    }

    static string Name(Tokenizer tokenizer, int id) => id == EncodedChat.ImageSlot ? "[image]" : tokenizer.TokenOf(id)!;

    /// <summary>Every word of these conversations is one token.</summary>
    static Tokenizer Tokenizer(string template)
    {
        string[] merges =
            [.. new[] { "user", "assistant", "Why", "Two" }.SelectMany(
                word => Enumerable.Range(1, word.Length - 1).Select(i => $"{word[..i]} {word[i]}"))];
        return template == "llama3"
            ? TinyTokenizer.Load(
                TinyTokenizer.ByteLevel(merges, ["<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"]),
                "<|begin_of_text|>", "<|eot_id|>")
            : TinyTokenizer.Load(
                TinyTokenizer.ByteLevel(merges, ["<|im_start|>", "<|im_end|>"], TinyTokenizer.Qwen2Split), null, "<|im_end|>");
    }
}
