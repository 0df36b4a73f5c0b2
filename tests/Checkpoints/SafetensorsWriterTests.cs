using System.Text;
using Grafting.Core.Checkpoints;
using Grafting.Tests.Support;

namespace Grafting.Tests.Checkpoints;

public class SafetensorsWriterTests
{
    static byte[] Write(IEnumerable<TensorSource> tensors, Dictionary<string, string>? metadata = null)
    {
        using var folder = new TempFolder();
        SafetensorsWriter.Write(folder["a.safetensors"], tensors, metadata);
        return File.ReadAllBytes(folder["a.safetensors"]);
    }

    static TensorSource Zeros(string name, TensorType type = TensorType.U8, params long[] shape)
    {
        var source = new TensorSource(name, type, shape, _ => { });
        var bytes = new byte[source.ByteCount];
        return source with { Write = stream => stream.Write(bytes) };
    }

    static string Header(byte[] file) => Encoding.UTF8.GetString(file, 8, BitConverter.ToInt32(file, 0));

    // The three byte strings below stand in the tests of the reference writer.
    [Test]
    public void A_file_without_tensors_is_that_of_the_reference() =>
        Assert.That(Write([]), Is.EqualTo([8, 0, 0, 0, 0, 0, 0, 0, .. "{}      "u8]));

    [Test]
    public void A_file_with_metadata_only_is_that_of_the_reference() => Assert.That(
        Write([], new() { ["framework"] = "pt" }),
        Is.EqualTo([40, 0, 0, 0, 0, 0, 0, 0, .. "{\"__metadata__\":{\"framework\":\"pt\"}}     "u8]));

    [Test]
    public void A_file_that_needs_padding_is_that_of_the_reference()
    {
        float[] values = [0, 1, 2, 3, 4, 5];
        var file = Write([TensorSource.FromFloats("attn0", [1, 1, 2, 3], values)]);
        Assert.That(file, Is.EqualTo([
            72, 0, 0, 0, 0, 0, 0, 0, .. """{"attn0":{"dtype":"F32","shape":[1,1,2,3],"data_offsets":[0,24]}}       """u8,
            .. values.SelectMany(BitConverter.GetBytes)]));
    }

    [Test]
    public void Types_go_by_falling_alignment_and_names_by_code_points()
    {
        var file = Write([
            Zeros("z", TensorType.Bool, 1), Zeros("a", TensorType.U8, 1), Zeros("a1", TensorType.I8, 1), Zeros("b", TensorType.I16, 1),
            Zeros("h", TensorType.F16, 1), Zeros("h2", TensorType.BF16, 1), Zeros("i", TensorType.I32, 1),
            Zeros("\U00010000", TensorType.F32, 1),
            Zeros("\uFFFD", TensorType.F32, 1), Zeros("B", TensorType.F32, 1), Zeros("a.10", TensorType.F32, 1),
            Zeros("a.2", TensorType.F32, 1),
            Zeros("d", TensorType.F64, 1), Zeros("l", TensorType.I64, 1)]);
        using var folder = new TempFolder();
        using var read = SafetensorsFile.Open(folder.Write("a.safetensors", file));
        Assert.That(read.Tensors.Keys, Is.EqualTo(new[]
        {
            "l", "d", "B", "a.10", "a.2", "\uFFFD", "\U00010000", "i", "h2", "h", "b", "a1", "a", "z",
        }));
    }

    [Test]
    public void Names_are_escaped_as_by_the_reference() => Assert.That(
        Header(Write([Zeros("\"\\/\b\t\n\f\r\u001f\u007fé😀", TensorType.U8, 0)])),
        Does.StartWith("{\"\\\"\\\\/\\b\\t\\n\\f\\r\\u001f\u007fé😀\":{"));

    [Test]
    public void Several_metadata_entries_are_sorted() =>
        Assert.That(Header(Write([], new() { ["b"] = "1", ["a"] = "2" })), Does.StartWith("""{"__metadata__":{"a":"2","b":"1"}}"""));

    [Test]
    public void Floats_are_narrowed_while_they_are_written()
    {
        var values = Enumerable.Range(0, 200_000).Select(i => i * 0.37f).ToArray();
        using var folder = new TempFolder();
        SafetensorsWriter.Write(folder["a.safetensors"], [TensorSource.FromFloats("a", [values.Length], values, TensorType.F16)]);
        using var file = SafetensorsFile.Open(folder["a.safetensors"]);
        Assert.That(file.ReadFloats("a"), Is.EqualTo(values.Select(v => (float)(Half)v)));
    }

    [Test]
    public void A_tensor_with_too_few_bytes_leaves_no_file()
    {
        using var folder = new TempFolder();
        Assert.That(
            () => SafetensorsWriter.Write(folder["a.safetensors"], [TensorSource.FromBytes("a", TensorType.F32, [2], new byte[7])]),
            Throws.ArgumentException.With.Message.Contains("\"a\" wrote 7 bytes, its type and shape ask for 8"));
        Assert.That(folder.Entries(), Is.Empty);
    }

    [Test]
    public void What_a_reader_would_refuse_is_not_written()
    {
        Assert.Multiple(() =>
        {
            Assert.That(
                () => Write([Zeros("a"), Zeros("a")]), Throws.ArgumentException.With.Message.Contains("two tensors are called \"a\""));
            Assert.That(() => Write([Zeros("__metadata__")]), Throws.ArgumentException);
            Assert.That(() => Write([Zeros("a\ud800")]), Throws.ArgumentException.With.Message.Contains("surrogate"));
            Assert.That(
                () => Write([new TensorSource("a", TensorType.F32, [long.MaxValue, 2], _ => { })]), Throws.TypeOf<OverflowException>());
        });
    }

    [Test]
    public void An_existing_file_is_replaced_only_by_a_whole_one()
    {
        using var folder = new TempFolder();
        folder.Write("a.safetensors", "old");
        Assert.Throws<InvalidDataException>(() => SafetensorsWriter.Write(
            folder["a.safetensors"],
            [Zeros("a", TensorType.U8, 4), Zeros("b", TensorType.U8, 4) with { Write = _ => throw new InvalidDataException() }]));
        Assert.That(File.ReadAllText(folder["a.safetensors"]), Is.EqualTo("old"));
        SafetensorsWriter.Write(folder["a.safetensors"], [Zeros("a", TensorType.U8, 4)]);
        Assert.Multiple(() =>
        {
            Assert.That(new FileInfo(folder["a.safetensors"]).Length, Is.GreaterThan(8));
            Assert.That(folder.Entries(), Is.EqualTo(new[] { "a.safetensors" }));
        });
    }
}
