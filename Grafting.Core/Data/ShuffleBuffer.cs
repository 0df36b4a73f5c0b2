using Grafting.Core.Numerics;

namespace Grafting.Core.Data;

/// <summary>All that tells what comes next; as JSON it is read back to the same.</summary>
/// <param name="Epoch">From 0.</param>
/// <param name="Read">Samples of the epoch that entered the buffer.</param>
/// <param name="Held">Those of them that have not left it, in their places.</param>
/// <param name="Random">See <see cref="DeterministicRandom.State"/>.</param>
public sealed record ShuffleState(
    ulong Seed, int Count, int Buffer, long Epoch, int Read, IReadOnlyList<int> Held, IReadOnlyList<ulong> Random);

/// <summary>
/// An endless order for reading a stream: the next samples wait in a buffer, one of them is drawn, and the next of the stream takes its
/// place. At the end of an epoch the buffer runs empty, so that every epoch holds each sample once. Not safe for concurrent use.
/// </summary>
public sealed class ShuffleBuffer
{
    readonly ulong _seed;
    readonly int _count, _buffer;
    readonly List<int> _held;
    DeterministicRandom _random;
    long _epoch;
    int _read;

    /// <param name="count">Samples of the stream, at least 1.</param>
    /// <param name="buffer">Samples that wait, at least 1; with 1 the order is that of the stream.</param>
    public ShuffleBuffer(ulong seed, int count, int buffer) : this(seed, count, buffer, 0)
    {
    }

    ShuffleBuffer(ulong seed, int count, int buffer, long epoch)
    {
        Fault.IfOutside(count, 1, int.MaxValue);
        Fault.IfOutside(buffer, 1, int.MaxValue, "the shuffle buffer");
        (_seed, _count, _buffer, _epoch) = (seed, count, buffer, epoch);
        _held = new List<int>(Math.Min(count, buffer));
        _random = new DeterministicRandom(seed, (ulong)epoch);
    }

    /// <summary>A copy that later calls leave alone.</summary>
    public ShuffleState State => new(_seed, _count, _buffer, _epoch, _read, [.. _held], _random.State);

    /// <summary>Goes on from a state.</summary>
    /// <exception cref="GraftException">Input, when no buffer can be in such a state.</exception>
    public static ShuffleBuffer From(ShuffleState state)
    {
        if (state.Epoch < 0 || state.Read < 0 || state.Read > state.Count || state.Held.Count > Math.Min(state.Buffer, state.Read)
            || state.Held.Any(index => index < 0 || index >= state.Read) || state.Held.Distinct().Count() != state.Held.Count)
        {
            throw Fault.Input(
                $"the state of a shuffle buffer holds {state.Held.Count} of {state.Read} samples read of {state.Count}, which does not "
                    + "fit together.", "Start again.");
        }
        var buffer = new ShuffleBuffer(state.Seed, state.Count, state.Buffer, state.Epoch)
        {
            _read = state.Read,
            _random = DeterministicRandom.FromState([.. state.Random]),
        };
        buffer._held.AddRange(state.Held);
        return buffer;
    }

    /// <summary>At the beginning of an epoch.</summary>
    internal static ShuffleBuffer At(ulong seed, int count, int buffer, long epoch) => new(seed, count, buffer, epoch);

    /// <returns>Index in the stream.</returns>
    public int Next()
    {
        if (_read == _count && _held.Count == 0)
        {
            (_epoch, _read) = (_epoch + 1, 0);
            _random = new DeterministicRandom(_seed, (ulong)_epoch);
        }
        while (_held.Count < _buffer && _read < _count) _held.Add(_read++);
        var place = _random.NextInt(_held.Count);
        var drawn = _held[place];
        if (_read < _count)
        {
            _held[place] = _read++;
        }
        else
        {
            _held[place] = _held[^1];
            _held.RemoveAt(_held.Count - 1);
        }
        return drawn;
    }
}
