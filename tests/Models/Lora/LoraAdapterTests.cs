using Grafting.Core;
using Grafting.Core.Models;
using Grafting.Core.Models.Layers;
using Grafting.Core.Models.Lora;
using Grafting.Core.Numerics;
using Grafting.Tests.Support;
using static TorchSharp.torch;

namespace Grafting.Tests.Models.Lora;

/// <summary>Adapters of low rank against loops over doubles, and how they stand in a decoder.</summary>
public class LoraAdapterTests : InScope
{
    static readonly LoraConfig Config = new() { Rank = 3, Alpha = 12, Dropout = 0 };

    [Test]
    public void A_fresh_adapter_changes_no_bit_of_the_logits([Values(ScalarType.Float32, ScalarType.BFloat16)] ScalarType dtype)
    {
        using var decoder = Tiny.Llama(dtype: dtype);
        var before = Logits(decoder).bytes.ToArray();
        LoraAdapters.Attach(decoder, Config with { Targets = ["q_proj", "v_proj", "down_proj"] }, 5);
        Assert.That(Logits(decoder).bytes.ToArray(), Is.EqualTo(before));
    }

    [Test]
    public void Values_and_gradients_are_those_of_plain_loops_over_doubles()
    {
        const int From = 6, To = 4, Rows = 5;
        using var decoder = Tiny.Llama(
            config: Tiny.WithShape(shape => shape with { Width = From, FeedForwardWidth = To, Heads = 1, KvHeads = 1, HeadWidth = 6 }));
        var adapter = LoraAdapters.Attach(decoder, Config with { Targets = ["gate_proj"] }, 5).Members[0].Value;
        var matrix = decoder.named_modules().Select(m => m.module).OfType<Dense>().First(d => d.Weight.shape.SequenceEqual([To, From]));
        var random = new DeterministicRandom(9);
        float[] Draw(int count) => [.. Enumerable.Range(0, count).Select(_ => (float)random.NextGaussian())];
        var (w, a, b, x, g) = (Draw(To * From), Draw(3 * From), Draw(To * 3), Draw(Rows * From), Draw(Rows * To));
        using (no_grad())
        {
            matrix.Weight.copy_(tensor(w, [To, From]));
            adapter.Down.copy_(tensor(a, [3, From]));
            adapter.Up.copy_(tensor(b, [To, 3]));
        }
        matrix.Weight.requires_grad = false;
        var input = tensor(x, [Rows, From], requires_grad: true);
        var y = matrix.forward(input);
        (y * tensor(g, [Rows, To])).sum().backward();

        const double Scale = 4; // alpha / rank
        double[] inner = new double[Rows * 3], wantY = new double[Rows * To], wantA = new double[3 * From], wantB = new double[To * 3],
        wantX = new double[Rows * From];
        for (var n = 0; n < Rows; n++)
        {
            for (var r = 0; r < 3; r++)
                for (var i = 0; i < From; i++) inner[n * 3 + r] += (double)x[n * From + i] * a[r * From + i];
            for (var o = 0; o < To; o++)
            {
                double grad = g[n * To + o];
                for (var i = 0; i < From; i++)
                {
                    wantY[n * To + o] += (double)x[n * From + i] * w[o * From + i];
                    wantX[n * From + i] += grad * w[o * From + i];
                }
                for (var r = 0; r < 3; r++)
                {
                    wantY[n * To + o] += Scale * inner[n * 3 + r] * b[o * 3 + r];
                    wantB[o * 3 + r] += Scale * grad * inner[n * 3 + r];
                    for (var i = 0; i < From; i++)
                    {
                        wantA[r * From + i] += Scale * grad * b[o * 3 + r] * x[n * From + i];
                        wantX[n * From + i] += Scale * grad * b[o * 3 + r] * a[r * From + i];
                    }
                }
            }
        }
        // Sums of up to 20 float32 products of numbers around 1, the largest results near 100: some 1e-5 of rounding.
        Assert.Multiple(() =>
        {
            Close(y, wantY);
            Close(adapter.Down.grad!, wantA);
            Close(adapter.Up.grad!, wantB);
            Close(input.grad!, wantX);
            Assert.That(matrix.Weight.grad is null, "the frozen matrix has no gradient");
        });

        static void Close(Tensor found, double[] wanted) => Assert.That(
            found.detach().data<float>().ToArray().Select(v => (double)v), Is.EqualTo(wanted).Within(2e-5));
    }

