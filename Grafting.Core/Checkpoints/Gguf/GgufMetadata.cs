using System.Text;

namespace Grafting.Core.Checkpoints.Gguf;

/// <summary>The key-value pairs of a GGUF file, in the order in which they were set.</summary>
public sealed class GgufMetadata
{
    const uint Array = 9;

    readonly List<(string Key, Action<BinaryWriter> Write)> _pairs = [];

    public int Count => _pairs.Count;

    public void Set(string key, string value) => Add(key, 8, writer => WriteString(writer, value));

    public void Set(string key, bool value) => Add(key, 7, writer => writer.Write((byte)(value ? 1 : 0)));

    public void Set(string key, uint value) => Add(key, 4, writer => writer.Write(value));

    public void Set(string key, float value) => Add(key, 6, writer => writer.Write(value));

    public void Set(string key, IReadOnlyList<float> values) => Add(key, Array, writer =>
    {
        Header(writer, 6, values.Count);
        foreach (var value in values) writer.Write(value);
    });

    public void Set(string key, IReadOnlyList<int> values) => Add(key, Array, writer =>
    {
        Header(writer, 5, values.Count);
        foreach (var value in values) writer.Write(value);
    });

    internal void Write(BinaryWriter writer)
    {
        foreach (var (key, write) in _pairs)
        {
            WriteString(writer, key);
            write(writer);
        }
    }

    /// <summary>Its length in bytes, then UTF-8.</summary>
    internal static void WriteString(BinaryWriter writer, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        writer.Write((ulong)bytes.Length);
        writer.Write(bytes);
    }

    static void Header(BinaryWriter writer, uint type, int count)
    {
        writer.Write(type);
        writer.Write((ulong)count);
    }

    /// <param name="type">The format's number of the value's type.</param>
    void Add(string key, uint type, Action<BinaryWriter> write)
    {
        if (_pairs.Any(pair => pair.Key == key)) throw new ArgumentException($"the key {key} is set already", nameof(key));
        _pairs.Add((key, writer =>
        {
            writer.Write(type);
            write(writer);
        }
        ));
    }
}
