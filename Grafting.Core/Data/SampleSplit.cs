using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Grafting.Core.Data;

/// <summary>A fixed division into training and held-out samples.</summary>
public static class SampleSplit
{
    /// <summary>
    /// Decides by a hash of the sample's group, so that the side does not depend on the order of the file or on the other samples, and
    /// that all questions about one picture are on one side.
    /// </summary>
    /// <param name="heldOutShare">Expected share of groups that is held out, in [0, 1).</param>
    public static bool IsHeldOut(string group, double heldOutShare)
    {
        Fault.IfOutside(heldOutShare, 0, 0.999_999);
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(group), digest);
        double position = (BinaryPrimitives.ReadUInt64LittleEndian(digest) >> 11) * (1.0 / (1UL << 53));
        return position < heldOutShare;
    }

    /// <returns>Views into <paramref name="samples"/>; either may be empty when there are few groups.</returns>
    public static (IReadOnlyList<Sample> Train, IReadOnlyList<Sample> HeldOut) Split(IReadOnlyList<Sample> samples, double heldOutShare)
    {
        List<int> train = [], heldOut = [];
        for (int i = 0; i < samples.Count; i++) (IsHeldOut(samples[i].Group, heldOutShare) ? heldOut : train).Add(i);
        return (new SampleView(samples, train), new SampleView(samples, heldOut));
    }
}
