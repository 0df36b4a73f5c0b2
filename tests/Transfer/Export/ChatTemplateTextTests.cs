using Grafting.Core.Text;
using Grafting.Core.Transfer.Export;
using Grafting.Recipes.Toy;
using Grafting.Tests.Support;

namespace Grafting.Tests.Transfer.Export;

/// <summary>
/// The exported chat template. Its text is approved; that Jinja renders it as <see cref="ChatTemplateText.Write"/> does was checked with
/// @huggingface/jinja for every approved file when it was approved.
/// </summary>
public sealed class ChatTemplateTextTests
{
    static readonly PictureTokens Tokens = new(
        new("<|reserved_special_token_0|>", 336), new("<|reserved_special_token_1|>", 337), new("<|reserved_special_token_2|>", 338));

    static readonly Turn[] Conversation =
    [
        new(Role.User, $"{Turn.ImageMark}\nWhat is there?"), new(Role.Assistant, "a red thing"), new(Role.User, "Is there more?"),
        new(Role.Assistant, "no"),
        new(Role.User, $"What of {Turn.ImageMark} and {Turn.ImageMark}?"),
    ];

    TempFolder folder = null!;

    [SetUp]
    public void Write()
    {
        folder = new();
        ToyTokenizer.Write(folder.Path);
    }

    [TearDown]
    public void Remove() => folder.Dispose();

    [Test]
    public void Read_as_text_it_gives_the_tokens_of_training(
        [Values("llama3", "plain")] string template, [Values(null, "Look at")] string? prompt)
    {
        var tokenizer = Tokenizer.Load(folder.Path);
        var text = ChatTemplateText.Of(template, tokenizer, Tokens, prompt).Write(Conversation, addGenerationPrompt: true);
        var trained = ChatTemplate.Named(template).Encode(tokenizer, Conversation, new LabelPolicy(), addGenerationPrompt: true, prompt);
        Assert.That(
            tokenizer.Encode(text, addSpecialTokens: false),
            Is.EqualTo(trained.Ids.SelectMany(id => id == EncodedChat.ImageSlot ? [337, 336, 338] : new[] { id })));
    }

    [Test]
    public void Its_Jinja_is_the_approved_one(
        [Values("llama3", "qwen", "gemma", "plain")] string template, [Values] bool prompt) => Golden.Compare(
        $"chat-template-{template}{(prompt ? "-prompt" : "")}.approved.txt",
        ChatTemplateText.Of(template, Tokenizer.Load(folder.Path), Tokens, prompt ? "Look at \"this\"" : null).ToJinja());

    [Test]
    public void Its_text_is_the_approved_one(
        [Values("llama3", "qwen", "gemma", "plain")] string template, [Values] bool prompt) => Golden.Compare(
        $"chat-text-{template}{(prompt ? "-prompt" : "")}.approved.txt",
        ChatTemplateText.Of(
            template, Tokenizer.Load(folder.Path), Tokens,
            prompt ? "Look at \"this\"" : null).Write(Conversation, addGenerationPrompt: true));
}
