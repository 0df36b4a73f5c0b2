using System.Text.Json;
using Grafting.Core;
using Grafting.Core.Checkpoints;
using Grafting.Tests.Support;

namespace Grafting.Tests.Checkpoints;

/// <summary>Copies of safetensors files in which only the names are others.</summary>
public class RenamedShardTests
{
    [Test]
    public void Only_names_and_padding_change([Values] bool share, [Values(3, 3000, 5_000_000)] int values)
    {
        using var folder = new TempFolder();
        float[] numbers = [.. Enumerable.Range(0, values).Select(i => i * 0.5f)];
        SafetensorsWriter.Write(
            folder["a.safetensors"],
            [
                TensorSource.FromFloats("model.norm", [values], numbers),
                TensorSource.FromFloats("model.half", [3], new float[] { 1, 2, 3 }, TensorType.F16),
            ],
            new Dictionary<string, string> { ["made by"] = "\"a\" test" });
        using var source = SafetensorsFile.Open(folder["a.safetensors"]);
        var seen = 0L;
        var moved = RenamedShard.Write(source, folder["b.safetensors"], name => "language_model." + name, share, bytes => seen += bytes);

        using var copy = SafetensorsFile.Open(folder["b.safetensors"]);
        var (from, to) = (File.ReadAllBytes(source.Path), File.ReadAllBytes(copy.Path));
        var header = JsonDocument.Parse(to.AsMemory(8, (int)BitConverter.ToInt64(to, 0))).RootElement;
        Assert.Multiple(() =>
        {
            Assert.That(copy.Tensors.Keys, Is.EqualTo(new[] { "language_model.model.norm", "language_model.model.half" }));
            Assert.That(copy.ReadFloats("language_model.model.norm"), Is.EqualTo(numbers));
            Assert.That(to.AsSpan((int)copy.DataStart).SequenceEqual(from.AsSpan((int)source.DataStart)), "the data are the same bytes");
            Assert.That(
                header.GetProperty("__metadata__").EnumerateObject().Select(p => (p.Name, p.Value.GetString())),
                Is.EqualTo(new[] { ("format", "pt"), ("made by", "\"a\" test") }));
            Assert.That(moved.Shared + moved.Copied, Is.EqualTo(to.Length));
            Assert.That(seen, Is.EqualTo(from.Length - source.DataStart));
            // File systems share blocks only between places at the same distance from a block's beginning.
            if (share) Assert.That((copy.DataStart - source.DataStart) % 4096, Is.Zero);
            else Assert.That((moved.Shared, copy.DataStart % 8), Is.EqualTo((0, 0)));
        });
    }

    [Test]
    public void A_file_that_is_there_is_not_overwritten()
    {
        using var folder = new TempFolder();
        SafetensorsWriter.Write(folder["a.safetensors"], [TensorSource.FromFloats("a", [1], new float[] { 1 })]);
        using var source = SafetensorsFile.Open(folder["a.safetensors"]);
        folder.Write("b.safetensors", "kept");
        var error = Assert.Throws<GraftException>(() => RenamedShard.Write(source, folder["b.safetensors"], name => name, share: false))!;
        Assert.That(error.Kind, Is.EqualTo(ErrorKind.Resources));
        Assert.That(File.ReadAllText(folder["b.safetensors"]), Is.EqualTo("kept"));
    }
}
