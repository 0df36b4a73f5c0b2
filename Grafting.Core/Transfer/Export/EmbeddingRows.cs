using Grafting.Core.Checkpoints;
using static TorchSharp.torch;

namespace Grafting.Core.Transfer.Export;

/// <summary>Rows of an embedding table that become the vectors before and after a picture.</summary>
/// <param name="Rows">Bytes of each row, in the type of the table, by the token's id.</param>
sealed record EmbeddingRows(IReadOnlyDictionary<int, byte[]> Rows)
{
    const int CopyRows = 1024;

    /// <param name="table">Whose rows they become; their numbers are rounded to its type.</param>
    /// <param name="scale">What the model multiplies rows by when it looks them up.</param>
    public static EmbeddingRows Of((Tensor Start, Tensor End) boundary, PictureTokens tokens, StoredTensor table, double scale) =>
        new(new Dictionary<int, byte[]>
        {
            [tokens.Start!.Id] = Bytes(boundary.Start, table.Entry.Type, scale),
            [tokens.End!.Id] = Bytes(boundary.End, table.Entry.Type, scale),
        });

    /// <summary>The table with these rows in it, everything else as it is.</summary>
    public TensorSource In(StoredTensor table, string name)
    {
        var rowBytes = table.Entry.ByteCount / table.Entry.Shape[0];
        return new(name, table.Entry.Type, table.Entry.Shape, stream =>
        {
            var buffer = new byte[CopyRows * rowBytes];
            for (var row = 0L; row < table.Entry.Shape[0]; row += CopyRows)
            {
                var count = Math.Min(CopyRows, table.Entry.Shape[0] - row);
                var part = buffer.AsSpan(0, (int)(count * rowBytes));
                table.Read(part, row * rowBytes);
                foreach (var (id, bytes) in Rows)
                    if (id >= row && id < row + count) bytes.CopyTo(part[(int)((id - row) * rowBytes)..]);
                stream.Write(part);
            }
        });
    }

    /// <summary>Overwrites the rows in a file.</summary>
    /// <param name="name">Of the table in that file.</param>
    /// <returns>Bytes of the disk's blocks in which they stand, which share nothing any more.</returns>
    public long WriteInto(string path, string name)
    {
        var blocks = new HashSet<long>();
        Durable.Guard(path, () =>
        {
            long place, rowBytes;
            using (var file = SafetensorsFile.Open(path))
            {
                var entry = file.Entry(name);
                (place, rowBytes) = (file.DataStart + entry.Begin, entry.ByteCount / entry.Shape[0]);
            }
            FileSteps.Announce(FileStep.Write, path);
            using var handle = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
            foreach (var (id, bytes) in Rows)
            {
                var at = place + (id * rowBytes);
                RandomAccess.Write(handle, bytes, at);
                for (var block = at / BlockSharing.Block; block <= (at + rowBytes - 1) / BlockSharing.Block; block++) blocks.Add(block);
            }
        });
        return blocks.Count * (long)BlockSharing.Block;
    }

    static byte[] Bytes(Tensor vector, TensorType type, double scale)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        float[] floats = [.. vector.cpu().to(ScalarType.Float32).data<float>().ToArray().Select(value => (float)(value / scale))];
        var bytes = new byte[floats.Length * type.ByteSize()];
        FloatConversion.FromFloats(type, floats, bytes);
        return bytes;
    }
}
