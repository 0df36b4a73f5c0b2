using System.Formats.Tar;
using System.Text;
using Grafting.Core;
using Grafting.Core.Data;
using Grafting.Core.Text;
using Grafting.Tests.Support;

namespace Grafting.Tests.Data;

public class WebDatasetTests
{
    static readonly byte[] Cat = "a cat"u8.ToArray();

    [Test]
    public void The_key_ends_at_the_first_dot_of_the_last_part_and_neighbours_of_one_key_are_a_sample()
    {
        using var folder = new TempFolder();
        var path = TarFiles.Write(
            folder, "s.tar",
            ("v1.2/x.0.png", LlavaFiles.Picture), ("v1.2/x.1.PNG", LlavaFiles.Picture), ("v1.2/x.txt", Cat), ("v1.2/x.npy", Cat),
            ("v1.2/y.png", LlavaFiles.Picture), ("v1.2/y.cls", "dog\n"u8.ToArray()), ("v1.2/z.json", """{"question": "Hi?", "answer": "Hello"}"""u8.ToArray()));
        using var data = Dataset.Load(path);
        Assert.Multiple(() =>
        {
            Assert.That(data.Select(sample => sample.Id), Is.EqualTo(new[] { "v1.2/x", "v1.2/y", "v1.2/z" }));
            Assert.That(data.Select(sample => sample.Images.Count), Is.EqualTo(new[] { 2, 1, 0 }));
            Assert.That(
                data[0].Turns,
                Is.EqualTo(new[] { new Turn(Role.User, "<image>\n<image>\nDescribe the picture."), new Turn(Role.Assistant, "a cat") }));
            Assert.That(
                data[1].Turns,
                Is.EqualTo(new[] { new Turn(Role.User, "<image>\nWhat does the picture show?"), new Turn(Role.Assistant, "dog") }));
            Assert.That(data[2].Turns, Is.EqualTo(new[] { new Turn(Role.User, "Hi?"), new Turn(Role.Assistant, "Hello") }));
            Assert.That(data[1].Group, Is.EqualTo("v1.2/y.png"));
            Assert.That(data.PassedOver, Is.EqualTo(1), "x.npy");
        });
    }

    [Test]
    public void Pictures_stand_in_the_order_in_which_the_record_names_them()
    {
        using var folder = new TempFolder();
        byte[] other = [.. LlavaFiles.Picture];
        var record = LlavaFiles.Sample("own id").With("image", new System.Text.Json.Nodes.JsonArray("b.png", "pictures/x.a.png"))
            .With("conversations", LlavaFiles.Turns(("human", "<image><image>Which?"), ("gpt", "the first")));
        using var data = Dataset.Load(
            TarFiles.Write(
                folder, "s.tar", ("x.a.png", LlavaFiles.Picture), ("x.b.png", other),
                ("x.json", Encoding.UTF8.GetBytes(record.ToJsonString()))));
        using var plain = Dataset.Load(
            TarFiles.Write(folder, "p.tar", ("x.a.png", LlavaFiles.Picture), ("x.b.png", other), ("x.txt", Cat)));
        Assert.That(data[0].Id, Is.EqualTo("own id"));
        Assert.That(
            data[0].Images.Select(Place), Is.EqualTo(plain[0].Images.Reverse().Select(Place)), "the record's order, not the archive's");
        static string Place(string address) => address[address.LastIndexOf('!')..];
    }

    [Test]
    public void Long_names_are_read_in_both_ways_of_writing_them([Values(TarEntryFormat.Pax, TarEntryFormat.Gnu)] TarEntryFormat format)
    {
        using var folder = new TempFolder();
        var name = string.Concat(Enumerable.Repeat("a long name with umlauts äöü/", 12)) + "x";
        using var data = Dataset.Load(
            folder.Write("s.tar", TarFiles.Bytes(format, ($"{name}.png", LlavaFiles.Picture), ($"{name}.txt", Cat))));
        Assert.That(data.Single().Id, Is.EqualTo(name));
        Assert.That(data[0].Store.Load(data[0].Images[0]).Width, Is.EqualTo(2));
    }

    [Test]
    public void Names_are_read_in_any_script([Values(TarEntryFormat.Ustar, TarEntryFormat.Pax, TarEntryFormat.Gnu)] TarEntryFormat format)
    {
        using var folder = new TempFolder();
        const string Name = "größer/猫 🐈/𝐀";
        using var data = Dataset.Load(
            folder.Write("s.tar", TarFiles.Bytes(format, ($"{Name}.png", LlavaFiles.Picture), ($"{Name}.txt", Cat))));
        Assert.That((data.Single().Id, data[0].Images.Count), Is.EqualTo((Name, 1)));
        Assert.That(data[0].Store.Load(data[0].Images[0]).Width, Is.EqualTo(2));
    }

