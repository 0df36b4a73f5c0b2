using Grafting.Core;
using Grafting.Core.Checkpoints;
using Grafting.Core.Data;
using Grafting.Core.Models;
using Grafting.Core.Models.Streaming;
using Grafting.Core.Running;
using static TorchSharp.torch;

namespace Grafting.Surrogates.Analysis;

/// <summary>What <c>graft analyze</c> is asked to do.</summary>
/// <param name="Name">Of the target, for reports.</param>
/// <param name="Target">Folder of the target.</param>
/// <param name="Scratch">Folder for the states, which are removed in the end.</param>
/// <param name="Seed">Of the intervals.</param>
/// <param name="Library">Tensor library with its version, for reports.</param>
public sealed record AnalysisRequest(
    string Name, string Target, TextCorpus Text, TrajectoryArithmetic Arithmetic, string Scratch, Device Device, ScalarType DType,
    ulong Seed, string Library);

/// <param name="Samples">Passages of text.</param>
/// <param name="StateBytes">Hidden states on disk while the analysis runs.</param>
/// <param name="WeightBytes">Weights that are read, once.</param>
public sealed record AnalysisCost(int Samples, long Tokens, long StateBytes, long WeightBytes);

/// <summary>
/// Measures every layer of a target on text: all samples go through one layer after the other, then every layer's prediction is compared
/// with the model's. In memory are one layer, or embedding and head.
/// </summary>
public static class TargetAnalyser
{
    /// <exception cref="GraftException">Input: the target cannot be run.</exception>
    public static AnalysisCost Cost(AnalysisRequest request)
    {
        using var checkpoint = Checkpoint.Open(request.Target);
        var shape = Core.Models.Decoders.DecoderFamilies.ReadConfig(checkpoint).Shape;
        return new AnalysisCost(
            request.Text.Passages.Count,
            request.Text.Tokens,
            StateBytes(shape, request),
            checkpoint.Tensors.Values.Sum(tensor => tensor.Entry.ByteCount));
    }

    /// <exception cref="GraftException">Stopped on request, to be gone on with; Input, Numerics, Resources.</exception>
    public static AnalysisResult Run(AnalysisRequest request, IProgress<ProgressReport>? progress = null, StopRequest? stop = null)
    {
        using var decoder = LayerStream.Open(request.Target, request.Device, request.DType);
        DiskSpace.Require(request.Scratch, StateBytes(decoder.Shape, request));
        var identity = TargetTensors.Identity(request.Target, progress);
        CpuThreads.Fit(decoder.Shape, request.Device);
        var pass = new StatePass(decoder, request.Text.Passages, request.Scratch);
        pass.Run(Enumerable.Range(0, decoder.Shape.Layers + 1).ToHashSet(), "running the layers", progress, stop);
        var measurements = new LayerMeasurement(pass, request.Arithmetic).Run(progress, stop);
        pass.Discard();
        var facts = new AnalysisFacts(
            request.Name, Path.GetFullPath(request.Target), identity, request.Text.Tokens, TensorLoading.HuggingFaceName(request.DType),
            request.Arithmetic.Name, request.Seed, request.Text.Path, request.Text.Fingerprint, request.Library);
        return AnalysisResult.Of(facts, measurements);
    }

    static long StateBytes(DecoderShape shape, AnalysisRequest request) =>
        (shape.Layers + 1) * StatePass.BytesPerBorder(shape.Width, request.DType, request.Text.Tokens);
}
