using System.Buffers;
using System.Runtime.InteropServices;

namespace Grafting.Core.Checkpoints;

/// <summary>A tensor on its way into a file.</summary>
/// <param name="Write">Writes exactly the little-endian bytes that type and shape ask for; called once, in file order.</param>
public sealed record TensorSource(string Name, TensorType Type, long[] Shape, Action<Stream> Write)
{
    const int CopyBuffer = 1 << 20;

    /// <exception cref="OverflowException">When the shape asks for more than 2^63 bytes.</exception>
    public long ByteCount
    {
        get
        {
            long bytes = Type.ByteSize();
            foreach (var size in Shape) bytes = checked(bytes * size);
            return bytes;
        }
    }

    public static TensorSource FromBytes(string name, TensorType type, long[] shape, ReadOnlyMemory<byte> bytes) =>
        new(name, type, shape, stream => stream.Write(bytes.Span));

    /// <summary>Floats, converted to the given float type while they are written.</summary>
    public static TensorSource FromFloats(string name, long[] shape, ReadOnlyMemory<float> values, TensorType type = TensorType.F32) =>
        new(name, type, shape, stream =>
        {
            if (type == TensorType.F32)
            {
                stream.Write(MemoryMarshal.AsBytes(values.Span));
                return;
            }
            const int Step = 1 << 16;
            var buffer = new byte[Math.Min(values.Length, Step) * type.ByteSize()];
            for (var i = 0; i < values.Length; i += Step)
            {
                var part = values.Span[i..Math.Min(i + Step, values.Length)];
                var bytes = buffer.AsSpan(0, part.Length * type.ByteSize());
                FloatConversion.FromFloats(type, part, bytes);
                stream.Write(bytes);
            }
        });

    /// <summary>A byte-for-byte copy of a stored tensor, streamed through a small buffer.</summary>
    /// <param name="name">The name in the new file; the old one if null.</param>
    public static TensorSource FromFile(StoredTensor tensor, string? name = null) =>
        new(name ?? tensor.Entry.Name, tensor.Entry.Type, tensor.Entry.Shape, stream =>
        {
            var buffer = ArrayPool<byte>.Shared.Rent(CopyBuffer);
            try
            {
                for (var offset = 0L; offset < tensor.Entry.ByteCount; offset += CopyBuffer)
                {
                    var part = buffer.AsSpan(0, (int)Math.Min(CopyBuffer, tensor.Entry.ByteCount - offset));
                    tensor.File.Read(tensor.Entry, part, offset);
                    stream.Write(part);
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        });
}
