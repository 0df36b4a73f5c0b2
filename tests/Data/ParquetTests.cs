using System.Text;
using Grafting.Core;
using Grafting.Core.Data;
using Grafting.Core.Data.Parquet;
using Grafting.Core.Numerics;
using Grafting.Core.Text;
using Grafting.Tests.Support;
using static Grafting.Tests.Data.ParquetWriter;

namespace Grafting.Tests.Data;

public class ParquetTests
{
    static readonly byte[] Cat = "a cat"u8.ToArray();

    [Test]
    public void Rows_are_samples_and_a_null_picture_is_none([Values] bool newPages, [Values] bool dictionary)
    {
        using var folder = new TempFolder();
        using var data = Dataset.Load(
            folder.Write("d.parquet", ParquetFiles.Bytes(ParquetFiles.Three, new ParquetStyle(1, newPages, dictionary, 2, 2))));
        Assert.Multiple(() =>
        {
            Assert.That(data.Select(sample => sample.Id), Is.EqualTo(new[] { "a", "b", "c" }));
            Assert.That(data.Select(sample => sample.Images.Count), Is.EqualTo(new[] { 1, 0, 1 }));
            Assert.That(data.Select(sample => sample.Group), Is.EqualTo(new[] { "a.png", "b", "c" }));
            Assert.That(
                data[1].Turns.Select(turn => turn.Text), Is.EqualTo(new[] { "Hi", "Hello", "Bye", "Bye" }),
                "a row that goes on in the next page");
            Assert.That(data[2].Turns[1], Is.EqualTo(new Turn(Role.Assistant, "größer")));
            Assert.That(data[2].Store.Load(data[2].Images[0]).Width, Is.EqualTo(2));
        });
    }

    [Test]
    public void Captions_questions_and_classes_are_read_too()
    {
        using var folder = new TempFolder();
        Turn[] Only(string name, byte[] file)
        {
            using var data = Dataset.Load(folder.Write(name, file));
            Assert.That(data.Single().Id, Is.EqualTo("#0"));
            return [.. data[0].Turns];
        }
        var picture = Column("image", 6, LlavaFiles.Picture);
        var caption = Only("caption.parquet", Flat([("image", 6, null), ("text", 6, 0)], picture, Column("text", 6, Cat)));
        var question = Only(
            "vqa.parquet",
            Flat(
                [("image", 6, null), ("question", 6, 0), ("answer", 6, 0)], picture, Column("question", 6, "Hue?"u8.ToArray()),
                Column("answer", 6, Cat)));
        var label = Only("class.parquet", Flat([("image", 6, null), ("label", 2, null)], """{"info": {"features": {"label": {"names": ["dog", "a cat"]}}}}""", picture, Column("label", 2, 1L)));
        var record = Only("json.parquet", Flat([("messages", 6, 0)], Column("messages", 6, """[{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "a cat"}]"""u8.ToArray())));
        Assert.Multiple(() =>
        {
            Assert.That(new[] { caption[0], question[0], label[0], record[0] }.Select(turn => turn.Text), Is.EqualTo(new[]
            {
                "<image>\nDescribe the picture.", "<image>\nHue?", "<image>\nWhat does the picture show?", "Hi",
            }));
            Assert.That(new[] { caption[1], question[1], label[1], record[1] }, Is.All.EqualTo(new Turn(Role.Assistant, "a cat")));
        });
    }

    [Test]
    public void A_list_of_pictures_stands_before_the_first_question()
    {
        using var folder = new TempFolder();
        byte[][] schema =
        [
            Element("schema", children: 2), Element("images", repetition: 1, children: 1, annotation: 3),
            Element("list", repetition: 2, children: 1),
            Element("element", repetition: 1, children: 2), Element("bytes", 6, 1), Element("path", 6, 1, annotation: 0),
            Element("caption", 6, 0, annotation: 0),
        ];
        WrittenColumn List(string name, byte[]? value, int definition) => new(
            $"images.list.element.{name}", 6, 4, 1,
            [[new(definition, 0, value), new(definition, 1, value)], [new(1, 0, null)], [new(definition, 0, value)], [new(0, 0, null)]]);
        var path = folder.Write("d.parquet", ParquetWriter.Write(
            schema,
            [
                List("bytes", LlavaFiles.Picture, 4), List("path", null, 3),
                new("caption", 6, 0, 0, [.. Enumerable.Repeat<IReadOnlyList<WrittenEntry>>([new(0, 0, Cat)], 4)]),
            ],
            new ParquetStyle(1, PageEntries: 1)));
        using var data = Dataset.Load(path);
        Assert.That(data.Select(sample => sample.Images.Count), Is.EqualTo(new[] { 2, 0, 1, 0 }));
        Assert.That(data[0].Turns[0].Text, Is.EqualTo("<image>\n<image>\nDescribe the picture."));
        Assert.That(
            data.SelectMany(sample => sample.Images.Select(image => sample.Store.Load(image).Height)),
            Is.All.EqualTo(2).And.Exactly(3).Items);
    }

