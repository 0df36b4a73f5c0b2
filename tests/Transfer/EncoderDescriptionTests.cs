using System.Text.Json.Nodes;
using Grafting.Core.Checkpoints;
using Grafting.Core.Transfer;
using Grafting.Tests.Training;

namespace Grafting.Tests.Transfer;

public class EncoderDescriptionTests
{
    [TestCase(null)]
    [TestCase("Based on what is seen in this image of")]
    public void The_image_prompt_is_remembered(string? prompt)
    {
        using var tiny = new Tiny();
        var details = new JsonObject();
        EncoderDescription.Of(tiny.Encoder, "llama3", prompt).WriteTo(details);
        Assert.Multiple(() =>
        {
            Assert.That(Read(details).ImagePrompt, Is.EqualTo(prompt));
            Assert.That(Read(details).Template, Is.EqualTo("llama3"));
            Assert.That(details["encoder"]!.AsObject().ContainsKey("imagePrompt"), Is.EqualTo(prompt is not null), "bundles without one are as they always were");
        });
    }

    static EncoderDescription Read(JsonObject details) =>
        EncoderDescription.ReadFrom(new ArtefactManifest("bundle", new Origin("test", null)) { Details = (JsonObject)JsonNode.Parse(details.ToJsonString())! }, "folder");
}
