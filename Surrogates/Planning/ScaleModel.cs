using Grafting.Core;
using Grafting.Core.Checkpoints;
using Grafting.Core.Health;
using Grafting.Core.Models;
using Grafting.Core.Models.Decoders;
using Grafting.Core.Models.Decoders.Llama;
using TorchSharp;
using static TorchSharp.torch;

namespace Grafting.Surrogates.Planning;

/// <summary>Modules of a target's real sizes with random weights, to measure what the target itself would take.</summary>
static class ScaleModel
{
    /// <summary>
    /// Of any family: the layers of all of them have Llama's matrices, and what else they have (biases, norms) is too small to measure.
    /// </summary>
    public static LlamaConfig Config(TargetShape target, int layers, int vocabulary, int positions) => new(
        new(target.Width, target.FeedForward, layers, target.Heads, target.KvHeads, target.HeadWidth, vocabulary, positions), 1e-5,
        new RopeConfig(),
        target.Tied);

    public static ScalarType DType(TensorType type, Device device)
    {
        var dtype = TensorLoading.DType(type);
        ComputeType.Require(device, dtype);
        return dtype;
    }

    /// <summary>Small normal numbers in place; unlike an initialiser for training, without a copy outside of the tensor.</summary>
    public static void FillRandomly(nn.Module module)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        foreach (var parameter in module.parameters())
        {
            if (parameter.dim() == 1) parameter.fill_(1);
            else parameter.normal_(0, 0.02);
        }
    }

    public static Device BestDevice() => cuda.is_available() ? CUDA : CPU;

    /// <exception cref="GraftException">Resources, naming needed and free bytes.</exception>
    public static void RequireMemory(Device device, long bytes, string what)
    {
        if (device.type != DeviceType.CPU) return; // its allocator refuses by itself, with a message
        var free = MachineProbe.Examine(null).FreeMemoryBytes;
        if (bytes <= free) return;
        throw Fault.Resources(
            FormattableString.Invariant($"{what} takes {bytes / 1e9:0.0} GB, and this machine has {free / 1e9:0.0} GB free."),
            "Measure on a larger machine, with shorter sequences (--text-tokens, --image-tokens, --batch) or with --dtype bfloat16; or "
                + "plan with --device.");
    }
}
