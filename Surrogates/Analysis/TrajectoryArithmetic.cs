using Grafting.Core;
using static TorchSharp.torch;

namespace Grafting.Surrogates.Analysis;

/// <summary>
/// How the prediction trajectory is computed from the probabilities of the actual next tokens (arXiv 2505.22664, section 3): each layer's
/// probabilities are made a distribution over the positions of the sample, and compared with that of the last layer.
/// </summary>
public abstract class TrajectoryArithmetic
{
    /// <summary>Float32 probabilities as logarithms, sums in float64, nothing clamped.</summary>
    public static TrajectoryArithmetic Exact { get; } = new ExactArithmetic();

    /// <summary>
    /// That of the published code: softmax and the sum over the positions rounded to bfloat16, the distribution clamped from below at 1e-6
    /// and not made to sum to 1 again. Meant for a model in bfloat16.
    /// </summary>
    public static TrajectoryArithmetic Zero { get; } = new ZeroArithmetic();

    /// <summary>For reports.</summary>
    public abstract string Name { get; }

    public static TrajectoryArithmetic Named(string? compat) => compat switch
    {
        null => Exact,
        "zero" => Zero,
        _ => throw Fault.Usage($"--compat is {Printable.Quote(compat)}; known is zero.", "Leave it out for exact arithmetic."),
    };

    /// <summary>The probability of each row's next token, in the form that <see cref="Divergences"/> wants; float32 [n].</summary>
    /// <param name="logits_nv">In the model's type.</param>
    /// <param name="logProbabilities_nv">Their log-softmax in float32.</param>
    /// <param name="next_n1">int64.</param>
    public abstract Tensor Score(Tensor logits_nv, Tensor logProbabilities_nv, Tensor next_n1);

    /// <summary>KL(q_l ‖ q_last) in nats for every layer of one sample.</summary>
    /// <param name="scores">[layer][position].</param>
    public abstract double[] Divergences(float[][] scores);

    sealed class ExactArithmetic : TrajectoryArithmetic
    {
        public override string Name => "exact";

        public override Tensor Score(Tensor logits_nv, Tensor logProbabilities_nv, Tensor next_n1) =>
            logProbabilities_nv.gather(1, next_n1).squeeze(1);

        public override double[] Divergences(float[][] scores)
        {
            var logs = Array.ConvertAll(scores, LogShares);
            return Array.ConvertAll(logs, log => log.Zip(logs[^1], (l, last) => Math.Exp(l) * (l - last)).Sum());
        }

        static double[] LogShares(float[] logs)
        {
            // Relative to the largest: probabilities may be too small for any float.
            var most = logs.Max();
            var total = most + Math.Log(logs.Sum(log => Math.Exp((double)log - most)));
            return Array.ConvertAll(logs, log => log - total);
        }
    }

    sealed class ZeroArithmetic : TrajectoryArithmetic
    {
        const double Floor = 1e-6;

        public override string Name => "zero";

        public override Tensor Score(Tensor logits_nv, Tensor logProbabilities_nv, Tensor next_n1) =>
            nn.functional.softmax(logits_nv.to(ScalarType.BFloat16), -1).gather(1, next_n1).squeeze(1).to(ScalarType.Float32);

        public override double[] Divergences(float[][] scores)
        {
            using var scope = NewDisposeScope();
            var shares = Array.ConvertAll(scores, Shares);
            return Array.ConvertAll(shares, q => (double)q.mul(q.div(shares[^1]).log()).sum().item<float>());
        }

        static Tensor Shares(float[] probabilities)
        {
            var p = tensor(probabilities).to(ScalarType.BFloat16);
            return p.div(p.sum()).to(ScalarType.Float32).clamp(min: Floor);
        }
    }
}
