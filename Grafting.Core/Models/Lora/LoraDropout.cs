using System.Text;
using Grafting.Core.Numerics;
using TorchSharp;
using static TorchSharp.torch;

namespace Grafting.Core.Models.Lora;

/// <summary>
/// The dropout of adapters. What is dropped depends on seed, step, micro-batch and matrix alone, and on no generator that others draw from:
/// a resumed run drops what an uninterrupted one does, and a layer that is computed again on the way back drops what it did on the way
/// there. Outside of a training step nothing is dropped.
/// </summary>
/// <remarks>
/// The masks come from the tensor library's generator of the device: on another device, or with another version, they differ. They also
/// depend on how a step is split into micro-batches.
/// </remarks>
/// <param name="rate">Chance with which an input is dropped; what remains is scaled up by 1/(1 − rate).</param>
public sealed class LoraDropout(double rate, ulong seed)
{
    const int MicroBatchBits = 20;
    readonly Scalar _rate = rate;
    readonly Scalar _scale = 1 / (1 - rate);
    (long Step, int MicroBatch)? _at;

    /// <summary>Drops inputs until the result is disposed.</summary>
    /// <param name="step">Of the run, so that every step drops others.</param>
    public IDisposable During(long step)
    {
        _at = (step, -1);
        return new Training(this);
    }

    /// <summary>To be called before each micro-batch of a step.</summary>
    public void NextMicroBatch()
    {
        if (_at is { } at) _at = at with { MicroBatch = at.MicroBatch + 1 };
    }

    /// <param name="matrix">Name of the matrix that x goes into.</param>
    /// <returns>x, outside of a step; within one, what remains of it.</returns>
    public Tensor Apply(string matrix, Tensor x)
    {
        if (rate == 0 || _at is not { } at) return x;
        using var generator = new Generator(Seed(matrix, at.Step, at.MicroBatch), x.device);
        return x.mul(rand(x.shape, ScalarType.Float32, x.device, generator: generator).ge(_rate).to(x.dtype).mul(_scale));
    }

    ulong Seed(string matrix, long step, int microBatch)
    {
        var stream = ((ulong)step << MicroBatchBits) + (ulong)microBatch;
        foreach (var b in Encoding.UTF8.GetBytes(matrix)) stream = (stream ^ b) * 0x100000001B3;
        return new DeterministicRandom(seed, stream).NextUInt64();
    }

    sealed class Training(LoraDropout owner) : IDisposable
    {
        public void Dispose() => owner._at = null;
    }
}
