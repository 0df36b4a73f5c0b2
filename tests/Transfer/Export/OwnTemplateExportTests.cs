using System.Text.Json;
using Grafting.Core;
using Grafting.Core.Models;
using Grafting.Core.Text.Jinja;

namespace Grafting.Tests.Transfer.Export;

/// <summary>Exports of encoders that were trained with a chat template in Jinja.</summary>
public sealed class OwnTemplateExportTests
{
    static readonly FeaturePath Hidden = new(Layer: -2, PostNorm: false, KeepClass: false);

    /// <summary>Takes contents as texts only.</summary>
    const string Texts =
        "{{ '<|begin_of_text|>' }}{% for m in messages %}{{ '<|start_header_id|>' + m['role'] + '<|end_header_id|>\n\n' + m['content'] | "
            + "trim + '<|eot_id|>' }}{% endfor %}{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' "
            + "}}{% endif %}";

    /// <summary>Writes pictures itself, as a token that the vocabulary has no such name for.</summary>
    const string Parts =
        "{% for m in messages %}{{ m.role + ':' }}{% if m.content is string %}{{ m.content }}{% else %}{% for p in m.content %}{% if "
            + "p.type == 'image' %}<image>{% else %}{{ p.text }}{% endif %}{% endfor %}{% endif %}{{ '<|eot_id|>' }}{% endfor %}{% if "
            + "add_generation_prompt %}{{ 'assistant:' }}{% endif %}";

    [Test]
    public void A_template_of_texts_gets_lines_before_it_that_make_texts_of_parts(
        [Values] bool boundary, [Values(null, "Look at")] string? imagePrompt)
    {
        using var shop = new ExportShop();
        var export = shop.Export(shop.Graft(Hidden, boundary: boundary, template: Texts, own: true, imagePrompt: imagePrompt));
        var jinja = File.ReadAllText(Path.Combine(export.Output, "chat_template.jinja"));
        var picture = boundary
            ? "<|reserved_special_token_1|><|reserved_special_token_0|><|reserved_special_token_2|>"
            : "<|reserved_special_token_0|>";
        var said = imagePrompt is null ? $"{picture}What?" : $"Look at {picture}, what?";
        Assert.Multiple(() =>
        {
            Assert.That(jinja, Does.EndWith(Texts));
            Assert.That(Rendered(jinja, """[{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "What?"}]}, {"role": "assistant", "content": "A."}]"""), Is.EqualTo(
                $"<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\n{said}<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\nA.<|eot_id|>"));
            Assert.That(export.Comparison!.Logits, Is.LessThanOrEqualTo(1e-6));
        });
    }

    [Test]
    public void A_template_that_writes_pictures_gets_the_tokens_of_a_picture([Values] bool boundary)
    {
        using var shop = new ExportShop();
        var export = shop.Export(shop.Graft(Hidden, boundary: boundary, template: Parts, own: true));
        var jinja = File.ReadAllText(Path.Combine(export.Output, "chat_template.jinja"));
        Assert.Multiple(() =>
        {
            Assert.That(jinja, Is.EqualTo(Parts.Replace(
                "<image>",
                boundary
                    ? "<|reserved_special_token_1|><|reserved_special_token_0|><|reserved_special_token_2|>"
                    : "<|reserved_special_token_0|>", StringComparison.Ordinal)));
            Assert.That(
                JsonDocument.Parse(
                    File.ReadAllText(
                        Path.Combine(export.Output, "processor_config.json"))).RootElement.GetProperty("image_token").GetString(),
                Is.EqualTo("<|reserved_special_token_0|>"));
            Assert.That(export.Comparison!.Logits, Is.LessThanOrEqualTo(1e-6));
        });
    }

    /// <summary>The tokens that a template writes around its pictures are no free ones, whatever they are called.</summary>
    [Test]
    public void Tokens_around_a_picture_of_the_template_are_not_overwritten()
    {
        using var shop = new ExportShop();
        var template = Parts.Replace("<image>", "<|reserved_special_token_0|><image>", StringComparison.Ordinal);
        var export = shop.Export(shop.Graft(Hidden, boundary: false, template: template, own: true));
        Assert.That(export.Tokens.Image.Text, Is.EqualTo("<|reserved_special_token_1|>"));
        // The vocabulary has three in all.
        var graft = shop.Graft(Hidden, template: template, own: true);
        Assert.That(Assert.Throws<GraftException>(() => shop.Export(graft))!.Message, Does.Contain("known to be unused"));
    }

    [TestCase("{% set i = '<im' ~ 'age>' %}", "{{ i }}", null, "does not stand in the template as such")]
    [TestCase("", "<image>", "Look at", "trained with the image prompt")]
    [TestCase("{% if '<image>' in 'x<image>' %}{{ 'y' if '<image>' | length == 7 }}{% endif %}", "<image>", null, "read back")]
    public void What_a_template_cannot_say_is_refused(string before, string picture, string? imagePrompt, string reason)
    {
        using var shop = new ExportShop();
        var graft = shop.Graft(
            Hidden, template: before + Parts.Replace("<image>", picture, StringComparison.Ordinal), own: true, imagePrompt: imagePrompt);
        var fault = Assert.Throws<GraftException>(() => shop.Export(graft));
        Assert.Multiple(() =>
        {
            Assert.That(fault!.Kind, Is.EqualTo(ErrorKind.Input));
            Assert.That(fault.Message, Does.Contain(reason));
            Assert.That(fault.Remedy, Does.Contain("--format native"));
        });
    }

    static string Rendered(string jinja, string messages)
    {
        using var json = JsonDocument.Parse(messages);
        return JinjaTemplate.Parse(jinja, "test").Render(
            new Dictionary<string,
            object?>
            { ["messages"] = JinjaJson.Read(json.RootElement, default), ["add_generation_prompt"] = false }).Value;
    }
}
