using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Grafting.Core;
using Grafting.Core.Data;
using Grafting.Core.Data.Parquet;
using Grafting.Core.Numerics;
using Grafting.Core.Text;
using Grafting.Tests.Support;

namespace Grafting.Tests.Data;

/// <summary>
/// Files that other programs wrote, in their newer encodings too, against what a third program reads from them. <c>parquet-writers.json</c>
/// says which programs; the rows are random words and numbers, pictures of two by two pixels, and every fifth row holds the smallest or
/// largest number.
/// </summary>
public class ParquetWritersTests
{
    static JsonArray Files { get; } = JsonNode.Parse(File.ReadAllText(Path.Combine(Here(), "parquet-writers.json")))!["files"]!.AsArray();

    static IEnumerable<TestCaseData> Names() =>
        Files.Select((file, i) => new TestCaseData(i).SetArgDisplayNames(file!["name"]!.ToString()));

    [TestCaseSource(nameof(Names))]
    public void Rows_are_those_that_another_reader_finds(int index)
    {
        using var folder = new TempFolder();
        var rows = Files[index]!["rows"]!.AsArray();
        var path = folder.Write("d.parquet", Bytes(index));
        using var file = File.OpenHandle(path);
        var footer = ParquetFooter.Read(file, path);
        var found = new ParquetRows(footer, new ParquetPages(file, path, footer));
        Assert.That(footer.Rows, Is.EqualTo(rows.Count));
        for (var row = 0; row < footer.Rows; row++)
        {
            var record = JsonNode.Parse(found.Json(row))!.AsObject();
            Assert.That(record["id"]!.ToString(), Is.EqualTo(rows[row]!["id"]!.ToString()));
            Assert.That(Said(record.First().Value), Is.EqualTo(Said(rows[row]!["said"])), $"row {row}");
            var pictures = found.PicturesOf(row);
            Assert.That(
                pictures.Select(picture => picture.Path), Is.EqualTo(rows[row]!["pictures"]!.AsArray().Select(name => name?.ToString())),
                $"row {row}");
            Assert.That(pictures.All(picture => IsPng(found.Bytes(row, picture)!.Value)));
        }
    }

    [Test]
    public void Messages_of_parts_and_pairs_of_texts_are_samples_with_their_pictures()
    {
        using var folder = new TempFolder();
        using var data = Dataset.Load(
            [Write(folder, "DuckDB, messages, version 2, LZ4_RAW"), Write(folder, "DuckDB, texts, version 2, Snappy")], maxBad: 0.5);
        Assert.Multiple(() =>
        {
            Assert.That(
                data.Report.Skipped.First.Select(bad => bad.Reason),
                Is.EqualTo(new[] { BadSampleReason.NoAnswer, BadSampleReason.Malformed }), "without an answer, and null");
            Assert.That(
                data.Select(sample => sample.Images.Count),
                Is.EqualTo(new[] { 0, 1, 2, 3, 0, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3 }));
            Assert.That(data[2].Turns.Select(turn => turn.Role), Is.EqualTo(new[] { Role.User, Role.Assistant }));
            Assert.That(data[2].Turns[0].Text, Does.StartWith("<image>\n<image>\n").And.EndWith("number 2"));
            Assert.That(data[^1].Turns, Has.Count.EqualTo(6), "three pairs");
            Assert.That(data[^1].Turns[0].Text, Does.StartWith("<image>\n<image>\n<image>\n"));
            Assert.That(data.SelectMany(sample => sample.Images.Select(image => sample.Store.Load(image).Width)), Is.All.EqualTo(2));
        });
    }

    [Test]
    public void Random_damage_gives_samples_or_one_error()
    {
        using var folder = new TempFolder();
        var random = new DeterministicRandom(17);
        for (var i = 0; i < 100 * Files.Count; i++)
        {
            var bytes = Bytes(i % Files.Count);
            for (var change = random.NextInt(1, 4); change > 0; change--)
                bytes[4 + random.NextInt(bytes.Length - 8)] = (byte)random.NextInt(256);
            try
            {
                using var data = Dataset.Load(folder.Write("damaged.parquet", bytes), maxBad: 1);
                foreach (var sample in data) Assert.That(sample.Turns, Is.Not.Empty);
            }
            catch (GraftException error)
            {
                Assert.That(error.Kind, Is.EqualTo(ErrorKind.Input), error.ToString());
            }
        }
    }

