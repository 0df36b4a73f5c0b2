using System.Diagnostics;
using System.Globalization;
using Grafting.Core.Health;
using Grafting.Core.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Grafting.Surrogates.Planning;

/// <summary>What one layer of a target's real sizes took on this machine.</summary>
/// <param name="Device">As <c>--device</c> of the other commands takes it.</param>
/// <param name="Passes">Forward and backward passes that were timed, after one that was not.</param>
/// <param name="MedianSeconds">Of one pass.</param>
/// <param name="SecondsPerToken">Of the layer and the slice of the head, forward and backward.</param>
/// <param name="FlopsPerSecond">Operations of a pass, as plans count them, by its median time.</param>
/// <param name="TotalSeconds">Of the whole measurement.</param>
/// <param name="PeakMemory">Bytes that the process grew by at most; null where the system does not tell.</param>
public sealed record Calibration(
    string Device, string Type, string Provider, int Threads, int Passes, double MedianSeconds, double SecondsPerToken,
    double FlopsPerSecond,
    double TotalSeconds, long? PeakMemory)
{
    const int MostPasses = 5;
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    // Enough rows for the product to run at its usual speed, and small beside a layer.
    const int HeadSlice = 4096;

    public Speed ToSpeed() => new(FlopsPerSecond, string.Create(
        CultureInfo.InvariantCulture,
        $"calibrated on {Device} ({Type}, {Provider}, {Threads} threads): one layer and a slice of the head, forward and back {Passes} "
            + $"times in {TotalSeconds:0.0} s, median {MedianSeconds:0.000} s, {FlopsPerSecond / 1e9:0.0} GFLOP/s"));

    /// <summary>
    /// Times forward and backward passes of one frozen layer with a gradient through it, and of a slice of the head, on random embeddings.
    /// </summary>
    /// <exception cref="Grafting.Core.GraftException">Resources when one layer does not fit in memory.</exception>
    public static Calibration Measure(TargetShape target, TrainingWorkload work)
    {
        var device = ScaleModel.BestDevice();
        var type = ScaleModel.DType(work.Type, device);
        var slice = target with { Layers = 1, Vocabulary = Math.Min(target.Vocabulary, HeadSlice) };
        var layout = DecoderLayout.Frozen(slice);
        var activations = new ActivationModel(layout, VisionShape.Of(VisionShape.ClipLarge336, target.Width), work);
        // A pass has about two layers' worth of activations alive: what is kept, and what comes and goes.
        ScaleModel.RequireMemory(
            device, layout.Parameters * work.Size + 3 * activations.FrozenLayer, "One layer of this target with its activations");

        var whole = Stopwatch.StartNew();
        var before = ResidentMemory.TryResetPeak() ? ResidentMemory.Now() : null;
        using var decoder = ScaleModel.Config(slice, 1, slice.Vocabulary, work.Positions).Build(device, type);
        CpuThreads.Fit(decoder.Shape, device);
        ScaleModel.FillRandomly(decoder);
        foreach (var parameter in decoder.parameters()) parameter.requires_grad = false;
        Pass(decoder, work);
        var seconds = new List<double>();
        do seconds.Add(Pass(decoder, work));
        while (seconds.Count < MostPasses && whole.Elapsed < Patience);
        seconds.Sort();
        var median = seconds[seconds.Count / 2];
        var need = ComputeNeed.Decoder(layout, work with { Recompute = false });
        var memory = device.type == DeviceType.CPU ? ResidentMemory.Peak() - before : null;
        return new(
            device.ToString(), TensorLoading.HuggingFaceName(type), TorchProbe.Provider, get_num_threads(), seconds.Count, median,
            median / (work.Batch * work.Positions), work.Batch * need.Total / median, whole.Elapsed.TotalSeconds, memory);
    }

    static double Pass(Decoder decoder, TrainingWorkload work)
    {
        using var scope = NewDisposeScope();
        var (rows, length, chosen) = (work.Batch, work.Positions, work.SupervisedTokens);
        var embeddings = randn([rows, length, decoder.Shape.Width], decoder.DType, decoder.Device).requires_grad_(true);
        var positions = arange(length, ScalarType.Int64, decoder.Device).expand(rows, length);
        var mask = ones(length, length, ScalarType.Bool, decoder.Device).tril().expand(rows, 1, length, length);
        var places = arange((long)rows * chosen, ScalarType.Int64, decoder.Device);
        Synchronise(decoder.Device);
        var clock = Stopwatch.StartNew();
        var hidden = decoder.forward(embeddings, positions, mask);
        var logits = decoder.head(hidden.reshape(-1, decoder.Shape.Width).index_select(0, places)).to(ScalarType.Float32);
        nn.functional.cross_entropy(logits, zeros([(long)rows * chosen], ScalarType.Int64, decoder.Device)).backward();
        Synchronise(decoder.Device);
        return clock.Elapsed.TotalSeconds;
    }

    static void Synchronise(Device device)
    {
        if (device.type == DeviceType.CUDA) cuda.synchronize(device);
    }
}
