using System.Runtime.InteropServices;
using System.Text;

namespace Grafting.Core.Checkpoints.Gguf;

/// <summary>Writes GGUF files of version 3, little-endian, as ggml's <c>docs/gguf.md</c> describes them.</summary>
public static class GgufWriter
{
    const int Version = 3;

    /// <summary>Data and every tensor in it begin at a multiple of it; the format's default, so that no key has to say so.</summary>
    const int Alignment = 32;

    /// <summary>Longest name of a tensor that readers accept, in bytes.</summary>
    const int MaxName = 64;

    /// <summary>Appears whole or not at all, and is on disk when this returns.</summary>
    /// <exception cref="GraftException">Of kind <see cref="ErrorKind.Resources"/> when it cannot be written.</exception>
    /// <exception cref="ArgumentException">For tensors that a reader would refuse.</exception>
    public static void Write(string path, GgufMetadata metadata, IReadOnlyList<GgufTensor> tensors)
    {
        Check(tensors);
        AtomicFile.Write(path, stream =>
        {
            using var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true);
            var header = Header(metadata, tensors);
            writer.Write(header);
            var position = (long)header.Length;
            foreach (var tensor in tensors)
            {
                position += Pad(writer, position);
                WriteValues(writer, tensor);
                position += tensor.ByteCount;
            }
            // Readers may map the file in whole units.
            Pad(writer, position);
        });
    }

    static byte[] Header(GgufMetadata metadata, IReadOnlyList<GgufTensor> tensors)
    {
        using var memory = new MemoryStream();
        using (var writer = new BinaryWriter(memory, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write("GGUF"u8);
            writer.Write(Version);
            writer.Write((ulong)tensors.Count);
            writer.Write((ulong)metadata.Count);
            metadata.Write(writer);
            var offset = 0L;
            foreach (var tensor in tensors)
            {
                GgufMetadata.WriteString(writer, tensor.Name);
                writer.Write((uint)tensor.Shape.Length);
                foreach (var size in tensor.Shape.Reverse()) writer.Write((ulong)size);
                writer.Write((uint)tensor.Type);
                // From the beginning of the data, which is the first multiple behind the header.
                writer.Write((ulong)offset);
                offset = Aligned(offset + tensor.ByteCount);
            }
        }
        return memory.ToArray();
    }

    static void WriteValues(BinaryWriter writer, GgufTensor tensor)
    {
        const int Step = 1 << 16;
        if (tensor.Type == GgufType.F32)
        {
            writer.Write(MemoryMarshal.AsBytes(tensor.Values.Span));
            return;
        }
        var buffer = new byte[Math.Min(tensor.Values.Length, Step) * sizeof(ushort)];
        for (var i = 0; i < tensor.Values.Length; i += Step)
        {
            var part = tensor.Values.Span[i..Math.Min(i + Step, tensor.Values.Length)];
            var bytes = buffer.AsSpan(0, part.Length * sizeof(ushort));
            FloatConversion.FromFloats(TensorType.F16, part, bytes);
            writer.Write(bytes);
        }
    }

    static long Aligned(long position) => (position + Alignment - 1) / Alignment * Alignment;

    static long Pad(BinaryWriter writer, long position)
    {
        var padding = (int)(Aligned(position) - position);
        writer.Write(new byte[padding]);
        return padding;
    }

    static void Check(IReadOnlyList<GgufTensor> tensors)
    {
        var names = new HashSet<string>();
        foreach (var tensor in tensors)
        {
            var name = Printable.Quote(tensor.Name);
            if (Encoding.UTF8.GetByteCount(tensor.Name) > MaxName)
                throw new ArgumentException($"the name {name} has more than {MaxName} bytes", nameof(tensors));
            if (!names.Add(tensor.Name)) throw new ArgumentException($"two tensors are called {name}", nameof(tensors));
            if (tensor.Shape.Length is < 1 or > 4)
                throw new ArgumentException($"{name} has {tensor.Shape.Length} dimensions; 1 to 4 are known", nameof(tensors));
            if (tensor.Shape.Aggregate(1L, (product, size) => checked(product * size)) != tensor.Values.Length)
                throw new ArgumentException($"{name} has {tensor.Values.Length} values, and its shape asks for others", nameof(tensors));
        }
    }
}