    [Test]
    public void Folders_links_and_names_without_key_are_passed_over_and_counted()
    {
        using var folder = new TempFolder();
        Func<TarEntry>[] entries =
        [
            () => new PaxTarEntry(TarEntryType.Directory, "part"),
            () => TarFiles.File(TarEntryFormat.Pax, "part/.hidden", Cat),
            () => TarFiles.File(TarEntryFormat.Pax, "part/README", Cat),
            () => TarFiles.File(TarEntryFormat.Pax, "part/a.png", LlavaFiles.Picture),
            () => new PaxTarEntry(TarEntryType.SymbolicLink, "part/a.jpg") { LinkName = "/etc/passwd" },
            () => new PaxTarEntry(TarEntryType.Fifo, "part/a.webp"),
            () => TarFiles.File(TarEntryFormat.Pax, "part/a.txt", Cat),
        ];
        using var data = Dataset.Load(folder.Write("s.tar", TarFiles.Bytes(TarEntryFormat.Pax, entries)));
        Assert.That((data.Count, data.PassedOver, data[0].Images.Count), Is.EqualTo((1, 5, 1)));
    }

    static IEnumerable<TestCaseData> BadMembers()
    {
        static TestCaseData Case(string name, BadSampleReason reason, string expected, params (string, byte[])[] members) =>
            new TestCaseData(reason, expected, members).SetArgDisplayNames(name);
        var text = ("x.txt", Cat);
        yield return Case(
            "a field twice", BadSampleReason.Malformed, "\"png\" twice", ("x.png", LlavaFiles.Picture), ("x.png", LlavaFiles.Picture),
            text);
        yield return Case(
            "a member that leads out", BadSampleReason.PictureOutside, "leads out", ("../x.png", LlavaFiles.Picture), ("../x.txt", Cat));
        yield return Case(
            "an absolute member", BadSampleReason.PictureOutside, "leads out", ("/x.png", LlavaFiles.Picture), ("/x.txt", Cat));
        yield return Case("no text", BadSampleReason.NoConversation, "no text", ("x.png", LlavaFiles.Picture));
        yield return Case("an empty text", BadSampleReason.NoAnswer, "answer", ("x.txt", "\n"u8.ToArray()));
        yield return Case("an empty picture", BadSampleReason.MissingPicture, "0 bytes", ("x.png", []), text);
        yield return Case("text that is not UTF-8", BadSampleReason.Malformed, "UTF-8", ("x.txt", [0xFF, 0xFE]));
        yield return Case("a record that is not JSON", BadSampleReason.Malformed, "line 2, column 1", ("x.json", "{\n,}"u8.ToArray()));
        yield return Case("a record that says nothing", BadSampleReason.Malformed, "none of the fields", ("x.json", "{}"u8.ToArray()));
        yield return Case("more marks than pictures", BadSampleReason.Placeholder, "one picture and 2", ("x.png", LlavaFiles.Picture), ("x.json", """{"question": "<image><image>?", "answer": "a"}"""u8.ToArray()));
        yield return Case(
            "a picture named that is not there", BadSampleReason.MissingPicture, "not among its members", ("x.a.png", LlavaFiles.Picture),
            ("x.b.png", LlavaFiles.Picture),
            ("x.json", Encoding.UTF8.GetBytes(LlavaFiles.Sample("x", "gone.png").ToJsonString())));
    }

    [TestCaseSource(nameof(BadMembers))]
    public void Members_that_make_no_sample_are_named(BadSampleReason reason, string expected, (string Name, byte[] Content)[] members)
    {
        using var folder = new TempFolder();
        using var data = Dataset.Load(TarFiles.Write(folder, "s.tar", [("good.txt", Cat), .. members]), maxBad: 0.5);
        var bad = data.Report.Skipped.First.Single();
        Assert.That((bad.Reason, data.Count), Is.EqualTo((reason, 1)), bad.ToString());
        Assert.That(bad.ToString(), Does.Contain(expected));
    }

