using System.Numerics;

namespace Grafting.Core.Numerics;

/// <summary>
/// Random numbers that are the same on every machine and with every tensor provider: xoshiro256** (Blackman and Vigna, 2018),
/// its state filled by SplitMix64.
/// </summary>
/// <remarks>
/// Not safe for concurrent use: give each thread its own stream. Two streams of one seed are as independent as two seeds.
/// </remarks>
public sealed class DeterministicRandom
{
    ulong _s0, _s1, _s2, _s3;

    public DeterministicRandom(ulong seed, ulong stream = 0)
    {
        var mixed = seed;
        var state = SplitMix(ref mixed) ^ stream;
        (_s0, _s1, _s2, _s3) = (SplitMix(ref state), SplitMix(ref state), SplitMix(ref state), SplitMix(ref state));
    }

    DeterministicRandom(ulong s0, ulong s1, ulong s2, ulong s3) => (_s0, _s1, _s2, _s3) = (s0, s1, s2, s3);

    /// <summary>The four words that determine every later number; <see cref="FromState"/> continues from them.</summary>
    public ulong[] State => [_s0, _s1, _s2, _s3];

    /// <exception cref="GraftException">When the state is not four words, or all of them are zero.</exception>
    public static DeterministicRandom FromState(ReadOnlySpan<ulong> state)
    {
        if (state.Length != 4 || (state[0] | state[1] | state[2] | state[3]) == 0)
            throw Fault.Input($"A random state has four words that are not all zero; this one has {state.Length}.");
        return new(state[0], state[1], state[2], state[3]);
    }

    public ulong NextUInt64()
    {
        var result = BitOperations.RotateLeft(_s1 * 5, 7) * 9;
        var t = _s1 << 17;
        _s2 ^= _s0;
        _s3 ^= _s1;
        _s1 ^= _s2;
        _s0 ^= _s3;
        _s2 ^= t;
        _s3 = BitOperations.RotateLeft(_s3, 45);
        return result;
    }

    /// <summary>Uniform in [0, bound), without bias (Lemire's multiplication with rejection).</summary>
    public int NextInt(int bound)
    {
        Fault.IfOutside(bound, 1, int.MaxValue);
        var threshold = (0UL - (ulong)bound) % (ulong)bound;
        while (true)
        {
            var high = Math.BigMul(NextUInt64(), (ulong)bound, out var low);
            if (low >= threshold) return (int)high;
        }
    }

    /// <summary>Uniform in [low, high], both ends included.</summary>
    public int NextInt(int low, int high)
    {
        Fault.IfOutside(high, low, (long)low + int.MaxValue - 1);
        return (int)(low + (long)NextInt((int)((long)high - low + 1)));
    }

    /// <summary>Uniform in [0, 1), a multiple of 2^-53.</summary>
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1UL << 53));

    /// <summary>True with the given probability.</summary>
    public bool Chance(double probability) => NextDouble() < probability;

    /// <summary>Standard normal (Box and Muller). Two draws give one number, so that the state alone tells what comes next.</summary>
    public double NextGaussian()
    {
        var radius = Math.Sqrt(-2 * Math.Log(1 - NextDouble()));
        return radius * Math.Cos(2 * Math.PI * NextDouble());
    }

    public T Pick<T>(IReadOnlyList<T> items) => items[NextInt(items.Count)];

    /// <summary>Puts the items into a uniformly random order (Fisher and Yates).</summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (var i = items.Length - 1; i > 0; i--)
        {
            var j = NextInt(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    static ulong SplitMix(ref ulong state)
    {
        var z = state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
