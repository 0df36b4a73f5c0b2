using System.Text.Json.Nodes;
using Grafting.Core;
using Grafting.Core.Checkpoints;
using Grafting.Core.Data;
using Grafting.Core.Models;
using Grafting.Core.Models.Streaming;
using Grafting.Core.Running;
using static TorchSharp.torch;

namespace Grafting.Surrogates.Translators;

/// <summary>How translators are made that are more than copies.</summary>
/// <param name="Text">What the target reads; needed for least squares and distillation.</param>
/// <param name="Distil">Trains the translators; null leaves them as they start.</param>
/// <param name="Scratch">Folder for the target's states.</param>
/// <param name="DType">Of the target's weights and states; translators are float32.</param>
/// <param name="Command">For manifests.</param>
public sealed record TranslatorRequest(
    TextCorpus? Text, DistillationConfig? Distil, string Scratch, Device Device, ScalarType DType, string Command);

/// <summary>Makes the translators of a surrogate: start, closed form, distillation; the target is streamed.</summary>
public static class TranslatorMaker
{
    /// <summary>Whether a plan's translators are other than copies of the target's layers.</summary>
    public static bool IsNeeded(SurrogatePlan plan, bool distil) =>
        distil || plan.Start is TranslatorStart.Mean or TranslatorStart.LeastSquares;

    /// <summary>Borders of the target at which states are read; none where no text is needed.</summary>
    public static IReadOnlySet<int> Borders(SurrogatePlan plan, bool distil)
    {
        var borders = new SortedSet<int>();
        if (!distil && plan.Start != TranslatorStart.LeastSquares) return borders;
        foreach (var range in plan.Replaced) borders.UnionWith([range.First, range.Last + 1]);
        if (distil) borders.Add(plan.Target.Layers);
        return borders;
    }

    /// <summary>Most that the target's states take on disk: those that are kept, and one more on the way.</summary>
    public static long StateBytes(SurrogatePlan plan, bool distil, ScalarType dtype, long tokens)
    {
        var borders = Borders(plan, distil).Count;
        return borders == 0 ? 0 : (borders + 1) * StatePass.BytesPerBorder(plan.Target.Width, dtype, tokens);
    }

    /// <exception cref="GraftException">
    /// Stopped on request after saving; Usage where text is needed and none given; Numerics, Resources.
    /// </exception>
    public static TranslatorWeights Make(
        string target, SurrogatePlan plan, TranslatorRequest request, IProgress<ProgressReport>? progress = null, StopRequest? stop = null)
    {
        using var stream = LayerStream.Open(target, request.Device, request.DType);
        CpuThreads.Fit(stream.Shape, request.Device);
        using var translators = TranslatorSet.Create(stream, plan);
        var origin = new JsonObject { ["init"] = plan.Start.Name(), ["dtype"] = TensorLoading.HuggingFaceName(request.DType) };
        var borders = Borders(plan, request.Distil is not null);
        if (borders.Count == 0) return translators.ToWeights(stream, origin);

        var text = request.Text
            ?? throw Fault.Usage("--init least-squares and --distil need text that the target reads.", "Give it with --text FILE.");
        var states = new StatePass(stream, text.Passages, request.Scratch);
        DiskSpace.Require(states.Folder, StateBytes(plan, request.Distil is not null, request.DType, states.Tokens));
        states.Run(borders, "reading the target", progress, stop);
        origin["text"] = new JsonObject
        {
            ["path"] = text.Path,
            ["sha256"] = text.Fingerprint,
            ["passages"] = text.Passages.Count,
            ["tokens"] = text.Tokens,
        };
        if (plan.Start == TranslatorStart.LeastSquares)
            origin["least_squares"] = new JsonArray(
                [.. LeastSquares.Solve(translators, plan.Replaced, states, progress, stop).Select(fit => fit.ToJson())]);
        if (request.Distil is { } config)
        {
            var (before, after) = new Distillation(states, plan, translators, config, request.Command).Run(progress, stop);
            origin["distillation"] = new JsonObject
            {
                ["steps"] = config.Steps,
                ["learning_rate"] = config.LearningRate,
                ["before"] = before.ToJson(),
                ["after"] = after.ToJson(),
            };
        }
        states.Discard();
        return translators.ToWeights(stream, origin);
    }
}