    [Test]
    public void Adapters_stand_beside_the_matrices_that_are_named_and_are_listed_as_parameters()
    {
        using var decoder = Tiny.Llama();
        var own = decoder.named_parameters().Select(p => p.name).ToHashSet();
        var adapters = LoraAdapters.Attach(decoder, Config with { Targets = ["q_proj", "model.layers.1.mlp.up_proj"] }, 5);
        var added = decoder.named_parameters().Where(p => !own.Contains(p.name)).ToDictionary(p => p.name, p => p.parameter);
        Assert.Multiple(() =>
        {
            Assert.That(adapters.Members.Select(m => m.Key), Is.EqualTo(new[]
            {
                "model.layers.0.self_attn.q_proj", "model.layers.1.self_attn.q_proj", "model.layers.1.mlp.up_proj",
            }));
            Assert.That(added.Keys, Has.Count.EqualTo(6).And.All.Matches<string>(LoraAdapters.Owns));
            Assert.That(own, Has.None.Matches<string>(LoraAdapters.Owns));
            Assert.That(added["layers.0.attention.query.lora.down"].shape, Is.EqualTo(new long[] { 3, 16 }));
            Assert.That(added["layers.1.feed_forward.up.lora.up"].shape, Is.EqualTo(new long[] { 24, 3 }));
        });
    }

    [Test]
    public void Adapters_are_float32_beside_a_matrix_of_half_precision_and_begin_within_their_bound()
    {
        using var decoder = Tiny.Llama(dtype: ScalarType.BFloat16);
        var adapter = LoraAdapters.Attach(decoder, Config, 5).Members[0].Value;
        var values = adapter.Down.detach().data<float>().ToArray();
        Assert.Multiple(() =>
        {
            Assert.That(adapter.Down.dtype, Is.EqualTo(ScalarType.Float32));
            Assert.That(adapter.Up.dtype, Is.EqualTo(ScalarType.Float32));
            // 16 inputs: uniform in ±1/4.
            Assert.That(values, Has.All.InRange(-0.25f, 0.25f));
            Assert.That(values.Max(), Is.GreaterThan(0.2f));
            Assert.That(adapter.Up.detach().data<float>().ToArray(), Has.All.Zero);
        });
    }

    [TestCase("q_prj", "q_proj")]
    [TestCase("down_projs", "down_proj")]
    public void An_unknown_target_is_refused_and_the_nearest_named(string target, string nearest)
    {
        using var decoder = Tiny.Llama();
        var fault = Assert.Throws<GraftException>(() => LoraAdapters.Attach(decoder, Config with { Targets = ["v_proj", target] }, 5));
        Assert.Multiple(() =>
        {
            Assert.That(fault!.Kind, Is.EqualTo(ErrorKind.Usage));
            Assert.That(fault.Message, Does.Contain(target));
            Assert.That(fault.Remedy, Does.Contain($"mean {nearest}?"));
            Assert.That(decoder.named_parameters().Select(p => p.name), Has.None.Matches<string>(LoraAdapters.Owns), "nothing is attached");
        });
    }

    static Tensor Logits(Decoder decoder)
    {
        using var _ = no_grad();
        var ids = tensor(new long[] { 3, 7, 1, 20, 11, 4, 4, 29 }, [1, 8]);
        return decoder.head(decoder.forward(decoder.embed(ids), Tiny.Positions(1, 8), null).view(8, -1)).contiguous();
    }
}
