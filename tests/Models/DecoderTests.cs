using Grafting.Core.Models;
using Grafting.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace Grafting.Tests.Models;

[TestFixture]
sealed class DecoderTests
{
    DisposeScope _scope = null!;

    [SetUp]
    public void OpenScope() => _scope = NewDisposeScope();

    [TearDown]
    public void CloseScope() => _scope.Dispose();

    [Test]
    public void Samples_packed_into_one_row_compute_what_each_computes_alone()
    {
        using var model = Tiny.Llama();
        long[][] samples = [[3, 9, 4, 1], [7, 2, 8]];
        var alone = samples.Select(ids =>
            model.forward(model.embed(torch.tensor(ids).unsqueeze(0)), Tiny.Positions(1, ids.Length), null)).ToArray();

        // Two padding columns at the end; they may attend to nothing.
        var packed = torch.tensor(new long[] { 3, 9, 4, 1, 7, 2, 8, 0, 0 }).unsqueeze(0);
        var positions = torch.tensor(new long[] { 0, 1, 2, 3, 0, 1, 2, 0, 0 }).unsqueeze(0);
        var mask = torch.zeros([1, 1, 9, 9], ScalarType.Bool);
        using (no_grad())
        {
            mask.narrow(2, 0, 4).narrow(3, 0, 4).fill_(true);
            mask.narrow(2, 4, 3).narrow(3, 4, 3).fill_(true);
        }
        mask = mask.logical_and(torch.ones([9, 9], ScalarType.Bool).tril());
        var x = model.embed(packed).detach().requires_grad_();
        var hidden = model.forward(x, positions, mask);

        Compare.Close(hidden.narrow(1, 0, 4), alone[0], 1e-5, "first sample");
        Compare.Close(hidden.narrow(1, 4, 3), alone[1], 1e-5, "second sample");
        hidden.narrow(1, 0, 7).square().sum().backward();
        Assert.That(x.grad!.isfinite().all().item<bool>(), Is.True, "gradients are finite though padding attends to nothing");
        Compare.Close(x.grad!.narrow(1, 7, 2), torch.zeros(1, 2, Tiny.LlamaConfig.Shape.Width), 0, "padding gets no gradient");
    }

    [Test]
    public void Padding_stays_finite_in_every_dtype([Values(ScalarType.Float32, ScalarType.BFloat16)] ScalarType dtype)
    {
        using var model = Tiny.Llama(dtype: dtype);
        var x = model.embed(torch.zeros([2, 5], ScalarType.Int64)).detach().requires_grad_();
        var hidden = model.forward(x, Tiny.Positions(2, 5), torch.zeros([2, 1, 5, 5], ScalarType.Bool));
        hidden.sum().backward();
        Assert.That(hidden.isfinite().all().item<bool>(), Is.True);
        Assert.That(x.grad!.isfinite().all().item<bool>(), Is.True);
    }

    [Test]
    public void A_step_leaves_no_tensor_behind()
    {
        using var model = Tiny.Llama();
        Step();
        var before = LiveTensors.Count;
        Step();
        Assert.That(LiveTensors.Count, Is.EqualTo(before));

        void Step()
        {
            using var scope = NewDisposeScope();
            var states = new List<Tensor>();
            var hidden = model.forward(model.embed(torch.ones([2, 6], ScalarType.Int64)), Tiny.Positions(2, 6), null, hiddenStates: states);
            model.head(hidden).sum().backward();
        }
    }

    [Test]
    public void A_disposed_model_leaves_no_tensor_behind()
    {
        var before = LiveTensors.Count;
        Tiny.Llama().Dispose();
        Tiny.Encoder().Dispose();
        Assert.That(LiveTensors.Count, Is.EqualTo(before));
    }

    [Test]
    public void Parameters_survive_the_scope_that_they_were_made_in()
    {
        Decoder model;
        using (NewDisposeScope()) model = Tiny.Llama();
        using (model)
        {
            Assert.That(model.named_parameters().All(p => !p.parameter.IsInvalid), Is.True);
            Assert.That(model.embed(torch.zeros([1, 1], ScalarType.Int64)).shape, Is.EqualTo(new long[] { 1, 1, 16 }));
        }
    }

    [Test]
    public void A_shape_that_does_not_fit_is_named_before_anything_runs()
    {
        using var model = Tiny.Llama();
        var x = torch.zeros(1, 4, Tiny.LlamaConfig.Shape.Width);
        Assert.Throws<ArgumentException>(() => model.forward(torch.zeros(1, 4, 3), Tiny.Positions(1, 4), null));
        Assert.Throws<ArgumentException>(() => model.forward(x, Tiny.Positions(1, 5), null));
        var error = Assert.Throws<ArgumentException>(
            () => model.forward(x, Tiny.Positions(1, 4), torch.ones([1, 1, 4, 3], ScalarType.Bool)))!;
        Assert.That(error.Message, Does.Contain("[1, 1, 4, 3]").And.Contain("[1, 1, 4, 4]"));
    }

    [Test]
    public void A_seed_gives_the_same_weights_and_another_seed_others()
    {
        using var first = Tiny.Llama(seed: 7);
        using var again = Tiny.Llama(seed: 7);
        using var other = Tiny.Llama(seed: 8);
        foreach (var (name, parameter) in first.named_parameters())
        {
            Compare.Close(Named.Parameter(again, name), parameter, 0, name);
            if (!name.EndsWith("norm.weight", StringComparison.Ordinal))
                Assert.That(Compare.MaxDifference(Named.Parameter(other, name), parameter), Is.GreaterThan(0.01), name);
        }
    }

    [Test]
    public void Fresh_weights_have_the_configured_spread()
    {
        using var model = Tiny.Llama();
        var table = Named.Parameter(model, "embedding.weight").detach();
        // 480 numbers: the deviation of their deviation is about 3 %.
        Assert.That(table.std().item<float>(), Is.EqualTo(0.3f).Within(0.05f));
        // Pins the stream of a name: a change of it changes every model trained from a seed.
        Assert.That(table[0][0].item<float>(), Is.EqualTo(-0.0995005f).Within(1e-6f));
    }
}