    [Test]
    public void Bad_rows_are_counted_and_a_picture_without_bytes_is_found_when_it_is_read()
    {
        using var folder = new TempFolder();
        ParquetFiles.Row[] rows =
        [
            .. ParquetFiles.Three, new("d", LlavaFiles.Picture, null, []), new("e", null, null, null),
            new("f", null, "elsewhere/f.png", ParquetFiles.Three[0].Turns),
        ];
        var path = folder.Write("d.parquet", ParquetFiles.Bytes(rows));
        using var data = Dataset.Load(path, maxBad: 0.5);
        Assert.Multiple(() =>
        {
            Assert.That(data.Select(sample => sample.Id), Is.EqualTo(new[] { "a", "b", "c", "f" }));
            Assert.That(data.Report.Skipped.First.Select(bad => bad.Where), Is.EqualTo(new[] { "row 3", "row 4" }));
            Assert.That(
                Assert.Throws<GraftException>(() => data[3].Store.Load(data[3].Images[0]))!.Message,
                Does.Contain("row 5").And.Contain("elsewhere/f.png"));
        });
        Assert.That(Assert.Throws<GraftException>(() => Dataset.Load(path))!.Message, Does.Contain("2 of 6 samples"));
    }

    [Test]
    public void Plain_numbers_of_every_type_come_back([Values(0, 1)] int codec)
    {
        long[] numbers = [0, 1, -1, int.MaxValue, int.MinValue];
        var bytes = numbers.SelectMany(BitConverter.GetBytes).ToArray();
        Assert.That(
            ParquetValues.Plain(ParquetType.Int64, PageCodec.Decompress(codec, codec == 0 ? bytes : Snappy(bytes), bytes.Length), 5).Longs,
            Is.EqualTo(numbers));
        Assert.That(
            ParquetValues.Plain(ParquetType.Int32, numbers.SelectMany(n => BitConverter.GetBytes((int)n)).ToArray(), 5).Longs,
            Is.EqualTo(numbers));
        Assert.That(ParquetValues.Plain(ParquetType.Double, BitConverter.GetBytes(-0.1), 1).Doubles, Is.EqualTo(new[] { -0.1 }));
        Assert.That(ParquetValues.Plain(ParquetType.Float, BitConverter.GetBytes(0.5f), 1).Doubles, Is.EqualTo(new[] { 0.5 }));
        Assert.That(ParquetValues.Plain(ParquetType.Boolean, new byte[] { 0b0101 }, 4).Longs, Is.EqualTo(new[] { 1, 0, 1, 0 }));
    }

    [Test]
    public void Bit_packed_numbers_of_the_formats_own_example_are_read()
    {
        // apache/parquet-format, Encodings.md: the numbers 0 to 7 in three bits are 10001000 11000110 11111010.
        var numbers = new int[12];
        Hybrid.Decode([3, 0b10001000, 0b11000110, 0b11111010, 8, 5], 3, numbers);
        Assert.That(numbers, Is.EqualTo(new[] { 0, 1, 2, 3, 4, 5, 6, 7, 5, 5, 5, 5 }));
    }

    [Test]
    public void Snappy_gives_back_what_was_packed()
    {
        var random = new DeterministicRandom(3);
        foreach (var length in (int[])[0, 1, 59, 60, 61, 255, 256, 257, 5000, 200_000])
        {
            // Few different bytes give short copies, repeated stretches long ones from far away.
            var data = Enumerable.Range(0, length).Select(
                i => (byte)(i % 90_000 < 30_000 ? random.NextInt(3) : random.NextInt(256))).ToArray();
            if (length > 150_000) data.AsSpan(30_000, 20_000).CopyTo(data.AsSpan(140_000));
            Assert.That(PageCodec.Decompress(1, Snappy(data), length), Is.EqualTo(data), $"{length}");
        }
        // A copy that reads what it writes: "ab", then 8 bytes from 2 before.
        Assert.That(PageCodec.Decompress(1, [10, 4, (byte)'a', (byte)'b', 1 | (4 << 2), 2], 10), Is.EqualTo("ababababab"u8.ToArray()));
    }

    [TestCase(new byte[] { 5, 0, 65 }, 5)]
    [TestCase(new byte[] { 4, 1, 1 }, 4)]
    [TestCase(new byte[] { 4, 0, 65, 1, 2 }, 4)]
    [TestCase(new byte[] { 2, 4, 65 }, 2)]
    [TestCase(new byte[] { 255, 255, 255, 255, 255, 1 }, 4)]
    public void Damaged_Snappy_is_refused(byte[] data, int size) =>
        Assert.Throws<InvalidDataException>(() => PageCodec.Decompress(1, data, size));

    [Test]
    public void A_page_that_claims_to_unpack_to_more_than_it_can_takes_no_memory()
    {
        foreach (var codec in (int[])[1, 2, 7])
        {
            Assert.That(
                Assert.Throws<InvalidDataException>(() => PageCodec.Decompress(codec, new byte[100], 1 << 30))!.Message,
                Does.Contain("claims"));
        }
        Assert.That(Assert.Throws<InvalidDataException>(() => PageCodec.Decompress(3, new byte[100], 100))!.Message, Does.Contain("LZO"));
    }

