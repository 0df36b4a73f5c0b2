using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Grafting.Core.Data;

/// <summary>A fixed division into training and held-out samples.</summary>
public static class SampleSplit
{
    /// <summary>
    /// Where a sample stands, in [0, 1): a hash of its group, so that the side does not depend on the order of the file or on the other
    /// samples, and that all questions about one picture are on one side.
    /// </summary>
    public static double PositionOf(string group)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(group), digest);
        return (BinaryPrimitives.ReadUInt64LittleEndian(digest) >> 11) * (1.0 / (1UL << 53));
    }

    /// <param name="position">See <see cref="PositionOf"/>.</param>
    /// <param name="heldOutShare">Expected share of groups that is held out, in [0, 1).</param>
    public static bool IsHeldOut(double position, double heldOutShare)
    {
        Fault.IfOutside(heldOutShare, 0, 0.999_999);
        return position < heldOutShare;
    }
}
