using System.Security.Cryptography;

namespace Grafting.Core.Data;

/// <summary>A part that is known by what it says, and not by all of its bytes, which are mostly pictures.</summary>
abstract class DigestedPart(string path) : DataPart(path)
{
    /// <summary>Takes in what the fingerprint is over, while the part is scanned.</summary>
    protected IncrementalHash Digest { get; } = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public override string Fingerprint => Convert.ToHexStringLower(Digest.GetCurrentHash());

    public override void Dispose()
    {
        Digest.Dispose();
        base.Dispose();
    }
}
