using System.Text.Json.Nodes;
using Grafting.Core;
using Grafting.Core.Text;
using Grafting.Core.Transfer.Export;
using Grafting.Recipes.Toy;
using Grafting.Tests.Support;

namespace Grafting.Tests.Transfer.Export;

/// <summary>Which tokens stand for a picture: special, unused, and never new ones.</summary>
public sealed class PictureTokensTests
{
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
    public void Llama_3s_reserved_tokens_are_chosen_in_order()
    {
        var chosen = Choose();
        Assert.That(
            (chosen.Image.Text, chosen.Start?.Text, chosen.End?.Text),
            Is.EqualTo(("<|reserved_special_token_0|>", "<|reserved_special_token_1|>", "<|reserved_special_token_2|>")));
        Assert.That(Choose(boundary: false).Start, Is.Null);
    }

    [Test]
    public void The_real_Llama_3_has_128002_for_pictures()
    {
        var path = Shared.Real("tokenizers/llama3");
        var chosen = PictureTokens.Choose(Tokenizer.Load(path), ChatTemplate.Named("llama3"), path, 128256, hasBoundary: true, null, null);
        Assert.Multiple(() =>
        {
            Assert.That(chosen.Image, Is.EqualTo(new PictureToken("<|reserved_special_token_0|>", 128002)));
            Assert.That(chosen.Start!.Text, Does.StartWith("<|reserved_special_token_"));
            Assert.That(new[] { chosen.Image, chosen.Start, chosen.End! }.Distinct().Count(), Is.EqualTo(3));
        });
    }

    [Test]
    public void A_vocabulary_made_for_pictures_has_its_own()
    {
        Rename("<|reserved_special_token_0|>", "<|vision_start|>");
        Rename("<|reserved_special_token_1|>", "<|vision_end|>");
        Rename("<|reserved_special_token_2|>", "<|image_pad|>");
        var chosen = Choose();
        Assert.That(
            (chosen.Image.Text, chosen.Start?.Text, chosen.End?.Text), Is.EqualTo(("<|image_pad|>", "<|vision_start|>", "<|vision_end|>")));
    }

    [TestCase("nothing like it", "is not in the vocabulary, which is never enlarged")]
    [TestCase("user", "is an ordinary token")]
    [TestCase("<|eot_id|>", "is used by the chat template")]
    public void A_wish_that_cannot_be_is_refused_with_what_could(string wish, string reason)
    {
        var error = Assert.Throws<GraftException>(() => Choose(image: wish))!;
        Assert.That((error.Kind, error.Message), Is.EqualTo((ErrorKind.Input, error.Message)));
        Assert.That(error.Message, Does.Contain(reason).And.Contain("--image-token"));
        Assert.That(error.Remedy, Does.Contain("<|reserved_special_token_0|>"));
    }

    [Test]
    public void A_padding_token_is_not_taken()
    {
        Configure("pad_token", "<|reserved_special_token_0|>");
        Assert.That(Choose(boundary: false).Image.Text, Is.EqualTo("<|reserved_special_token_1|>"));
        var error = Assert.Throws<GraftException>(() => Choose())!;
        Assert.That(error.Message, Does.Contain("the two vectors around a picture"));
        Assert.That(error.Remedy, Does.Contain("--boundary-tokens"));
    }

    [Test]
    public void A_tokenizers_own_image_token_is_what_a_processor_takes()
    {
        Configure("image_token", "<|reserved_special_token_2|>");
        Assert.That(Choose().Image.Text, Is.EqualTo("<|reserved_special_token_2|>"));
        Assert.That(
            Assert.Throws<GraftException>(() => Choose(image: "<|reserved_special_token_1|>"))!.Message, Does.Contain("image_token"));
    }

    [Test]
    public void Tokens_beyond_the_embedding_table_are_not_taken() =>
        Assert.That(
            Assert.Throws<GraftException>(() => Choose(rows: ToyTokenizer.VocabularySize - 1))!.Message, Does.Contain("the two vectors"));

    [Test]
    public void Names_of_the_user_are_followed()
    {
        var chosen = Choose("<|reserved_special_token_1|>", ("<|reserved_special_token_2|>", "<|reserved_special_token_0|>"));
        Assert.That(
            (chosen.Image.Text, chosen.Start?.Text, chosen.End?.Text),
            Is.EqualTo(("<|reserved_special_token_1|>", "<|reserved_special_token_2|>", "<|reserved_special_token_0|>")));
        Assert.That(
            Assert.Throws<GraftException>(
                () => Choose("<|reserved_special_token_1|>", ("<|reserved_special_token_1|>", "<|reserved_special_token_0|>")))!.Message,
            Does.Contain("chosen for something else"));
    }

    PictureTokens Choose(
        string? image = null, (string, string)? tokens = null, bool boundary = true, int? rows = null) => PictureTokens.Choose(
        Tokenizer.Load(folder.Path), ChatTemplate.Named("llama3"), folder.Path, rows ?? ToyTokenizer.VocabularySize, boundary, image,
        tokens);

    void Rename(string from, string to) => Change("tokenizer.json", text => text.Replace(from, to, StringComparison.Ordinal));

    void Configure(string key, string token) => Change("tokenizer_config.json", text =>
    {
        var json = JsonNode.Parse(text)!;
        json[key] = token;
        return json.ToJsonString();
    });

    void Change(string name, Func<string, string> change) => folder.Write(name, change(File.ReadAllText(folder[name])));
}
