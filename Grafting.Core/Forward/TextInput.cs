using Grafting.Core.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Grafting.Core.Forward;

/// <summary>Rows of token ids or embeddings with what goes along with them, checked against the decoder that gets them.</summary>
/// <param name="Ids_bs">int64; null where embeddings are given instead.</param>
/// <param name="Embeddings_bsw">Null where ids are given.</param>
/// <param name="Real_bs">Bool, false at padding.</param>
/// <param name="Positions_bs">int64.</param>
/// <param name="Labels_bs">int64 with <see cref="Ignored"/> where no token is to be predicted; null without.</param>
// b batch, s sequence, w residual width
sealed record TextInput(Tensor? Ids_bs, Tensor? Embeddings_bsw, Tensor Real_bs, Tensor Positions_bs, Tensor? Labels_bs)
{
    public const long Ignored = -100;

    /// <summary>Bool, true at padding, [b, s, 1]; null where there is none.</summary>
    public Tensor? Padding_bs1 { get; } = Real_bs.all().item<bool>() ? null : Real_bs.logical_not().unsqueeze(-1);

    /// <param name="pictureToken">An id that is taken although it may be outside of the vocabulary; null: none.</param>
    public static TextInput Read(ForwardInputs inputs, Decoder decoder, long? pictureToken)
    {
        var ids = inputs.WholeNumbers(InputNames.Ids, decoder.Device);
        var embeddings = inputs.Floats(InputNames.Embeddings, decoder.DType, decoder.Device);
        if (ids is null && embeddings is null) throw inputs.Missing($"{InputNames.Ids}, nor {InputNames.Embeddings}");
        if (ids is not null && embeddings is not null)
            throw inputs.Wrong(InputNames.Embeddings, $"{InputNames.Ids} says the same; give one of them");
        if (ids is not null) CheckIds(inputs, ids, decoder.Shape.Vocabulary, pictureToken);
        if (embeddings is not null && (embeddings.shape.Length != 3 || embeddings.shape[2] != decoder.Shape.Width))
            throw inputs.Wrong(InputNames.Embeddings, $"[batch, sequence, {decoder.Shape.Width}] was expected");

        var (b, s) = ((ids ?? embeddings!).shape[0], (ids ?? embeddings!).shape[1]);
        var real = inputs.Mask(InputNames.Mask, decoder.Device) ?? torch.ones([b, s], ScalarType.Bool, decoder.Device);
        Fits(InputNames.Mask, real);
        if (inputs.WholeNumbers(InputNames.Positions, decoder.Device) is { } positions)
        {
            // One row of positions counts for all rows.
            if (positions.shape is [1, _]) positions = positions.expand(b, positions.shape[1]);
            Fits(InputNames.Positions, positions);
            if (positions.min().item<long>() is < 0 and var least)
                throw inputs.Wrong(InputNames.Positions, $"{least} stands in it; positions begin at 0");
        }
        else
        {
            using Scalar length = s;
            positions = torch.arange(length, ScalarType.Int64, decoder.Device).expand(b, s);
        }
        var labels = inputs.WholeNumbers(InputNames.Labels, decoder.Device);
        if (labels is not null)
        {
            Fits(InputNames.Labels, labels);
            CheckLabels(inputs, labels, decoder.Shape.Vocabulary);
        }
        return new TextInput(ids, embeddings, real, positions, labels);

        void Fits(string name, Tensor given)
        {
            if (given.shape.SequenceEqual([b, s])) return;
            throw inputs.Wrong(name, $"[{b}, {s}] was expected, as the {(ids is null ? InputNames.Embeddings : InputNames.Ids)} are");
        }
    }

    /// <summary>Who may attend to whom, [b, 1, s, s]; null where the decoder's own causal order says it.</summary>
    public Tensor? Mask()
    {
        if (Padding_bs1 is null) return null;
        var (b, s) = (Real_bs.shape[0], Real_bs.shape[1]);
        return Real_bs.view(b, 1, 1, s).logical_and(torch.ones([s, s], ScalarType.Bool, Real_bs.device).tril());
    }

    /// <summary>
    /// The ids, of which each is predicted from those before it: without padding, pictures, and the first token of every row, which nothing
    /// precedes.
    /// </summary>
    public Tensor DefaultLabels(long? pictureToken)
    {
        using Scalar one = 1, ignored = Ignored;
        var real = Real_bs.to(ScalarType.Int64);
        var first = real.cumsum(1).eq(one).logical_and(Real_bs);
        var left = Real_bs.logical_not().logical_or(first);
        if (pictureToken is { } token)
        {
            using Scalar picture = token;
            left = left.logical_or(Ids_bs!.eq(picture));
        }
        return Ids_bs!.masked_fill(left, ignored);
    }

    static void CheckIds(ForwardInputs inputs, Tensor ids, int vocabulary, long? pictureToken)
    {
        if (ids.shape.Length != 2) throw inputs.Wrong(InputNames.Ids, "[batch, sequence] was expected");
        if (FirstOutside(ids, vocabulary, pictureToken) is { } id)
            throw inputs.Wrong(InputNames.Ids, $"the id {id} is outside of the vocabulary, whose ids are 0 to {vocabulary - 1}");
    }

    static void CheckLabels(ForwardInputs inputs, Tensor labels, int vocabulary)
    {
        if (FirstOutside(labels, vocabulary, Ignored) is { } id)
            throw inputs.Wrong(
                InputNames.Labels, $"the label {id} is neither {Ignored} nor an id of the vocabulary, 0 to {vocabulary - 1}");
    }

    static long? FirstOutside(Tensor ids, int vocabulary, long? allowed)
    {
        var values = ids.cpu().contiguous().data<long>().ToArray();
        var index = Array.FindIndex(values, id => (id < 0 || id >= vocabulary) && id != allowed);
        return index < 0 ? null : values[index];
    }
}
