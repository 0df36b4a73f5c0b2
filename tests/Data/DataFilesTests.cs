using Grafting.Core;
using Grafting.Core.Data;
using Grafting.Tests.Support;

namespace Grafting.Tests.Data;

/// <summary>How data files are named, and what is not one.</summary>
public class DataFilesTests
{
    [Test]
    public void Braces_count_and_list_and_stars_match_in_order()
    {
        using var folder = new TempFolder();
        foreach (var name in (string[])["a-008", "a-009", "a-010", "b-1", "b-10", "b-9"]) Write(folder, $"{name}.tar", name);
        Assert.Multiple(() =>
        {
            Assert.That(Ids(folder["a-{008..010}.tar"]), Is.EqualTo("a-008 a-009 a-010"));
            Assert.That(Ids(folder["b-{9..10}.tar"]), Is.EqualTo("b-9 b-10"));
            Assert.That(Ids(folder["{b-9,a-009}.tar"]), Is.EqualTo("b-9 a-009"));
            Assert.That(Ids(folder["{a,b}-{009,10}.tar"], expectMissing: true), Does.Contain("a-10.tar: no such file"));
            Assert.That(Ids(folder["?-*9.tar"]), Is.EqualTo("a-009 b-9"));
            Assert.That(Ids(folder["*.tar"]), Is.EqualTo("a-008 a-009 a-010 b-1 b-10 b-9"));
            Assert.That(Ids(folder.Path), Is.EqualTo("a-008 a-009 a-010 b-1 b-10 b-9"), "a folder of shards");
        });
    }

    [Test]
    public void Several_files_are_one_set_with_one_budget_and_places_by_file()
    {
        using var folder = new TempFolder();
        folder.Write("a.png", LlavaFiles.Picture);
        var first = folder.Write(
            "one.json",
            string.Join(
                '\n', Enumerable.Range(0, 3).Select(i => LlavaFiles.Sample($"a{i}", i == 1 ? "gone.png" : "a.png").ToJsonString())));
        var second = folder.Write("two.json", LlavaFiles.Sample("a0").ToJsonString() + "\n" + LlavaFiles.Sample("b").ToJsonString());
        using var data = Dataset.Load([first, second], maxBad: 0.4);
        Assert.Multiple(() =>
        {
            Assert.That(data.Select(sample => sample.Id), Is.EqualTo(new[] { "a0", "a2", "b" }));
            Assert.That(
                data.Report.Skipped.First.Select(bad => bad.ToString()),
                Has.Exactly(1).StartsWith($"{first}: line 2").And.Exactly(1).Contains($"repeats line 1 of {first} entirely"));
            Assert.That((data.Files, data.Path), Is.EqualTo((new[] { first, second }, $"{first} and 1 more")));
        });
        Assert.That(
            Assert.Throws<GraftException>(() => Dataset.Load([first, second], maxBad: 0.2))!.Message, Does.Contain("2 of 5 samples"));
    }

    [Test]
    public void Nothing_of_a_name_is_an_error()
    {
        using var folder = new TempFolder();
        Assert.That(Assert.Throws<GraftException>(() => Dataset.Load(folder["*.tar"]))!.Message, Does.Contain("nothing has such a name"));
        Assert.That(
            Assert.Throws<GraftException>(() => Dataset.Load(folder["none/*.tar"]))!.Message, Does.Contain("nothing has such a name"));
        Assert.That(Assert.Throws<GraftException>(() => Dataset.Load(folder["{9..1}.tar"]))!.Message, Does.Contain("must rise"));
        Assert.That(
            Assert.Throws<GraftException>(() => Dataset.Load(folder["{0..99999999}.tar"]))!.Message,
            Does.Contain("must rise, by less than"));
        Assert.That(Assert.Throws<GraftException>(() => Dataset.Load(folder.Path))!.Message, Does.Contain("no samples"), "an empty folder");
        var one = Write(folder, "one.tar", "a");
        Assert.That(Assert.Throws<GraftException>(() => Dataset.Load([one, folder["o*.tar"]]))!.Message, Does.Contain("named 2 times"));
    }

    [Test]
    public void An_empty_file_among_others_is_an_error_that_names_it()
    {
        using var folder = new TempFolder();
        var full = TarFiles.Write(folder, "s-0.tar", ("a.txt", "a cat"u8.ToArray()));
        foreach (
            var (name, empty) in ((string, byte[])[])[
                ("s-1.tar", new byte[1024]), ("s-2.json", "[]"u8.ToArray()), ("s-3.jsonl", "\n"u8.ToArray()),
            ])
        {
            var error = Assert.Throws<GraftException>(() => Dataset.Load([full, folder.Write(name, empty)]))!;
            Assert.That((error.Kind, error.Message), Is.EqualTo((ErrorKind.Input, $"{folder[name]}: holds no samples.")));
        }
        Assert.That(
            Assert.Throws<GraftException>(() => Dataset.Load([full, folder.Write("s-4.tar", "")]))!.Message,
            Does.Contain("s-4.tar: is empty"));
    }

    [TestCase(new byte[] { 0x1F, 0x8B, 8, 0 }, "gzip")]
    [TestCase(new byte[] { 0x28, 0xB5, 0x2F, 0xFD }, "Zstandard")]
    [TestCase(new byte[] { (byte)'P', (byte)'K', 3, 4 }, "zip")]
    [TestCase(new byte[] { (byte)'A', (byte)'R', (byte)'R', (byte)'O', (byte)'W', (byte)'1' }, "Arrow")]
    [TestCase(new byte[] { (byte)'P', (byte)'A', (byte)'R', (byte)'E' }, "encrypted")]
    public void What_is_packed_is_named(byte[] content, string expected)
    {
        using var folder = new TempFolder();
        Assert.That(Assert.Throws<GraftException>(() => Dataset.Load(folder.Write("data.tar", content)))!.Message, Does.Contain(expected));
    }

    [Test]
    public void Class_folders_name_what_is_not_part_of_them()
    {
        using var folder = new TempFolder();
        folder.Write("d/cat/inner/a.png", LlavaFiles.Picture);
        folder.Write("d/cat/empty.png", "");
        folder.Write("d/loose.png", LlavaFiles.Picture);
        folder.Write("d/cat/.thumbs/b.png", LlavaFiles.Picture);
        File.CreateSymbolicLink(folder["d/loop"], folder["d"]);
        using var data = Dataset.Load(folder["d"], maxBad: 0.7);
        Assert.Multiple(() =>
        {
            Assert.That(data.Select(sample => sample.Id), Is.EqualTo(new[] { "cat/inner/a.png" }));
            Assert.That(
                data.Report.Skipped.ByReason,
                Is.EqualTo(new Dictionary<BadSampleReason, int> { [BadSampleReason.Malformed] = 1, [BadSampleReason.MissingPicture] = 1 }));
            Assert.That(data.PassedOver, Is.EqualTo(1), "the link");
        });
    }

    static string Write(TempFolder folder, string name, string id) => TarFiles.Write(folder, name, ($"{id}.txt", "a cat"u8.ToArray()));

    static string Ids(string path, bool expectMissing = false)
    {
        if (expectMissing) return Assert.Throws<GraftException>(() => Dataset.Load(path))!.Message;
        using var data = Dataset.Load(path);
        return string.Join(' ', data.Select(sample => sample.Id));
    }
}
