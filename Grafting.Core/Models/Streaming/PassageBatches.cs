using Grafting.Core.Text;
using static TorchSharp.torch;

namespace Grafting.Core.Models.Streaming;

// b passages, s longest of them, n tokens of all, w residual width

/// <summary>Passages that are pushed through a layer together, padded on the right: a causal model never looks there.</summary>
/// <param name="Passages">Indices of the passages.</param>
/// <param name="Lengths">Of each, in tokens.</param>
/// <param name="FirstRow">Row of the first token in the files of a <see cref="StatePass"/>.</param>
public sealed record PassageBatch(IReadOnlyList<int> Passages, IReadOnlyList<int> Lengths, long FirstRow)
{
    public int Longest => Lengths.Max();

    public int Rows => Lengths.Sum();

    /// <summary>Token ids, 0 where there is none, int64 [b, s].</summary>
    public Tensor Ids(IReadOnlyList<Passage> passages, Device device)
    {
        var ids = new long[Passages.Count * Longest];
        for (var i = 0; i < Passages.Count; i++)
            for (var j = 0; j < Lengths[i]; j++) ids[(i * Longest) + j] = passages[Passages[i]].Ids[j];
        return tensor(ids, [Passages.Count, Longest], device: device);
    }

    /// <summary>int64 [b, s].</summary>
    public Tensor Positions(Device device) => arange(Longest, ScalarType.Int64, device).unsqueeze(0).expand(Passages.Count, Longest);

    /// <summary>From rows without padding [n, w] to [b, s, w].</summary>
    public Tensor Pad(Tensor rows_nw)
    {
        var width = rows_nw.shape[1];
        if (Rows == Passages.Count * Longest) return rows_nw.view(Passages.Count, Longest, width);
        var padded = zeros([Passages.Count, Longest, width], rows_nw.dtype, rows_nw.device);
        var row = 0L;
        for (var i = 0; i < Lengths.Count; row += Lengths[i++])
            padded.select(0, i).narrow(0, 0, Lengths[i]).copy_(rows_nw.narrow(0, row, Lengths[i]));
        return padded;
    }

    /// <summary>From [b, s, w] to rows without padding [n, w].</summary>
    public Tensor Unpad(Tensor x_bsw)
    {
        if (Rows == Passages.Count * Longest) return x_bsw.reshape(Rows, -1);
        return cat([.. Lengths.Select((length, i) => x_bsw.select(0, i).narrow(0, 0, length))], 0);
    }

    /// <summary>Batches of at most so many positions, of passages of similar length; their rows follow one another.</summary>
    public static IReadOnlyList<PassageBatch> Plan(IReadOnlyList<Passage> passages, int positions)
    {
        var batches = new List<PassageBatch>();
        var (members, row) = (new List<int>(), 0L);
        foreach (var passage in Enumerable.Range(0, passages.Count).OrderByDescending(p => passages[p].Ids.Length).ThenBy(p => p))
        {
            // The first is the longest.
            if (members.Count > 0 && (members.Count + 1) * passages[members[0]].Ids.Length > positions) Close();
            members.Add(passage);
        }
        if (members.Count > 0) Close();
        return batches;

        void Close()
        {
            batches.Add(new PassageBatch([.. members], [.. members.Select(p => passages[p].Ids.Length)], row));
            row += batches[^1].Rows;
            members.Clear();
        }
    }
}
