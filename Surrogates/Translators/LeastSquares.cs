using System.Text.Json.Nodes;
using Grafting.Core;
using Grafting.Core.Models.Streaming;
using Grafting.Core.Running;
using static TorchSharp.torch;

namespace Grafting.Surrogates.Translators;

/// <summary>What a closed-form solution achieves.</summary>
/// <param name="Ridge">Weight of the pull towards the copied matrix, relative to the mean square of the features.</param>
/// <param name="Before">
/// Squared error of the states at the range's end over their squared change in the range, on passages that were left out, with the copied
/// matrix.
/// </param>
/// <param name="After">The same with the solved one.</param>
public sealed record LeastSquaresFit(LayerRange Range, double Ridge, double Before, double After)
{
    public JsonObject ToJson() => new()
    {
        ["range"] = Range.ToString(),
        ["ridge"] = Ridge,
        ["error_before"] = Before,
        ["error_after"] = After,
    };
}

/// <summary>
/// Solves for the last matrix of each range's last translator, so that its output comes as close to the target's states at the end of the
/// range as the layer's own features allow.
/// </summary>
/// <remarks>
/// A layer returns <c>r + f·Wᵀ</c>, where r and f do not depend on W (<see cref="Core.Models.DecoderLayer.BeforeLastProjection"/>); so the
/// best W for given states is a linear regression of (states at the end − r) on f, whose solution is the layer itself: nothing has to be
/// added to it. A linear map of the range's input states would not do: no weight of a pre-norm layer acts on the residual stream without
/// its norm. Compare Shopkhoev et al., "ReplaceMe" (arXiv 2505.02819), who solve for a square matrix behind the feed-forward part, a
/// special case of this. The pull is towards the copied W₀: (FᵀF + λI)(W − W₀)ᵀ = Fᵀ(R − F·W₀ᵀ), λ relative to the mean diagonal of FᵀF,
/// chosen on one passage in five.
/// </remarks>
// n rows (tokens), f features, w residual width
public static class LeastSquares
{
    const int HoldOut = 5;
    static readonly double[] ridges = [1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1];

    /// <param name="states">Whose states at both ends of every range are there.</param>
    public static IReadOnlyList<LeastSquaresFit> Solve(
        TranslatorSet translators, IReadOnlyList<LayerRange> ranges, StatePass states, IProgress<ProgressReport>? progress = null,
        StopRequest? stop = null) =>
        [.. ranges.Select(range => Solve(translators.Of(range), range, states, progress, stop))];