    [Test]
    public void Zstandard_is_read_through_the_systems_library_or_refused_by_name()
    {
        // A frame with one raw block of "abc" (RFC 8878): magic, descriptor of one segment, size 3, last block of 3 bytes.
        byte[] frame = [0x28, 0xB5, 0x2F, 0xFD, 0x20, 3, 0x19, 0, 0, (byte)'a', (byte)'b', (byte)'c'];
        try
        {
            Assert.That(PageCodec.Decompress(6, frame, 3), Is.EqualTo("abc"u8.ToArray()));
        }
        catch (InvalidDataException error)
        {
            Assert.That(error.Message, Does.Contain("libzstd"));
        }
    }

    [Test]
    public void A_file_that_is_cut_is_one_error_wherever_the_cut_is()
    {
        using var folder = new TempFolder();
        var whole = ParquetFiles.Bytes(ParquetFiles.Three, new ParquetStyle(1));
        for (var length = 4; length < whole.Length; length += 7)
        {
            var error = Assert.Throws<GraftException>(() => Dataset.Load(folder.Write("d.parquet", whole[..length])))!;
            Assert.That((error.Kind, error.Message), Is.EqualTo((ErrorKind.Input, error.Message)));
            Assert.That(error.Message, Does.Contain("is a Parquet file that cannot be read"));
        }
    }

    [Test]
    public void Random_damage_gives_samples_or_one_error()
    {
        using var folder = new TempFolder();
        var random = new DeterministicRandom(13);
        ParquetStyle[] styles = [new(), new(1), new(2, NewPages: true), new(1, Dictionary: true, GroupRows: 2, PageEntries: 2)];
        for (var i = 0; i < 1200; i++)
        {
            var bytes = ParquetFiles.Bytes(ParquetFiles.Three, styles[i % styles.Length]);
            for (var change = random.NextInt(1, 4); change > 0; change--)
                bytes[4 + random.NextInt(bytes.Length - 8)] = (byte)random.NextInt(256);
            try
            {
                using var data = Dataset.Load(folder.Write("damaged.parquet", bytes), maxBad: 1);
                foreach (var sample in data)
                {
                    Assert.That(sample.Turns, Is.Not.Empty);
                    foreach (var image in sample.Images) sample.Store.Load(image);
                }
            }
            catch (GraftException error)
            {
                Assert.That(error.Kind, Is.EqualTo(ErrorKind.Input), error.ToString());
            }
        }
    }

    [Test]
    public void A_column_that_is_said_to_have_no_children_is_a_column()
    {
        using var folder = new TempFolder();
        var file = ParquetWriter.Write(
            [Element("schema", children: 1), Element("text", 6, 0, children: 0, annotation: 0)], [Column("text", 6, Cat)],
            new ParquetStyle());
        using var data = Dataset.Load(folder.Write("d.parquet", file));
        Assert.That(data[0].Turns[^1].Text, Is.EqualTo("a cat"));
    }

    [Test]
    public void Fields_that_say_nothing_are_named()
    {
        using var folder = new TempFolder();
        var error = Assert.Throws<GraftException>(
            () => Dataset.Load(folder.Write("d.parquet", Flat([("words", 6, 0)], Column("words", 6, Cat)))))!;
        Assert.That(error.Message, Does.Contain("none of its fields").And.Contain("\"words\""));
    }

    [TestCase(4, "has the encoding 4")]
    [TestCase(5, "of type Bytes has the encoding 5")]
    [TestCase(9, "of type Bytes has the encoding 9")]
    public void Encodings_that_are_not_read_are_named(int encoding, string expected)
    {
        using var folder = new TempFolder();
        var bytes = Flat([("text", 6, 0)], Column("text", 6, Cat));
        // The page's header is the first structure behind the magic: its encoding, PLAIN, becomes another (in zigzag).
        var at = 4 + Array.IndexOf(bytes[4..], (byte)0x2C) + 4;
        Assert.That(bytes[at - 1], Is.EqualTo(0x15), "the field before the encoding");
        bytes[at] = (byte)(2 * encoding);
        Assert.That(Assert.Throws<GraftException>(() => Dataset.Load(folder.Write("d.parquet", bytes)))!.Message, Does.Contain(expected));
    }

    static WrittenColumn Column(string name, int type, object value) => new(name, type, 0, 0, [[new(0, 0, value)]]);

    static byte[] Flat((string Name, int Type, int? Annotation)[] fields, params WrittenColumn[] columns) => Flat(fields, null, columns);

    static byte[] Flat(
        (string Name, int Type, int? Annotation)[] fields, string? note, params WrittenColumn[] columns) => ParquetWriter.Write(
        [
            Element("schema", children: fields.Length),
            .. fields.Select(field => Element(field.Name, field.Type, 0, annotation: field.Annotation)),
        ], columns, new ParquetStyle(), note);
}
