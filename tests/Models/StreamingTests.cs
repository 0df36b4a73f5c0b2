using Grafting.Core;
using Grafting.Core.Models;
using Grafting.Core.Models.Decoders;
using Grafting.Core.Models.Streaming;
using Grafting.Core.Running;
using Grafting.Core.Text;
using Grafting.Tests.Support;
using static TorchSharp.torch;

namespace Grafting.Tests.Models;

/// <summary>A decoder run layer by layer is the decoder.</summary>
sealed class StreamingTests : InScope
{
    static IReadOnlyList<Passage> Passages(int vocabulary = 512) =>
        [.. new[] { 7, 30, 2, 30, 19 }.Select((length, p) => new Passage(
            $"p{p}", [.. Enumerable.Range(0, length).Select(i => 3 + ((i * 7) + (p * 31)) % (vocabulary - 3))]))];

    [Test]
    public void States_and_logits_are_those_of_the_whole_decoder()
    {
        using var folder = new TempFolder();
        using var _ = no_grad();
        var model = Shared.Real("models/stories260K");
        using var whole = DecoderFamilies.Load(model, CPU, ScalarType.Float32);
        using var stream = LayerStream.Open(model, CPU, ScalarType.Float32);
        var pass = new StatePass(stream, Passages(), folder.Path);
        pass.Run(Enumerable.Range(0, 6).ToHashSet(), "x");
        foreach (var batch in pass.Batches)
        {
            for (var border = 0; border <= 5; border++)
            {
                using var file = pass.Open(border);
                var rows = file.Read(batch);
                var row = 0;
                for (var i = 0; i < batch.Passages.Count; row += batch.Lengths[i++])
                {
                    var hidden = Hidden(whole, pass.Passages[batch.Passages[i]]);
                    // Float32; the same operations on batches of another shape.
                    Compare.Close(rows.narrow(0, row, batch.Lengths[i]), hidden[border], 2e-5, $"border {border}");
                    if (border == 5)
                        Compare.Close(stream.Ends.final_norm(rows.narrow(0, row, batch.Lengths[i])), hidden[6], 2e-5, "final norm");
                }
            }
        }
    }

    [Test]
    public void Only_wanted_borders_stay_and_nothing_is_computed_twice()
    {
        using var folder = new TempFolder();
        using var stream = LayerStream.Open(Shared.Real("models/stories260K"), CPU, ScalarType.Float32);
        var pass = new StatePass(stream, Passages(), folder["scratch"]);
        pass.Run(new HashSet<int> { 2, 5 }, "x");
        string[] Files() => [.. Directory.EnumerateFiles(pass.Folder).Select(path => Path.GetFileName(path)).Order()];
        Assert.That(Files(), Is.EqualTo(new[] { "border-002.safetensors", "border-005.safetensors" }));
        var written = File.GetLastWriteTimeUtc(Path.Combine(pass.Folder, "border-005.safetensors"));
        pass.Run(new HashSet<int> { 2, 3, 5 }, "x");
        Assert.That(Files(), Is.EqualTo(new[] { "border-002.safetensors", "border-003.safetensors", "border-005.safetensors" }));
        Assert.That(File.GetLastWriteTimeUtc(Path.Combine(pass.Folder, "border-005.safetensors")), Is.EqualTo(written));
        pass.Discard();
        Assert.That(Directory.Exists(folder["scratch"]), Is.False);
    }

    [Test]
    public void An_interrupted_pass_goes_on_and_ends_with_the_same_bytes()
    {
        using var folder = new TempFolder();
        using var stream = LayerStream.Open(Shared.Real("models/stories260K"), CPU, ScalarType.Float32);
        var whole = new StatePass(stream, Passages(), folder["whole"]);
        whole.Run(new HashSet<int> { 5 }, "x");
        var cut = new StatePass(stream, Passages(), folder["cut"]);
        for (var layers = 0; ; layers++)
        {
            using var stop = new StopRequest();
            var seen = 0;
            try
            {
                cut.Run(new HashSet<int> { 5 }, "x", new OnProgress(_ => { if (++seen == 2) stop.Request("test"); }), stop);
                Assert.That(layers, Is.EqualTo(2), "two layers in each of the first two runs, one in the last");
                break;
            }
            catch (GraftException stopped) when (stopped.Kind == ErrorKind.Stopped)
            {
                Assert.That(layers, Is.LessThan(10));
            }
        }
        Assert.That(
            File.ReadAllBytes(Path.Combine(cut.Folder, "border-005.safetensors")),
            Is.EqualTo(File.ReadAllBytes(Path.Combine(whole.Folder, "border-005.safetensors"))));
    }

