using System.Security.Cryptography;
using System.Text.Json;
using Grafting.Core.Checkpoints;
using Grafting.Core.Imaging;
using Grafting.Tests.Support;

namespace Grafting.Tests.Imaging;

/// <summary>Pictures with what Pillow makes of them.</summary>
static class ImageFixtures
{
    /// <summary>Lossy WebP is exact where its decoder is Pillow's own; another one may differ by a few levels. All else always is.</summary>
    public static bool WebpIsPillows => ImageReader.Codecs().Any(codec => codec.Name == "libwebp");

    /// <summary>The pixels of an entry have to be Pillow's, to the last bit.</summary>
    public static bool IsExact(JsonElement entry) =>
        WebpIsPillows || entry.GetProperty("lossless").GetBoolean() || entry.GetProperty("format").GetString() != "WEBP";

    /// <summary>The pictures of a file of this folder: small, committed, and with the digests of what Pillow makes of them.</summary>
    public static JsonElement[] Committed(string file)
    {
        var text = File.ReadAllBytes(Path.Combine(Shared.RepositoryRoot(), "tests", "Imaging", file));
        return [.. JsonElement.Parse(text).GetProperty("pictures").EnumerateArray()];
    }

    public static IEnumerable<string> Names()
    {
        if (!Shared.Has("fixtures/images/manifest.json")) return ["(absent)"];
        return Manifest().Select(image => image.GetProperty("name").GetString()!);
    }

    public static JsonElement Entry(string name)
    {
        Shared.Fixture("images/manifest.json");
        return Manifest().Single(image => image.GetProperty("name").GetString() == name);
    }

    public static string Source(JsonElement entry) => Shared.Fixture($"images/{entry.GetProperty("file").GetString()}");

    public static byte[] Bytes(SafetensorsFile file, string tensor)
    {
        var entry = file.Tensors[tensor];
        var bytes = new byte[entry.ByteCount];
        file.Read(entry, bytes);
        return bytes;
    }

    public static string Sha256(RgbImage image) => Convert.ToHexStringLower(SHA256.HashData(image.Pixels));

    /// <summary>In levels.</summary>
    public static double MeanDifference(byte[] a, byte[] b)
    {
        Assert.That(a, Has.Length.EqualTo(b.Length));
        return a.Zip(b, (x, y) => (double)Math.Abs(x - y)).Average();
    }

    /// <summary>[3, h, w], as the fixtures store pictures.</summary>
    public static byte[] Planar(RgbImage image)
    {
        int plane = image.Width * image.Height;
        var planar = new byte[3 * plane];
        for (int i = 0; i < plane; i++)
            for (int channel = 0; channel < 3; channel++) planar[plane * channel + i] = image.Pixels[3 * i + channel];
        return planar;
    }

    static JsonElement[] Manifest()
    {
        var manifest = JsonElement.Parse(File.ReadAllBytes(Shared.Fixture("images/manifest.json")));
        return [.. manifest.GetProperty("images").EnumerateArray()];
    }
}