    [Test]
    public void A_shard_that_is_cut_loses_its_last_sample_only_wherever_the_cut_is()
    {
        using var folder = new TempFolder();
        var whole = TarFiles.Bytes(
            TarEntryFormat.Pax,
            Enumerable.Range(0, 4).SelectMany(i => ((string, byte[])[])[($"s{i}.png", LlavaFiles.Picture), ($"s{i}.txt", Cat)]));
        using (var data = Dataset.Load(folder.Write("s.tar", whole), maxBad: 0)) Assert.That(data, Has.Count.EqualTo(4));
        for (var length = TarHeaderSize; length < whole.Length - TarHeaderSize; length += 200)
        {
            var path = folder.Write("s.tar", whole[..length]);
            var error = Assert.Throws<GraftException>(() => Dataset.Load(path))!;
            Assert.That(error.Kind, Is.EqualTo(ErrorKind.Input));
            Assert.That(
                error.Message, Does.Contain("1 of ").And.Contain("the shard ends in it").Or.Contain("is not a tar header"), $"at {length}");
            if (length < 13 * TarHeaderSize) continue;
            using var data = Dataset.Load(path, maxBad: 0.6);
            Assert.That(data.Report.Skipped.Count, Is.EqualTo(1), $"at {length}");
            Assert.That(data.Select(sample => sample.Id), Is.EqualTo(Enumerable.Range(0, data.Count).Select(i => $"s{i}")));
        }
    }

    [Test]
    public void Sparse_members_are_refused_by_name()
    {
        using var folder = new TempFolder();
        var old = TarFiles.Bytes(TarEntryFormat.Gnu, ("x.png", LlavaFiles.Picture));
        old[156] = (byte)'S';
        Checksum(old);
        var pax = TarFiles.Bytes(TarEntryFormat.Pax,
        [
            () =>
            {
                var entry = new PaxTarEntry(
                    TarEntryType.RegularFile, "x.png", new Dictionary<string, string> { ["GNU.sparse.major"] = "1" })
                {
                    DataStream = new MemoryStream(Cat),
                };
                return entry;
            },
        ]);
        foreach (var bytes in (byte[][])[old, pax])
        {
            Assert.That(Assert.Throws<GraftException>(() => Dataset.Load(folder.Write("s.tar", bytes)))!.Message, Does.Contain("sparse"));
        }
    }

    [Test]
    public void A_damaged_header_is_told_by_its_place()
    {
        using var folder = new TempFolder();
        var bytes = TarFiles.Bytes(TarEntryFormat.Ustar, ("x.png", LlavaFiles.Picture), ("x.txt", Cat));
        bytes[1024 + 3] ^= 1;
        Assert.That(
            Assert.Throws<GraftException>(() => Dataset.Load(folder.Write("s.tar", bytes)))!.Message,
            Does.Contain("byte 1024 is not a tar header"));
    }

    [Test]
    public void Random_damage_gives_samples_or_one_error()
    {
        using var folder = new TempFolder();
        var whole = TarFiles.Bytes(TarEntryFormat.Pax, Enumerable.Range(0, 6).SelectMany(i => ((string, byte[])[])[($"s{i}.png", LlavaFiles.Picture), ($"s{i}.json", """{"caption": "größer"}"""u8.ToArray())]));
        var random = new Core.Numerics.DeterministicRandom(11);
        for (var i = 0; i < 300; i++)
        {
            var bytes = (byte[])whole.Clone();
            for (var change = random.NextInt(1, 6); change > 0; change--) bytes[random.NextInt(bytes.Length)] = (byte)random.NextInt(256);
            try
            {
                using var data = Dataset.Load(folder.Write("damaged.tar", bytes), maxBad: 1);
                foreach (var sample in data) Assert.That(sample.Turns, Is.Not.Empty);
            }
            catch (GraftException error)
            {
                Assert.That(error.Kind, Is.EqualTo(ErrorKind.Input));
            }
        }
    }

    [Test]
    public void The_fingerprint_changes_with_a_text_and_with_a_picture_of_another_size()
    {
        using var folder = new TempFolder();
        string Of(byte[] picture, string text)
        {
            using var data = Dataset.Load(TarFiles.Write(folder, "s.tar", ("x.png", picture), ("x.txt", Encoding.UTF8.GetBytes(text))));
            return data.Fingerprint;
        }
        Assert.That(
            new HashSet<string> { Of(LlavaFiles.Picture, "cat"), Of(LlavaFiles.Picture, "dog"), Of([.. LlavaFiles.Picture, 0], "cat") },
            Has.Count.EqualTo(3));
    }

    const int TarHeaderSize = 512;

    /// <summary>Makes the checksum of the first header right again.</summary>
    static void Checksum(byte[] bytes)
    {
        bytes.AsSpan(148, 8).Fill((byte)' ');
        var sum = bytes.Take(TarHeaderSize).Sum(b => (int)b);
        Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ").CopyTo(bytes, 148);
    }
}