    [Test]
    public void Other_passages_or_another_type_have_a_folder_of_their_own()
    {
        using var stream = LayerStream.Open(Shared.Real("models/stories260K"), CPU, ScalarType.Float32);
        using var half = LayerStream.Open(Shared.Real("models/stories260K"), CPU, ScalarType.BFloat16);
        string[] folders =
        [
            new StatePass(stream, Passages(), "s").Folder, new StatePass(stream, [.. Passages().Skip(1)], "s").Folder,
            new StatePass(half, Passages(), "s").Folder,
        ];
        Assert.That(folders, Is.Unique);
    }

    [Test]
    public void Every_row_of_every_passage_is_in_one_batch_once([Values(1, 40, 1000)] int positions)
    {
        var passages = Passages();
        var batches = PassageBatch.Plan(passages, positions);
        Assert.Multiple(() =>
        {
            Assert.That(batches.SelectMany(b => b.Passages), Is.EquivalentTo(Enumerable.Range(0, passages.Count)));
            Assert.That(batches.Select(b => b.FirstRow), Is.EqualTo(batches.Select((_, i) => (long)batches.Take(i).Sum(b => b.Rows))));
            Assert.That(batches, Has.All.Matches<PassageBatch>(b => b.Passages.Count == 1 || b.Passages.Count * b.Longest <= positions));
        });
        foreach (var batch in batches)
        {
            var rows = rand([batch.Rows, 3]);
            Assert.That(batch.Unpad(batch.Pad(rows)).Equals(rows), Is.True);
        }
    }

    [Test]
    public void A_layer_is_what_stands_before_its_last_matrix_and_that_matrix()
    {
        using var _ = no_grad();
        foreach (var family in (string[])["llama_gqa", "llama_bias", "mistral_sw", "qwen2", "qwen3"])
        {
            using var stream = LayerStream.Open(Shared.Fixture($"decoders/{family}"), CPU, ScalarType.Float32);
            using var layer = stream.Load(3);
            var x = randn([2, 9, 64]);
            var positions = arange(9, ScalarType.Int64).unsqueeze(0).expand(2, 9);
            var (residual, features) = layer.BeforeLastProjection(x, positions);
            Compare.Close(residual.add(nn.functional.linear(features, layer.LastProjection!)), layer.forward(x, positions), 1e-5, family);
        }
    }

    [Test]
    public void A_state_that_is_not_finite_is_named()
    {
        using var folder = new TempFolder();
        using var stream = LayerStream.Open(Shared.Real("models/stories260K"), CPU, ScalarType.Float32);
        using (no_grad()) foreach (var (_, table) in stream.Ends.named_parameters()) table.fill_(float.NaN);
        var pass = new StatePass(stream, Passages(), folder.Path);
        Assert.That(
            () => pass.Run(new HashSet<int> { 5 }, "x"),
            Throws.TypeOf<GraftException>().With.Property(nameof(GraftException.Kind)).EqualTo(ErrorKind.Numerics).And.Message.Contains(
                "after 0 layers is not finite"));
    }

    static List<Tensor> Hidden(Decoder model, Passage passage)
    {
        var hidden = new List<Tensor>();
        var ids = tensor(Array.ConvertAll(passage.Ids, id => (long)id)).unsqueeze(0);
        model.forward(model.embed(ids), arange(passage.Ids.Length, ScalarType.Int64).unsqueeze(0), null, null, hidden);
        return hidden.ConvertAll(h => h.squeeze(0));
    }
}
