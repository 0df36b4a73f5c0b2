using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Grafting.Core.Data;

/// <summary>
/// An order in which any fraction of the data is taken from the front, so that a smaller fraction lies within every larger one. It does not
/// depend on the order of the file: samples stand by a hash of seed, group and id, those that share all three as in the file.
/// </summary>
public static class HashOrder
{
    /// <summary>Reads every sample once.</summary>
    /// <returns>Indices of all samples.</returns>
    public static int[] Of(IReadOnlyList<Sample> samples, ulong seed)
    {
        var keys = new ulong[samples.Count];
        var order = new int[samples.Count];
        for (var i = 0; i < order.Length; i++) (keys[i], order[i]) = (Key(samples[i], seed), i);
        return [.. order.OrderBy(i => keys[i]).ThenBy(i => i)];
    }

    static ulong Key(Sample sample, ulong seed)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{seed}\0{sample.Group}\0{sample.Id}"), digest);
        return BinaryPrimitives.ReadUInt64LittleEndian(digest);
    }
}
