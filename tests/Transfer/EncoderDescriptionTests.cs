using System.Text.Json.Nodes;
using Grafting.Core;
using Grafting.Core.Checkpoints;
using Grafting.Core.Imaging;
using Grafting.Core.Models.Adapters;
using Grafting.Core.Training;
using Grafting.Core.Transfer;
using Grafting.Tests.Support;
using Grafting.Tests.Training;
using static TorchSharp.torch;

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
            Assert.That(
                details["encoder"]!.AsObject().ContainsKey("imagePrompt"), Is.EqualTo(prompt is not null),
                "bundles without one are as they always were");
        });
    }

    /// <summary>Bundles of before had one kind of adapter, and said its depth alone.</summary>
    [Test]
    public void A_bundle_that_says_no_more_than_the_adapters_depth_opens_as_it_did([Values(1, 2, 4)] int depth)
    {
        using var tiny = new Tiny(adapter: new() { Depth = depth });
        var details = new JsonObject();
        EncoderDescription.Of(tiny.Encoder, "llama3").WriteTo(details);
        var encoder = details["encoder"]!.AsObject();
        encoder.Remove("adapter");
        encoder["adapterDepth"] = depth;
        var read = Read(details);
        using var built = read.Build("graft.json", META, ScalarType.Float32);
        Assert.Multiple(() =>
        {
            Assert.That(read.Adapter, Is.EqualTo(new AdapterSettings { Depth = depth }));
            Assert.That(read.Tiles, Is.Null);
            Assert.That(built.named_parameters().Select(p => p.name), Is.EqualTo(tiny.Encoder.named_parameters().Select(p => p.name)));
        });
    }

    [TestCase("adapter", """{ "kind": "qformer", "depth": 2 }""", "adapter.kind is \"qformer\"")]
    [TestCase("adapter", """{ "kind": "averagePool", "depth": 2 }""", "adapter.factor is not given")]
    [TestCase("tiles", """{ "rowEnd": true }""", "either 'maxTiles' or 'grids'")]
    [TestCase("adapter", "null", "describes no encoder")]
    public void A_description_that_makes_no_sense_is_refused_by_its_file(string key, string value, string expected)
    {
        using var tiny = new Tiny();
        var details = new JsonObject();
        EncoderDescription.Of(tiny.Encoder, "llama3").WriteTo(details);
        details["encoder"]![key] = JsonNode.Parse(value);
        var fault = Assert.Throws<GraftException>(() => Read(details))!;
        Assert.That(
            (fault.Kind, fault.Message.StartsWith(Path.Combine("folder", "graft.json"), StringComparison.Ordinal)),
            Is.EqualTo((ErrorKind.Input, true)));
        Assert.That(fault.Message, Does.Contain(expected));
    }

    [TestCase("mlp", null, null)]
    [TestCase("pixelShuffle", 2, null)]
    [TestCase("averagePool", 2, null)]
    [TestCase("resampler", null, 3)]
    public void Every_adapter_and_its_tiles_come_back_from_disk_with_their_bits(string kind, int? factor, int? queries)
    {
        using var folder = new TempFolder();
        using var scope = NewDisposeScope();
        var tiling = new Tiling { Grids = ["1x2", "2x1"], Padding = TilePadding.Black };
        using var tiny = new Tiny(
            adapter: new() { Kind = kind, Factor = factor, Queries = queries, Heads = queries is null ? null : 2 }, tiling: tiling);
        var details = new JsonObject();
        EncoderDescription.Of(tiny.Encoder, "llama3").WriteTo(details);
        var stamps = EncoderFiles.Write(folder.Path, tiny.Encoder, PreprocessorConfig.Clip(8) with { Tiling = tiling });
        Assert.That(stamps, Has.Count.EqualTo(1));
        var description = Read(details);
        using var loaded = EncoderFiles.Load(folder.Path, description, CPU, ScalarType.Float32);
        var samples = Tiny.TiledSamples(3, tiling);
        var pixels = tiny.Model.ToPixels(MicroBatch.Join([.. samples.SelectMany(s => s.Pictures)]), 3)!;
        PictureLayout[] layouts = [.. samples.SelectMany(s => s.Layouts)];
        Assert.Multiple(() =>
        {
            Assert.That(description.Tiles, Is.EqualTo(tiling));
            Assert.That(description.Adapter, Is.EqualTo(tiny.Encoder.Adapter.Config.Settings));
            Assert.That(
                EncoderFiles.Preprocessing(folder.Path, description), Is.EqualTo(PreprocessorConfig.Clip(8) with { Tiling = tiling }));
            Assert.That(loaded.forward(pixels, layouts).sub(tiny.Encoder.forward(pixels, layouts)).abs().max().item<float>(), Is.Zero);
            foreach (var layout in layouts) Assert.That(loaded.Positions.Of(layout), Is.EqualTo(tiny.Encoder.Positions.Of(layout)));
        });
    }

    static EncoderDescription Read(JsonObject details) =>
        EncoderDescription.ReadFrom(
            new ArtefactManifest("bundle", new Origin("test", null)) { Details = (JsonObject)JsonNode.Parse(details.ToJsonString())! },
            "folder");
}
