using Grafting.Core;
using Grafting.Core.Models;
using Grafting.Core.Models.Adapters;
using Grafting.Core.Models.Towers;
using Grafting.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace Grafting.Tests.Models;

[TestFixture]
sealed class VisionEncoderTests
{
    DisposeScope _scope = null!;

    [SetUp]
    public void OpenScope() => _scope = NewDisposeScope();

    [TearDown]
    public void CloseScope() => _scope.Dispose();

    [Test]
    public void A_picture_stands_between_its_boundary_vectors([Values] bool keepClass)
    {
        using var encoder = Tiny.Encoder(path: new(KeepClass: keepClass));
        var pixels = torch.rand(2, 3, 8, 8);
        var tokens_btw = encoder.forward(pixels);

        Assert.That(encoder.Tokens, Is.EqualTo(4 + (keepClass ? 1 : 0) + 2));
        Assert.That(tokens_btw.shape, Is.EqualTo(new long[] { 2, encoder.Tokens, Tiny.LlamaConfig.Shape.Width }));
        Compare.Close(tokens_btw[1][0], encoder.Boundary!.Value.Start, 0, "start");
        Compare.Close(tokens_btw[1][encoder.Tokens - 1], encoder.Boundary!.Value.End, 0, "end");
        Compare.Close(tokens_btw.narrow(1, 1, encoder.Tokens - 2), encoder.Adapter.forward(encoder.Tower.forward(pixels)), 0, "picture");
    }

    [Test]
    public void Without_a_boundary_the_picture_stands_alone()
    {
        using var encoder = Tiny.Encoder(boundary: false);
        var pixels = torch.rand([2, 3, 8, 8]);
        Assert.That(encoder.Boundary, Is.Null);
        Assert.That(encoder.Tokens, Is.EqualTo(encoder.Tower.Tokens));
        Assert.That(encoder.named_parameters().Select(p => p.name), Has.None.EqualTo("start").And.None.EqualTo("end"));
        Compare.Close(encoder.forward(pixels), encoder.Adapter.forward(encoder.Tower.forward(pixels)), 0, "picture");
    }

    [Test]
    public void Gradients_reach_tower_adapter_and_boundary_through_the_decoder()
    {
        using var encoder = Tiny.Encoder();
        using var decoder = Tiny.Llama();
        var images_btw = encoder.forward(torch.rand(2, 3, 8, 8));
        var (b, t) = (2, encoder.Tokens);
        var columns = t + 2;
        var places = Enumerable.Range(0, b).SelectMany(row => Enumerable.Range(1, t).Select(i => (long)row * columns + i)).ToArray();
        var x = ImageSplice.Apply(
            decoder.embed(torch.ones([b, columns], ScalarType.Int64)), torch.tensor(places), images_btw.view(b * t, -1));
        var hidden = decoder.forward(x, Tiny.Positions(b, columns), null);
        decoder.head(hidden.select(1, columns - 1)).square().sum().backward();

        foreach (var (name, parameter) in encoder.named_parameters())
        {
            // A bias of the keys moves all scores of a query alike, so its gradient is 0 up to rounding.
            if (name.EndsWith(".key.bias", StringComparison.Ordinal)) continue;
            Assert.That(parameter.grad, Is.Not.Null, name);
            Assert.That(parameter.grad!.abs().max().item<float>(), Is.GreaterThan(0), name);
        }
    }

    [Test]
    public void A_frozen_tower_costs_the_adapter_no_gradient()
    {
        using var encoder = Tiny.Encoder();
        foreach (var parameter in encoder.Tower.parameters()) parameter.requires_grad = false;
        encoder.forward(torch.rand(1, 3, 8, 8)).square().sum().backward();
        Assert.That(encoder.Tower.parameters().All(p => p.grad is null), Is.True);
        Assert.That(encoder.Adapter.parameters().All(p => p.grad is not null), Is.True);
    }

    [Test]
    public void Pictures_replace_only_their_places()
    {
        var embeds = torch.rand(2, 3, 4);
        var images = torch.rand(2, 4);
        var spliced = ImageSplice.Apply(embeds, torch.tensor(new long[] { 1, 5 }), images);
        Compare.Close(spliced[0][1], images[0], 0, "first picture");
        Compare.Close(spliced[1][2], images[1], 0, "second picture");
        Compare.Close(spliced[0][2], embeds[0][2], 0, "token between");
        Assert.Throws<ArgumentException>(() => ImageSplice.Apply(embeds, torch.tensor(new long[] { 1 }), images));
    }

    [Test]
    public void A_slot_widens_to_the_tokens_of_a_picture() =>
        Assert.That(ImageSplice.Expand([5, -1, 6], slot: -1, tokensPerImage: 3), Is.EqualTo(new[] { 5, -1, -1, -1, 6 }));

    [Test]
    public void Widths_that_do_not_meet_are_refused()
    {
        using var tower = TowerFamilies.Create(Tiny.TowerConfig, new(), 1, CPU, ScalarType.Float32);
        using var adapter = new MlpAdapter(new(tower.Width + 1, 16), CPU, ScalarType.Float32);
        Assert.Throws<GraftException>(() => new VisionEncoder(tower, adapter));
        Assert.Throws<GraftException>(() => new MlpAdapter(new(12, 16, Depth: 17), CPU, ScalarType.Float32));
        Assert.Throws<GraftException>(() => TowerFamilies.Create(Tiny.TowerConfig, new(Layer: 3), 1, CPU, ScalarType.Float32));
    }

    [Test]
    public void A_step_leaves_no_tensor_behind()
    {
        using var encoder = Tiny.Encoder();
        Step();
        var before = LiveTensors.Count;
        Step();
        Assert.That(LiveTensors.Count, Is.EqualTo(before));

        void Step()
        {
            using var scope = NewDisposeScope();
            encoder.forward(torch.rand(2, 3, 8, 8)).sum().backward();
        }
    }
}
