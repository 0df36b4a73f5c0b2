using Grafting.Core.Numerics;

namespace Grafting.Core.Models.Generation;

/// <summary>How the next token is chosen.</summary>
/// <param name="Temperature">0 takes the most likely token; above, probabilities are sharpened (below 1) or flattened (above 1).</param>
/// <param name="TopP">Only the most likely tokens that together reach this probability are drawn from; 1 keeps all.</param>
/// <param name="Seed">Of the random numbers; the same on every machine.</param>
public sealed record Sampling(double Temperature = 0, double TopP = 1, ulong Seed = 0)
{
    public static Sampling Greedy { get; } = new();

    public bool IsGreedy => Temperature == 0;

    public Sampling Validate()
    {
        Fault.IfOutside(Temperature, 0, 100);
        Fault.IfOutside(TopP, 1e-6, 1);
        return this;
    }

    /// <summary>Draws one token.</summary>
    /// <param name="logits">One number per token of the vocabulary; not greedy.</param>
    public int Draw(ReadOnlySpan<float> logits, DeterministicRandom random)
    {
        var highest = float.NegativeInfinity;
        foreach (var logit in logits) highest = Math.Max(highest, logit);
        if (!float.IsFinite(highest)) throw Fault.Numerics("The model gave logits that are not finite; no token can be drawn.");

        var weights = new double[logits.Length];
        var total = 0.0;
        for (var i = 0; i < weights.Length; i++) total += weights[i] = Math.Exp((logits[i] - highest) / Temperature);
        if (TopP == 1) return Pick(weights, total, random);

        var order = Enumerable.Range(0, weights.Length).ToArray();
        Array.Sort(order, (a, b) => weights[a] != weights[b] ? weights[b].CompareTo(weights[a]) : a.CompareTo(b));
        var (kept, nucleus) = (0, 0.0);
        while (kept < order.Length && nucleus < TopP * total) nucleus += weights[order[kept++]];
        var chosen = order.AsSpan(0, kept).ToArray();
        return chosen[Pick(Array.ConvertAll(chosen, token => weights[token]), nucleus, random)];
    }

    static int Pick(double[] weights, double total, DeterministicRandom random)
    {
        var left = random.NextDouble() * total;
        var last = 0;
        for (var i = 0; i < weights.Length; i++)
        {
            if (weights[i] == 0) continue;
            last = i;
            left -= weights[i];
            if (left < 0) break;
        }
        return last;
    }
}
