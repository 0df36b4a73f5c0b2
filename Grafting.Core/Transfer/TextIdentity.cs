using Grafting.Core.Models;
using Grafting.Core.Models.Generation;
using Grafting.Core.Numerics;
using Grafting.Core.Running;
using Grafting.Core.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace Grafting.Core.Transfer;

/// <summary>Logits of a graft beside those of its target.</summary>
/// <param name="Tokens">Tokens compared.</param>
/// <param name="Differing">Tokens of which at least one bit of the logits differs.</param>
public sealed record LogitComparison(int Tokens, int Differing);

/// <summary>
/// What grafting promises about text: a target with an encoder beside it gives, for words alone, the logits of the target, bit for bit.
/// </summary>
// s tokens of a row, w residual width, v vocabulary
public static class TextIdentity
{
    const int Rows = 8;
    const int RowLength = 32;
    const ulong Seed = 1;

    /// <summary>
    /// Loads the target plainly, then the target with the graft's encoder beside it, and runs the same random tokens through both. One of
    /// them is in memory at a time.
    /// </summary>
    public static LogitComparison Compare(
        GraftArtefact graft, Device device, ScalarType dtype, IProgress<ProgressReport>? progress = null, StopRequest? stop = null)
    {
        IReadOnlyList<byte[]> plain;
        using (var target = graft.LoadTarget(device, dtype))
        {
            CpuThreads.Fit(target.Shape, device);
            plain = Logits(target, null, progress, stop);
        }
        using var grafted = graft.LoadTarget(device, dtype);
        using var encoder = graft.LoadEncoder(device, dtype);
        return Compare(plain, Logits(grafted, encoder, progress, stop));
    }

    /// <summary>Compares the bytes of the logits, token by token.</summary>
    public static LogitComparison Compare(IReadOnlyList<byte[]> plain, IReadOnlyList<byte[]> grafted) =>
        new(plain.Count, plain.Zip(grafted).Count(pair => !pair.First.AsSpan().SequenceEqual(pair.Second)));

    /// <summary>
    /// The logits at every position of rows of random tokens, which are the same for every model with the same vocabulary.
    /// </summary>
    /// <param name="encoder">
    /// Makes the embeddings on the path of a conversation with pictures; null looks the tokens up and nothing more.
    /// </param>
    /// <returns>For every token, the bytes of [v] in the decoder's dtype.</returns>
    public static IReadOnlyList<byte[]> Logits(
        Decoder decoder, VisionEncoder? encoder, IProgress<ProgressReport>? progress = null, StopRequest? stop = null)
    {
        using var _ = no_grad();
        var random = new DeterministicRandom(Seed);
        var logits = new List<byte[]>();
        for (var row = 0; row < Rows; row++)
        {
            stop?.Token.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var ids = new int[Math.Min(RowLength, decoder.Shape.MaxPositions)];
            for (var i = 0; i < ids.Length; i++) ids[i] = random.NextInt(decoder.Shape.Vocabulary);
            var embeds_1sw = encoder is null ? decoder.embed(Row(ids.Select(id => (long)id))) : Spliced(decoder, encoder, ids);
            var hidden_1sw = decoder.forward(embeds_1sw, Row(Enumerable.Range(0, ids.Length).Select(i => (long)i)), null);
            var logits_sv = decoder.head(hidden_1sw.view(ids.Length, -1)).cpu().contiguous();
            for (var i = 0; i < ids.Length; i++) logits.Add(logits_sv.select(0, i).bytes.ToArray());
            var stage = encoder is null ? "logits of the target" : "logits of the graft";
            progress?.Report(new ProgressReport(stage, logits.Count, Rows * ids.Length, "tokens"));
        }
        return logits;

        Tensor Row(IEnumerable<long> values) => torch.tensor(values.ToArray(), device: decoder.Device).unsqueeze(0);
    }

    static Tensor Spliced(Decoder decoder, VisionEncoder encoder, int[] ids)
    {
        var prompt = ImageSplice.Expand(ids, EncodedChat.ImageSlot, encoder.Tokens);
        return PromptBatch.LeftPadded([prompt], EncodedChat.ImageSlot).Embed(decoder);
    }
}
