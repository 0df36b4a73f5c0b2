using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Grafting.Core.Imaging;
using Grafting.Tests.Support;

namespace Grafting.Tests.Imaging;

/// <summary>
/// Files that are no pictures, or not what they claim, end a process of their own with one error that names them, in little memory.
/// </summary>
public class PictureSafetyTests
{
    const long MostBytes = 200L << 20;

    [Test]
    public void Every_bad_picture_ends_in_a_named_error_in_little_memory()
    {
        using var folder = new TempFolder();
        var bad = Made(folder).Concat(Shared.Has("real/images/oracle.json") ? Known() : []).ToList();
        foreach (var path in bad)
        {
            var (code, said, seconds, peak) = Run("preprocess", path, "--outputs", folder["out.safetensors"], "--json");
            TestContext.Out.WriteLine(FormattableString.Invariant($"{Path.GetFileName(path)}: {seconds:F2} s, {peak >> 20} MB"));
            Assert.That(code, Is.EqualTo(3), $"{path}: {said}");
            var error = JsonElement.Parse(Encoding.UTF8.GetBytes(said));
            Assert.That(error.GetProperty("message").GetString(), Does.Contain(Path.GetFileName(path)));
            Assert.That(peak, Is.GreaterThan(0).And.LessThan(MostBytes), path);
        }
        Assert.That(File.Exists(folder["out.safetensors"]), Is.False);
    }

    /// <summary>Files that are bad by how they are made.</summary>
    static IEnumerable<string> Made(TempFolder folder)
    {
        byte[] pixels = PictureBytes.Deflate(new byte[100]);
        byte[] Claiming(int width, int height) =>
            PictureBytes.Png(("IHDR", PictureBytes.Header(width, height)), ("IDAT", pixels), ("IEND", []));
        yield return folder.Write("page.jpg", "<!DOCTYPE html><html><body>404 Not Found</body></html>");
        yield return folder.Write("empty.png", "");
        yield return folder.Write("text.webp", "a cat on a mat");
        yield return folder.Write("huge.png", Claiming(int.MaxValue, int.MaxValue));
        yield return folder.Write("long.png", Claiming(500_000_000, 1));
        yield return folder.Write("truncated.png", PngWriter.Encode(PictureBytes.Noise(900, 900))[..^4000]);
        // Within the limits, with a hundred bytes of pixels: what is not there must not be paid for.
        yield return folder.Write("hollow.png", Claiming(9459, 9459));
        yield return folder.Write("hollow.jpg", HollowProgressive(9459, 9459));
        byte[] side = [0xF0, 0x24, 0, 0];
        yield return folder.Write(
            "hollow.bmp",
            [.. "BM"u8, 58, 0, 0, 0, 0, 0, 0, 0, 54, 0, 0, 0, 40, 0, 0, 0, .. side, .. side, 1, 0, 24, 0, .. new byte[24], 1, 2, 3, 4]);
        yield return Directory.CreateDirectory(folder["folder.png"]).FullName;
        yield return folder["missing.jpg"];
        using var made = Process.Start("mkfifo", [folder["pipe.png"]]);
        made.WaitForExit();
        yield return folder["pipe.png"];
    }

    /// <summary>A progressive JPEG, whose coefficients have to be kept, with no more than the beginning of its first scan.</summary>
    static byte[] HollowProgressive(int width, int height)
    {
        byte[] size = [(byte)(height >> 8), (byte)height, (byte)(width >> 8), (byte)width];
        return
        [
            0xFF, 0xD8, 0xFF, 0xDB, 0, 67, 0, .. Enumerable.Repeat((byte)1, 64),
            0xFF, 0xC2, 0, 17, 8, .. size, 3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0,
            0xFF, 0xC4, 0, 20, 0, 1, .. new byte[16],
            0xFF, 0xDA, 0, 12, 3, 1, 0, 2, 0, 3, 0, 0, 0, 0, .. new byte[100], 0xFF, 0xD9,
        ];
    }

    /// <summary>Those of Pillow's own test pictures that Pillow refuses, but for the bitmaps that are understood here.</summary>
    static IEnumerable<string> Known()
    {
        foreach (var picture in JsonElement.Parse(File.ReadAllBytes(Shared.Real("images/oracle.json"))).EnumerateArray())
        {
            var file = picture.GetProperty("file").GetString()!;
            if (!picture.GetProperty("ok").GetBoolean() && !ImageReaderTests.MoreTolerant.ContainsKey(file))
                yield return Shared.Real($"images/{file}");
        }
    }

    /// <returns>The peak is that of the last look before the end, a few milliseconds apart.</returns>
    static (int Code, string Output, double Seconds, long Peak) Run(params string[] arguments)
    {
        var start = new ProcessStartInfo(
            Environment.ProcessPath!.EndsWith("dotnet", StringComparison.Ordinal) ? Environment.ProcessPath : "dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in (string[])[Path.Combine(AppContext.BaseDirectory, "graft.dll"), .. arguments])
            start.ArgumentList.Add(argument);
        var clock = Stopwatch.StartNew();
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        long peak = 0;
        while (!process.WaitForExit(2)) peak = Math.Max(peak, Peak(process.Id));
        process.WaitForExit();
        return (process.ExitCode, output.Result.Length > 0 ? output.Result : error.Result, clock.Elapsed.TotalSeconds, peak);
    }

    static long Peak(int process)
    {
        try
        {
            var line = File.ReadLines($"/proc/{process}/status").FirstOrDefault(
                line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
            return line is null
                ? 0
                : 1024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
