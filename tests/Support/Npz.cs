using System.IO.Compression;
using System.Text.RegularExpressions;

namespace Grafting.Tests.Support;

/// <summary>Reads float64 and int64 arrays from numpy's <c>.npz</c> files.</summary>
static partial class Npz
{
    public static (int[] Shape, double[] Values) Doubles(string path, string name) => Read(path, name, "<f8", BitConverter.ToDouble);

    public static (int[] Shape, long[] Values) Longs(string path, string name) => Read(path, name, "<i8", BitConverter.ToInt64);

    static (int[] Shape, T[] Values) Read<T>(string path, string name, string type, Func<byte[], int, T> convert)
    {
        using var archive = ZipFile.OpenRead(path);
        using var stream = archive.GetEntry(name + ".npy")!.Open();
        using var memory = new MemoryStream();
        stream.CopyTo(memory);
        var bytes = memory.ToArray();
        // Magic (6), version (2), length of the header (2), header, data.
        var length = BitConverter.ToUInt16(bytes, 8);
        var header = System.Text.Encoding.ASCII.GetString(bytes, 10, length);
        Assert.That(header, Does.Contain($"'{type}'").And.Contain("'fortran_order': False"));
        int[] shape =
            [.. Shape().Match(header).Groups[1].Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                .Select(int.Parse)];
        return (shape, [.. Enumerable.Range(0, (bytes.Length - 10 - length) / 8).Select(i => convert(bytes, 10 + length + (8 * i)))]);
    }

    [GeneratedRegex(@"'shape': \(([^)]*)\)")]
    private static partial Regex Shape();
}
