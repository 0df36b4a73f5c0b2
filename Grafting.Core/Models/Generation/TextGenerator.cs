using Grafting.Core.Numerics;
using TorchSharp;
using static TorchSharp.torch;

namespace Grafting.Core.Models.Generation;

/// <summary>When generation ends.</summary>
/// <param name="MaxNewTokens">The most tokens that a row gets.</param>
/// <param name="StopIds">A row ends at the first of these, which is not part of the result.</param>
public sealed record GenerationLimits(int MaxNewTokens, IReadOnlyCollection<int> StopIds)
{
    public GenerationLimits Validate()
    {
        Fault.IfOutside(MaxNewTokens, 1, 1 << 20);
        return this;
    }
}

/// <param name="Ids">The new tokens, the stop token left out.</param>
/// <param name="Stopped">Whether a stop token came; false when the limit was reached.</param>
public sealed record Continuation(int[] Ids, bool Stopped);

/// <summary>Continues prompts, many rows at once, with a key/value cache.</summary>
// r rows, l columns of the prompts, t all columns, w residual width
public sealed class TextGenerator(Decoder decoder)
{
    /// <param name="prompts_rlw">Embeddings, padded on the left; what stands at padding does not matter.</param>
    /// <param name="lengths">Real positions of each row: the last ones.</param>
    /// <param name="onToken">Called with row and token as they come.</param>
    public Continuation[] Generate(
        Tensor prompts_rlw, IReadOnlyList<int> lengths, GenerationLimits limits, Sampling? sampling = null, Action<int,
        int>? onToken = null)
    {
        limits.Validate();
        var chosen = (sampling ?? Sampling.Greedy).Validate();
        var random = new DeterministicRandom(chosen.Seed);
        var (rows, columns) = (lengths.Count, (int)prompts_rlw.shape[1]);
        var ids = Enumerable.Range(0, rows).Select(_ => new List<int>()).ToArray();
        var stopped = new bool[rows];

        using var _ = no_grad();
        using var all = NewDisposeScope();
        using var cache = new KeyValueCache(columns + limits.MaxNewTokens);
        var mask = RealColumns(lengths, columns, columns + limits.MaxNewTokens);
        var positions = PromptPositions(lengths, columns);
        var inputs = prompts_rlw;
        for (var step = 0; step < limits.MaxNewTokens; step++)
        {
            using var scope = NewDisposeScope();
            var hidden = decoder.forward(inputs, positions, PassMask(mask, step, columns), cache);
            var next = Choose(decoder.head(hidden.select(1, hidden.shape[1] - 1)), chosen, random);
            for (var row = 0; row < rows; row++)
            {
                if (stopped[row]) continue;
                stopped[row] = limits.StopIds.Contains(next[row]);
                if (stopped[row]) continue;
                ids[row].Add(next[row]);
                onToken?.Invoke(row, next[row]);
            }
            if (stopped.All(done => done) || step + 1 == limits.MaxNewTokens) break;
            inputs = decoder.embed(Column(next.Select(id => (long)id))).MoveToOuterDisposeScope();
            positions = Column(lengths.Select(length => (long)length + step)).MoveToOuterDisposeScope();
        }
        return [.. ids.Zip(stopped, (row, done) => new Continuation([.. row], done))];
    }

    /// <summary>bool [r, 1, 1, capacity], true where a column is not padding; null when no row has any.</summary>
    Tensor? RealColumns(IReadOnlyList<int> lengths, int columns, int capacity)
    {
        if (lengths.All(length => length == columns)) return null;
        var real = new bool[lengths.Count * capacity];
        for (var row = 0; row < lengths.Count; row++)
            real.AsSpan(row * capacity + columns - lengths[row], capacity - columns + lengths[row]).Fill(true);
        return torch.tensor(real, device: decoder.Device).view(lengths.Count, 1, 1, capacity);
    }

    Tensor PromptPositions(IReadOnlyList<int> lengths, int columns)
    {
        var positions = new long[lengths.Count * columns];
        for (var i = 0; i < positions.Length; i++) positions[i] = Math.Max(0, i % columns - columns + lengths[i / columns]);
        return torch.tensor(positions, device: decoder.Device).view(lengths.Count, columns);
    }

    Tensor? PassMask(Tensor? real_r11t, int step, int columns)
    {
        if (real_r11t is null) return null;
        if (step > 0) return real_r11t.narrow(3, 0, columns + step);
        var causal = torch.ones([columns, columns], ScalarType.Bool, decoder.Device).tril();
        return real_r11t.narrow(3, 0, columns).logical_and(causal);
    }

    Tensor Column(IEnumerable<long> values)
    {
        var array = values.ToArray();
        return torch.tensor(array, device: decoder.Device).view(array.Length, 1);
    }

    static int[] Choose(Tensor logits_rv, Sampling sampling, DeterministicRandom random)
    {
        if (sampling.IsGreedy) return [.. logits_rv.argmax(-1).cpu().data<long>().ToArray().Select(id => (int)id)];
        var (rows, vocabulary) = ((int)logits_rv.shape[0], (int)logits_rv.shape[1]);
        var logits = logits_rv.to(ScalarType.Float32).cpu().data<float>().ToArray();
        return [.. Enumerable.Range(0, rows).Select(row => sampling.Draw(logits.AsSpan(row * vocabulary, vocabulary), random))];
    }
}
