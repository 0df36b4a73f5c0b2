using System.Buffers;
using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Grafting.Core.Checkpoints;

/// <summary>How the bytes of a file came into another one.</summary>
/// <param name="Shared">Bytes in blocks that both files have in common; they take no room of their own.</param>
/// <param name="Copied">Bytes that were written.</param>
public readonly record struct MovedBytes(long Shared, long Copied)
{
    public static MovedBytes operator +(MovedBytes a, MovedBytes b) => new(a.Shared + b.Shared, a.Copied + b.Copied);
}

/// <summary>
/// A copy of a safetensors file in which the tensors have other names and nothing else differs. Names stand in the header, so that the data
/// move as they are: with little memory, or without being read at all where the file system shares blocks.
/// </summary>
public static class RenamedShard
{
    const int CopyBuffer = 1 << 20;

    /// <param name="path">A file that does not exist yet.</param>
    /// <param name="rename">The new name of a tensor.</param>
    /// <param name="share">Whether blocks are shared where the file system can; what it cannot is copied.</param>
    /// <param name="onBytes">Called with the number of bytes of every step.</param>
    /// <exception cref="GraftException">Of kind <see cref="ErrorKind.Resources"/> for everything that the file system refuses.</exception>
    public static MovedBytes Write(
        SafetensorsFile source, string path, Func<string, string> rename, bool share, Action<long>? onBytes = null)
    {
        var moved = default(MovedBytes);
        Durable.Guard(path, () =>
        {
            using var input = RegularFile.Open(source.Path);
            using var output = FileSteps.Create(path);
            var writer = new AnnouncedStream(output);
            // Blocks are shared only between places at the same distance from a block's beginning.
            var header = Header(source, rename, share ? source.DataStart % BlockSharing.Block : null);
            writer.Write(header);
            var (position, end) = (source.DataStart, RandomAccess.GetLength(input));
            var aligned = (position + BlockSharing.Block - 1) / BlockSharing.Block * BlockSharing.Block;
            if (share && aligned < end)
            {
                Copy(aligned);
                FileSteps.Announce(FileStep.Write, path);
                if (BlockSharing.TryShareTail(input, aligned, output.SafeFileHandle, output.Length))
                {
                    moved += new MovedBytes(end - aligned, 0);
                    onBytes?.Invoke(end - aligned);
                    position = end;
                }
            }
            Copy(end);
            moved += new MovedBytes(0, header.Length);
            FileSteps.Sync(output);

            void Copy(long to)
            {
                var buffer = ArrayPool<byte>.Shared.Rent(CopyBuffer);
                try
                {
                    while (position < to)
                    {
                        var part = buffer.AsSpan(0, (int)Math.Min(CopyBuffer, to - position));
                        RegularFile.ReadExactly(input, part, position, source.Path, "the tensors");
                        writer.Write(part);
                        position += part.Length;
                        moved += new MovedBytes(0, part.Length);
                        onBytes?.Invoke(part.Length);
                    }
                }
                finally
                {
                    ArrayPool<byte>.Shared.Return(buffer);
                }
            }
        });
        return moved;
    }

    /// <summary>Length prefix, JSON and padding; the tensors stand in the order and at the places of the source.</summary>
    /// <param name="phase">What the header's length leaves over when divided by a block; null: anything that is a multiple of 8.</param>
    static byte[] Header(SafetensorsFile source, Func<string, string> rename, long? phase)
    {
        var json = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(json, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            writer.WriteStartObject("__metadata__");
            // Transformers refuses a file without this format.
            var metadata = new Dictionary<string, string>(source.Metadata) { ["format"] = "pt" };
            foreach (var (key, value) in metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal)) writer.WriteString(key, value);
            writer.WriteEndObject();
            foreach (var entry in source.Tensors.Values)
            {
                writer.WriteStartObject(rename(entry.Name));
                writer.WriteString("dtype", entry.Type.Name());
                writer.WriteStartArray("shape");
                foreach (var size in entry.Shape) writer.WriteNumberValue(size);
                writer.WriteEndArray();
                writer.WriteStartArray("data_offsets");
                writer.WriteNumberValue(entry.Begin);
                writer.WriteNumberValue(entry.End);
                writer.WriteEndArray();
                writer.WriteEndObject();
            }
            writer.WriteEndObject();
        }
        var length = sizeof(ulong) + (long)json.WrittenCount;
        var padded = phase is { } rest
            ? length + (((rest - length) % BlockSharing.Block) + BlockSharing.Block) % BlockSharing.Block
            : (length + 7) / 8 * 8;
        var header = new byte[padded];
        BinaryPrimitives.WriteUInt64LittleEndian(header, (ulong)(padded - sizeof(ulong)));
        json.WrittenSpan.CopyTo(header.AsSpan(sizeof(ulong)));
        header.AsSpan((int)length).Fill((byte)' ');
        return header;
    }
}
