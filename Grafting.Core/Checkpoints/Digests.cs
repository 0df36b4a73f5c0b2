using System.Buffers;
using System.Security.Cryptography;

namespace Grafting.Core.Checkpoints;

/// <summary>SHA-256 in lower-case hex.</summary>
public static class Digests
{
    const int BufferSize = 1 << 20;

    /// <exception cref="GraftException">Of kind <see cref="ErrorKind.Input"/> when the file cannot be read.</exception>
    public static string Sha256(string path) => Stamp(path).Sha256;

    public static string Sha256(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    /// <summary>Of the bytes of the tensor alone, so that it is the same in every file that holds it.</summary>
    public static string Sha256(StoredTensor tensor) =>
        Hash(tensor.Entry.ByteCount, (offset, destination) =>
        {
            tensor.Read(destination, offset);
            return destination.Length;
        }).Sha256;

    /// <summary>Size and digest of a file, read once.</summary>
    public static FileStamp Stamp(string path)
    {
        try
        {
            using var handle = File.OpenHandle(path, options: FileOptions.SequentialScan);
            return Hash(long.MaxValue, (offset, destination) => RandomAccess.Read(handle, destination, offset));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw RegularFile.Unreadable(path, error);
        }
    }

    delegate int ReadAt(long offset, Span<byte> destination);

    static FileStamp Hash(long length, ReadAt read)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            var offset = 0L;
            while (offset < length)
            {
                var count = read(offset, buffer.AsSpan(0, (int)Math.Min(BufferSize, length - offset)));
                if (count == 0) break;
                hash.AppendData(buffer.AsSpan(0, count));
                offset += count;
            }
            return new FileStamp(offset, Convert.ToHexStringLower(hash.GetHashAndReset()));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
