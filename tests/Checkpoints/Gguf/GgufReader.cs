using System.Text;

namespace Grafting.Tests.Checkpoints.Gguf;

/// <summary>A second reading of ggml's <c>docs/gguf.md</c>, with nothing in common with the writer.</summary>
sealed class GgufReader
{
    public sealed record Tensor(ulong[] Dimensions, uint Type, ulong Offset, float[] Values);

    public Dictionary<string, object> Metadata { get; } = [];

    public Dictionary<string, Tensor> Tensors { get; } = [];

    public GgufReader(string path)
    {
        using var reader = new BinaryReader(File.OpenRead(path));
        Assert.That(Encoding.ASCII.GetString(reader.ReadBytes(4)), Is.EqualTo("GGUF"));
        Assert.That(reader.ReadUInt32(), Is.EqualTo(3));
        var (tensors, pairs) = (reader.ReadUInt64(), reader.ReadUInt64());
        for (var i = 0UL; i < pairs; i++) Metadata.Add(Text(reader), Value(reader, reader.ReadUInt32()));
        var infos = new List<(string Name, ulong[] Dimensions, uint Type, ulong Offset)>();
        for (var i = 0UL; i < tensors; i++)
        {
            var name = Text(reader);
            Assert.That(Encoding.UTF8.GetByteCount(name), Is.LessThanOrEqualTo(64));
            var dimensions = new ulong[reader.ReadUInt32()];
            for (var d = 0; d < dimensions.Length; d++) dimensions[d] = reader.ReadUInt64();
            infos.Add((name, dimensions, reader.ReadUInt32(), reader.ReadUInt64()));
        }
        var data = (reader.BaseStream.Position + 31) / 32 * 32;
        foreach (var (name, dimensions, type, offset) in infos)
        {
            Assert.That(offset % 32, Is.Zero, name);
            reader.BaseStream.Position = data + (long)offset;
            var values = new float[dimensions.Aggregate(1UL, (a, b) => a * b)];
            for (var i = 0; i < values.Length; i++)
                values[i] =
                    type switch
                    {
                        0 => reader.ReadSingle(),
                        1 => (float)BitConverter.UInt16BitsToHalf(reader.ReadUInt16()),
                        _ => throw new InvalidDataException($"type {type}")
                    };
            Tensors.Add(name, new(dimensions, type, offset, values));
        }
        Assert.That(reader.BaseStream.Length % 32, Is.EqualTo(data % 32), "whole units to the end");
    }

    static string Text(BinaryReader reader) => Encoding.UTF8.GetString(reader.ReadBytes((int)reader.ReadUInt64()));

    static object Value(BinaryReader reader, uint type)
    {
        switch (type)
        {
            case 4: return reader.ReadUInt32();
            case 5: return reader.ReadInt32();
            case 6: return reader.ReadSingle();
            case 7:
                return reader.ReadByte()
                switch
                { 0 => false, 1 => true, var other => throw new InvalidDataException($"truth {other}") };
            case 8: return Text(reader);
            case 9:
                var (element, count) = (reader.ReadUInt32(), reader.ReadUInt64());
                return Enumerable.Range(0, (int)count).Select(_ => Value(reader, element)).ToArray();
            default: throw new InvalidDataException($"value of type {type}");
        }
    }
}
