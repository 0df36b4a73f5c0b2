using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace Grafting.Core.Checkpoints;

/// <summary>
/// A safetensors file, read at random. Opening checks the whole header and reads nothing else; the file is not mapped, so that a file
/// cut short by someone else is an error and not a crash. Safe to read from several threads.
/// </summary>
public sealed class SafetensorsFile : IDisposable
{
    readonly SafeFileHandle _handle;
    readonly long _dataStart;

    SafetensorsFile(string path, SafeFileHandle handle, long dataStart, SafetensorsHeader.Content header)
    {
        Path = path;
        _handle = handle;
        _dataStart = dataStart;
        Tensors = header.Tensors;
        Metadata = header.Metadata;
        Warnings = header.Warnings;
    }

    public string Path { get; }

    /// <summary>By name, enumerated in the order of the file.</summary>
    public IReadOnlyDictionary<string, TensorEntry> Tensors { get; }

    /// <summary>The free strings of <c>__metadata__</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>What is readable but not as the format's description wants it.</summary>
    public IReadOnlyList<string> Warnings { get; }

    /// <exception cref="GraftException">Of kind <see cref="ErrorKind.Input"/>: not there, not a regular file, or malformed.</exception>
    public static SafetensorsFile Open(string path)
    {
        var handle = RegularFile.Open(path);
        try
        {
            var length = RandomAccess.GetLength(handle);
            if (length < sizeof(ulong))
                throw Fault.Input($"{path}: has {length} bytes; a safetensors file begins with an 8-byte length.", "Fetch the file again.");
            Span<byte> prefix = stackalloc byte[sizeof(ulong)];
            RegularFile.ReadExactly(handle, prefix, 0, path, "the length of the header");
            var headerLength = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
            if (headerLength > SafetensorsHeader.MaxBytes)
            {
                throw Fault.Input(
                    $"{path}: claims a header of {headerLength} bytes (byte 0); the limit is {SafetensorsHeader.MaxBytes}.",
                    "This is not a safetensors file, or it is damaged.");
            }
            if ((long)headerLength > length - sizeof(ulong))
            {
                throw Fault.Input(
                    $"{path}: claims a header of {headerLength} bytes (byte 0), but has only {length - sizeof(ulong)} more.",
                    "The file is truncated; fetch it again.");
            }
            var header = new byte[headerLength];
            RegularFile.ReadExactly(handle, header, sizeof(ulong), path, "the header");
            var dataStart = sizeof(ulong) + (long)headerLength;
            return new SafetensorsFile(path, handle, dataStart, SafetensorsHeader.Parse(header, length - dataStart, path));
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>The byte at which the data of the tensors begin; they go on to the end of the file.</summary>
    internal long DataStart => _dataStart;

    /// <summary>Everything in front of the data: length prefix, JSON and padding.</summary>
    internal byte[] ReadHeader()
    {
        var header = new byte[_dataStart];
        RegularFile.ReadExactly(_handle, header, 0, Path, "the header");
        return header;
    }

    /// <summary>Fills <paramref name="destination"/> with the bytes of a tensor from <paramref name="offset"/> on.</summary>
    /// <exception cref="GraftException">Of kind <see cref="ErrorKind.Input"/> when the file became shorter since it was opened.</exception>
    public void Read(TensorEntry entry, Span<byte> destination, long offset = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(destination.Length, entry.ByteCount - offset);
        RegularFile.ReadExactly(_handle, destination, _dataStart + entry.Begin + offset, Path, Printable.Quote(entry.Name));
    }

    /// <summary>The elements of a tensor of any float type as F32.</summary>
    public float[] ReadFloats(string name) => ReadFloats(Entry(name));

    internal float[] ReadFloats(TensorEntry entry)
    {
        if (!entry.Type.IsFloat()) throw Fault.Input($"{Path}: {entry} does not hold floats.");
        if (entry.ElementCount > Array.MaxLength) throw Fault.Resources($"{Path}: {entry} has too many elements for one array.");
        var floats = new float[entry.ElementCount];
        var size = entry.Type.ByteSize();
        var buffer = new byte[Math.Min(entry.ByteCount, 1 << 20)];
        for (var offset = 0L; offset < entry.ByteCount; offset += buffer.Length)
        {
            var bytes = buffer.AsSpan(0, (int)Math.Min(buffer.Length, entry.ByteCount - offset));
            Read(entry, bytes, offset);
            FloatConversion.ToFloats(entry.Type, bytes, floats.AsSpan((int)(offset / size), bytes.Length / size));
        }
        return floats;
    }

    /// <exception cref="GraftException">Of kind <see cref="ErrorKind.Input"/> when there is no such tensor.</exception>
    public TensorEntry Entry(string name) => Tensors.TryGetValue(name, out var entry)
        ? entry
        : throw Fault.Input($"{Path}: has no tensor {Printable.Quote(name)}; it has {Tensors.Count} others.");

    public void Dispose() => _handle.Dispose();
}