    static LeastSquaresFit Solve(
        IReadOnlyList<Translator> translators, LayerRange range, StatePass states, IProgress<ProgressReport>? progress, StopRequest? stop)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var weight = translators[^1].Layer.LastProjection ?? throw Fault.Usage(
            $"--init least-squares cannot fit layers of the family {states.Decoder.Config.ModelType}: a norm stands behind their last "
                + "matrix, so that their output is not linear in it.",
            "Use --init first, last or mean, with --distil for a better start.");
        var (kept, held) = (new Moments(weight), new Moments(weight));
        using var before = states.Open(range.First);
        using var after = states.Open(range.Last + 1);
        var done = 0L;
        foreach (var batch in states.Batches)
        {
            if (stop is { Requested: true })
                throw stop.Stopped($"The states are kept in {states.Folder}.", "Run the same command again to go on.");
            using var step = NewDisposeScope();
            var (residual, features) = Run(translators, batch, before);
            var wanted = after.Read(batch).to(ScalarType.Float32);
            var change = wanted.sub(before.Read(batch).to(ScalarType.Float32));
            var row = 0L;
            for (var i = 0; i < batch.Passages.Count; row += batch.Lengths[i++])
            {
                using var passage = NewDisposeScope();
                Tensor Rows(Tensor x) => x.narrow(0, row, batch.Lengths[i]);
                (batch.Passages[i] % HoldOut == HoldOut - 1 ? held : kept).Add(
                    Rows(features), Rows(wanted).sub(Rows(residual)), Rows(change));
            }
            progress?.Report(new ProgressReport($"fitting the translator of {range}", done += batch.Rows, states.Tokens, "tokens"));
        }
        // Too little text to leave any out.
        if (held.Rows == 0) held = kept;
        var ridge = ridges.MinBy(candidate => held.Error(kept.Solve(candidate)));
        var fit = new LeastSquaresFit(range, ridge, held.Error(null), held.Error(kept.Solve(ridge)));
        weight.add_((ReferenceEquals(held, kept) ? kept : kept.Plus(held)).Solve(ridge).to(weight.dtype));
        return fit;
    }

    static (Tensor Residual_nw, Tensor Features_nf) Run(IReadOnlyList<Translator> translators, PassageBatch batch, StateFile before)
    {
        using var scope = NewDisposeScope();
        var x = batch.Pad(before.Read(batch).to(ScalarType.Float32));
        var positions = batch.Positions(x.device);
        foreach (var translator in translators.SkipLast(1)) x = translator.Layer.forward(x, positions);
        var (residual, features) = translators[^1].Layer.BeforeLastProjection(x, positions);
        return (batch.Unpad(residual).MoveToOuterDisposeScope(), batch.Unpad(features).MoveToOuterDisposeScope());
    }

    /// <summary>All that a regression needs to know of its data, in float64.</summary>
    /// <param name="Copied">W₀, from which the solution departs.</param>
    sealed record Moments(Tensor Copied)
    {
        readonly Tensor _features_ff = zeros([Copied.shape[1], Copied.shape[1]], ScalarType.Float64, Copied.device);
        readonly Tensor _cross_fw = zeros([Copied.shape[1], Copied.shape[0]], ScalarType.Float64, Copied.device);
        double _errors, _changes;

        public long Rows { get; private set; }

        /// <param name="features_nf">The layer's features.</param>
        /// <param name="wanted_nw">What they should be mapped to.</param>
        /// <param name="change_nw">How the states change in the range, by which errors are measured.</param>
        public void Add(Tensor features_nf, Tensor wanted_nw, Tensor change_nw)
        {
            var f = features_nf.to(ScalarType.Float64);
            var missing = wanted_nw.sub(nn.functional.linear(features_nf, Copied)).to(ScalarType.Float64);
            _features_ff.add_(f.t().mm(f));
            _cross_fw.add_(f.t().mm(missing));
            _errors += missing.square().sum().item<double>();
            _changes += change_nw.to(ScalarType.Float64).square().sum().item<double>();
            Rows += f.shape[0];
        }

        public Moments Plus(Moments other)
        {
            var sum = new Moments(Copied);
            foreach (var part in new[] { this, other })
            {
                sum._features_ff.add_(part._features_ff);
                sum._cross_fw.add_(part._cross_fw);
            }
            return sum;
        }

        /// <returns>W − W₀, [w, f], float64.</returns>
        public Tensor Solve(double ridge)
        {
            using var scope = NewDisposeScope();
            var size = _features_ff.shape[0];
            var identity = eye(size, size, ScalarType.Float64, _features_ff.device);
            var meanSquare = _features_ff.mul(identity).sum().item<double>() / size;
            var regularised = _features_ff.add(identity.mul(ridge * meanSquare));
            return linalg.solve(regularised, _cross_fw).t().contiguous().MoveToOuterDisposeScope();
        }

        /// <summary>Squared error over squared change, with W₀ or with a departure from it.</summary>
        public double Error(Tensor? departure_wf)
        {
            using var scope = NewDisposeScope();
            if (departure_wf is null) return _errors / _changes;
            var linear = departure_wf.t().mul(_cross_fw).sum().item<double>();
            var quadratic = departure_wf.mm(_features_ff).mul(departure_wf).sum().item<double>();
            return (_errors - (2 * linear) + quadratic) / _changes;
        }
    }
}
