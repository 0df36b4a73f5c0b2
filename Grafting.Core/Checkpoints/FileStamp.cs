using System.Security.Cryptography;

namespace Grafting.Core.Checkpoints;

/// <summary>What a file must be when it is read again.</summary>
/// <param name="Sha256">Lower-case hex.</param>
public sealed record FileStamp(long Bytes, string Sha256)
{
    /// <summary>
    /// SHA-256 of the bytes of every tensor by its name, so that damage can be placed; null for a file that is no safetensors, and in
    /// stamps of older versions.
    /// </summary>
    public IReadOnlyDictionary<string, string>? Tensors { get; init; }

    public bool Equals(FileStamp? other) =>
        other is not null && Bytes == other.Bytes && Sha256 == other.Sha256
        && (Tensors is null ? other.Tensors is null : other.Tensors is not null && Same(Tensors, other.Tensors));

    public override int GetHashCode() => HashCode.Combine(Bytes, Sha256);

    static bool Same(IReadOnlyDictionary<string, string> a, IReadOnlyDictionary<string, string> b) =>
        a.Count == b.Count && a.All(pair => b.TryGetValue(pair.Key, out var digest) && digest == pair.Value);
}

/// <summary>Counts and hashes what is written through it, as a whole and part by part; leaves the stream behind it open.</summary>
/// <param name="onBytes">Called with the number of bytes of every write.</param>
sealed class StampingStream(Stream inner, Action<long>? onBytes = null) : Stream
{
    readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    readonly IncrementalHash _part = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public long Count { get; private set; }

    /// <summary>Ends a part and starts the next.</summary>
    /// <returns>The digest of what was written since the last part ended.</returns>
    public string FinishPart() => Convert.ToHexStringLower(_part.GetHashAndReset());

    public FileStamp Finish() => new(Count, Convert.ToHexStringLower(_hash.GetHashAndReset()));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        inner.Write(buffer);
        _hash.AppendData(buffer);
        _part.AppendData(buffer);
        Count += buffer.Length;
        onBytes?.Invoke(buffer.Length);
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush() => inner.Flush();

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => Count;

    public override long Position
    {
        get => Count;
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _hash.Dispose();
            _part.Dispose();
        }
        base.Dispose(disposing);
    }
}
