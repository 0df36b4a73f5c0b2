using System.Buffers;
using System.Security.Cryptography;

namespace Grafting.Core.Checkpoints;

/// <summary>SHA-256 in lower-case hex.</summary>
public static class Digests
{
    const int BufferSize = 1 << 20;

    /// <param name="onBytes">Called with the number of bytes of every read.</param>
    /// <exception cref="GraftException">Of kind <see cref="ErrorKind.Input"/> when the file cannot be read.</exception>
    public static string Sha256(string path, Action<long>? onBytes = null) => Whole(path, onBytes).Sha256;

    public static string Sha256(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    /// <summary>Of the bytes of the tensor alone, so that it is the same in every file that holds it.</summary>
    /// <param name="onBytes">Called with the number of bytes of every read.</param>
    public static string Sha256(StoredTensor tensor, Action<long>? onBytes = null) =>
        Hash(tensor.Entry.ByteCount, (offset, destination) =>
        {
            tensor.Read(destination, offset);
            return destination.Length;
        }, onBytes).Sha256;

    /// <summary>Size and digest of a file, read once; of a safetensors file, which its name tells, those of its tensors too.</summary>
    /// <param name="onBytes">Called with the number of bytes of every read.</param>
    /// <exception cref="GraftException">
    /// Of kind <see cref="ErrorKind.Input"/> when the file cannot be read, or is safetensors and malformed.
    /// </exception>
    public static FileStamp Stamp(string path, Action<long>? onBytes = null) =>
        HoldsTensors(path) ? WithTensors(path, onBytes) : Whole(path, onBytes);

    /// <summary>Whether a file's stamp has digests of tensors.</summary>
    public static bool HoldsTensors(string path) => path.EndsWith(".safetensors", StringComparison.Ordinal);

    static FileStamp WithTensors(string path, Action<long>? onBytes)
    {
        using var file = SafetensorsFile.Open(path);
        using var stream = new StampingStream(Stream.Null, onBytes);
        var tensors = new Dictionary<string, string>();
        stream.Write(file.ReadHeader());
        stream.FinishPart();
        // A header that was accepted has the tensors side by side and nothing behind them, so that this is the whole file.
        foreach (var entry in file.Tensors.Values)
        {
            TensorSource.FromFile(new StoredTensor(entry, file)).Write(stream);
            tensors.Add(entry.Name, stream.FinishPart());
        }
        return stream.Finish() with { Tensors = tensors };
    }

    static FileStamp Whole(string path, Action<long>? onBytes)
    {
        try
        {
            using var handle = File.OpenHandle(path, options: FileOptions.SequentialScan);
            return Hash(long.MaxValue, (offset, destination) => RandomAccess.Read(handle, destination, offset), onBytes);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw RegularFile.Unreadable(path, error);
        }
    }

    delegate int ReadAt(long offset, Span<byte> destination);

    static FileStamp Hash(long length, ReadAt read, Action<long>? onBytes)
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
                onBytes?.Invoke(count);
            }
            return new FileStamp(offset, Convert.ToHexStringLower(hash.GetHashAndReset()));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