    [TestCase(new byte[] { 128, 1, 4, 2, 0 }, "2 differences; its header says 3")]
    [TestCase(new byte[] { 128, 1, 0, 3, 0 }, "128 values in 0 parts")]
    [TestCase(new byte[] { 128, 1, 3, 3, 0 }, "128 values in 3 parts")]
    [TestCase(new byte[] { 128, 128, 128, 128, 4, 4, 3, 0 }, "values in 4 parts")]
    [TestCase(new byte[] { 128, 1, 4, 3, 0, 0, 65, 0, 0, 0 }, "65 bits")]
    [TestCase(new byte[] { 128, 1, 4, 3, 0, 0, 8, 0, 0, 0, 1, 2 }, "end too early")]
    [TestCase(new byte[] { 128, 1, 4, 3 }, "end too early")]
    public void Differences_that_cannot_be_are_refused(byte[] data, string expected) =>
        Assert.That(
            Assert.Throws<InvalidDataException>(() => { var at = 0; Delta.Numbers(data, ref at, 3); })!.Message, Does.Contain(expected));

    [Test]
    public void Differences_of_the_formats_own_example_are_read()
    {
        // apache/parquet-format, Encodings.md: 7, 5, 3, 1, 2, 3, 4, 5 have the differences -2, -2, -2, 1, 1, 1, 1, of which the least is
        // -2: 0, 0, 0, 3, 3, 3, 3. One part of 128 values of two bits: 32 bytes.
        byte[] data = [128, 1, 1, 8, 14, 3, 2, 0b11000000, 0b00111111, .. new byte[30], 99];
        var at = 0;
        Assert.That(Delta.Numbers(data, ref at, 8), Is.EqualTo(new long[] { 7, 5, 3, 1, 2, 3, 4, 5 }));
        Assert.That(data[at], Is.EqualTo(99), "what follows is left alone");
    }

    [Test]
    public void Prefixes_that_would_fill_the_memory_are_refused()
    {
        // A text of a megabyte, then two thousand that repeat it whole: 2 GB from 1 MB.
        const int Count = 2000, Text = 1 << 20;
        byte[] data = [.. Numbers(0, Text), .. Numbers(Text, -Text), .. new byte[Text]];
        Assert.That(Assert.Throws<InvalidDataException>(() => Delta.Prefixed(data, Count))!.Message, Does.Contain("unpacks to more"));

        // The second number differs from the first, the others repeat it.
        static byte[] Numbers(int first, int difference)
        {
            var bytes = new List<byte>([128, 1, 1]);
            ThriftWriter.VarInt(bytes, Count);
            ThriftWriter.VarInt(bytes, 2UL * (uint)first);
            foreach (var block in new long[] { difference }.Concat(new long[Count - 2]).Chunk(128))
                bytes.AddRange([0, 64, .. block.Concat(new long[128 - block.Length]).SelectMany(BitConverter.GetBytes)]);
            return [.. bytes];
        }
    }

    [TestCase(new byte[] { 0x14, 65, 1, 0, 0x00 }, 9, "AAAAAAAAA")]
    [TestCase(new byte[] { 0x20, 65, 66, 2, 0, 0x10, 67 }, 7, "ABABABC")]
    [TestCase(new byte[] { 0x1F, 65, 1, 0, 255, 1, 0x00 }, 276, null)]
    public void Lz4_repeats_what_it_has_just_written(byte[] data, int size, string? expected) =>
        Assert.That(Encoding.ASCII.GetString(PageCodec.Decompress(7, data, size)), Is.EqualTo(expected ?? new string('A', size)));

    [TestCase(new byte[] { 0x14, 65, 2, 0, 0x00 }, 9)]
    [TestCase(new byte[] { 0x14, 65, 0, 0, 0x00 }, 9)]
    [TestCase(new byte[] { 0x14, 65, 1, 0, 0x00 }, 8)]
    [TestCase(new byte[] { 0x14, 65, 1 }, 9)]
    [TestCase(new byte[] { 0xF0, 255 }, 300)]
    [TestCase(new byte[] { 0x50, 65 }, 5)]
    public void Damaged_Lz4_is_refused(byte[] data, int size) =>
        Assert.Throws<InvalidDataException>(() => PageCodec.Decompress(7, data, size));

    static byte[] Bytes(int index) => Convert.FromBase64String(Files[index]!["bytes"]!.ToString());

    static string Write(TempFolder folder, string name) =>
        folder.Write($"{name}.parquet", Bytes(Files.Select((file, i) => (file, i)).Single(one => one.file!["name"]!.ToString() == name).i));

    static string? Said(JsonNode? node) =>
        node?.ToJsonString(new JsonSerializerOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    static bool IsPng(ReadOnlyMemory<byte> bytes) => bytes.Span[1..4].SequenceEqual("PNG"u8);

    static string Here([CallerFilePath] string thisFile = "") => Path.GetDirectoryName(thisFile)!;
}
