using System.Buffers.Binary;
using System.Text;

namespace Grafting.Tests.Checkpoints;

/// <summary>Hand-made safetensors files.</summary>
static class Bytes
{
    /// <summary>Length prefix, header as given, and so many bytes of data.</summary>
    public static byte[] File(string header, int data = 0) => File(Encoding.UTF8.GetBytes(header), data);

    public static byte[] File(byte[] header, int data = 0) => [.. Prefix((ulong)header.Length), .. header, .. Data(data)];

    public static byte[] Prefix(ulong length)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, length);
        return bytes;
    }

    static byte[] Data(int count) => [.. Enumerable.Range(0, count).Select(i => (byte)(i * 7 + 1))];
}
