using Grafting.Core;
using Grafting.Core.Checkpoints;
using Grafting.Tests.Support;

namespace Grafting.Tests.Checkpoints;

public class AtomicTests
{
    static void WriteMarked(string folder, string text)
    {
        File.WriteAllText(Path.Combine(folder, "text"), text);
        File.WriteAllText(Path.Combine(folder, ArtefactManifest.FileName), "{}");
    }

    [Test]
    public void A_folder_appears_whole_with_its_parents()
    {
        using var folder = new TempFolder();
        AtomicFolder.Commit(folder["deep/er/target"] + "/", staging =>
        {
            Assert.That(Directory.Exists(folder["deep/er/target"]), Is.False);
            Directory.CreateDirectory(Path.Combine(staging, "sub"));
            File.WriteAllText(Path.Combine(staging, "sub", "a"), "a");
            File.WriteAllText(Path.Combine(staging, "read-only"), "b");
            File.SetAttributes(Path.Combine(staging, "read-only"), FileAttributes.ReadOnly);
        });
        Assert.Multiple(() =>
        {
            Assert.That(Directory.EnumerateFileSystemEntries(folder["deep/er"]).Select(Path.GetFileName), Is.EqualTo(new[] { "target" }));
            Assert.That(
                Directory.EnumerateFileSystemEntries(folder["deep/er/target"]).Select(Path.GetFileName),
                Is.EquivalentTo(new[] { "sub", "read-only" }));
            Assert.That(File.ReadAllText(folder["deep/er/target/sub/a"]), Is.EqualTo("a"));
        });
    }

    [Test]
    public void A_folder_whose_writing_fails_leaves_nothing()
    {
        using var folder = new TempFolder();
        Assert.Throws<OperationCanceledException>(() => AtomicFolder.Commit(folder["target"], staging =>
        {
            File.WriteAllText(Path.Combine(staging, "a"), "a");
            throw new OperationCanceledException();
        }));
        Assert.That(folder.Entries(), Is.Empty);
    }

    [Test]
    public void An_existing_folder_is_not_touched_unless_asked()
    {
        using var folder = new TempFolder();
        AtomicFolder.Commit(folder["target"], staging => WriteMarked(staging, "old"));
        Assert.That(
            () => AtomicFolder.Commit(folder["target"], staging => WriteMarked(staging, "new")),
            Throws.TypeOf<GraftException>().With.Message.Contains("exists already"));
        Assert.That(File.ReadAllText(folder["target/text"]), Is.EqualTo("old"));
        AtomicFolder.Commit(folder["target"], staging => WriteMarked(staging, "new"), replace: true);
        Assert.Multiple(() =>
        {
            Assert.That(File.ReadAllText(folder["target/text"]), Is.EqualTo("new"));
            Assert.That(folder.Entries(), Is.EqualTo(new[] { "target" }));
        });
    }

    [Test]
    public void A_failed_replacement_leaves_the_old_folder()
    {
        using var folder = new TempFolder();
        AtomicFolder.Commit(folder["target"], staging => WriteMarked(staging, "old"));
        Assert.Throws<InvalidDataException>(
            () => AtomicFolder.Commit(folder["target"], _ => throw new InvalidDataException(), replace: true));
        Assert.That(File.ReadAllText(folder["target/text"]), Is.EqualTo("old"));
    }

    [Test]
    public void A_folder_of_somebody_else_is_never_replaced()
    {
        using var folder = new TempFolder();
        folder.Write("target/precious", "x");
        Assert.That(
            () => AtomicFolder.Commit(folder["target"], _ => { }, replace: true),
            Throws.TypeOf<GraftException>().With.Message.Contains("was not made by this program"));
        Assert.That(File.ReadAllText(folder["target/precious"]), Is.EqualTo("x"));
    }

    [Test]
    public void A_file_in_the_way_of_a_folder_is_named()
    {
        using var folder = new TempFolder();
        folder.Write("target", "x");
        Assert.That(
            () => AtomicFolder.Commit(folder["target"], _ => { }, replace: true),
            Throws.TypeOf<GraftException>().With.Message.Contains("is a file"));
    }

    [Test]
    public void What_a_killed_run_left_is_removed_by_the_next_and_what_a_live_one_writes_is_not()
    {
        using var folder = new TempFolder();
        // It may die before it has made its folder, in it, or after the folder has got its name.
        string[] dead = [$".target.{Guid.NewGuid():n}", $".target.{Guid.NewGuid():n}"];
        folder.Write($"{dead[0]}.lock", "");
        folder.Write($"{dead[0]}.partial/half", "x");
        folder.Write($"{dead[1]}.lock", "");
        folder.Write($".target.{Guid.NewGuid():n}.partial/not-ours", "no lock file");
        folder.Write(".target.notes.lock", "not our name");
        AtomicFolder.Commit(folder["target"], outer =>
        {
            Assert.That(folder.Entries().Where(entry => dead.Any(name => entry.StartsWith(name, StringComparison.Ordinal))), Is.Empty);
            // A second run for the same target at the same time.
            Assert.That(
                () => AtomicFolder.Commit(folder["target"], _ => throw new InvalidDataException()), Throws.TypeOf<InvalidDataException>());
            Assert.That(Directory.Exists(outer));
        });
        Assert.That(folder.Entries(), Has.Length.EqualTo(3).And.Contain("target").And.Contain(".target.notes.lock"));
    }

    [Test]
    public void A_file_is_replaced_whole_or_not_at_all()
    {
        using var folder = new TempFolder();
        AtomicFile.WriteText(folder["a"], "old");
        Assert.Throws<InvalidDataException>(() => AtomicFile.Write(folder["a"], stream =>
        {
            stream.Write("half"u8);
            stream.Flush();
            throw new InvalidDataException();
        }));
        Assert.That(File.ReadAllText(folder["a"]), Is.EqualTo("old"));
        AtomicFile.WriteText(folder["a"], "néw");
        Assert.Multiple(() =>
        {
            Assert.That(File.ReadAllBytes(folder["a"]), Is.EqualTo("néw"u8.ToArray()));
            Assert.That(folder.Entries(), Is.EqualTo(new[] { "a" }));
        });
    }

    [Test]
    public void A_file_can_be_read_from_the_moment_it_has_its_name()
    {
        using var folder = new TempFolder();
        AtomicFile.WriteText(folder["a"], "old");
        var read = new List<string>();
        // The last step, when the file is still open.
        using (FileSteps.Observe((step, _) => { if (step == FileStep.SyncFolder) read.Add(File.ReadAllText(folder["a"])); }))
            AtomicFile.WriteText(folder["a"], "new");
        Assert.That(read, Is.EqualTo(new[] { "new" }));
    }

    [Test]
    public void What_a_killed_write_of_a_file_left_is_removed_by_the_next_and_what_a_live_one_writes_is_not()
    {
        using var folder = new TempFolder();
        folder.Write($".a.{Guid.NewGuid():n}.partial", "dead");
        folder.Write($".b.{Guid.NewGuid():n}.partial", "of another file");
        folder.Write(".a.notes.partial", "not our name");
        AtomicFile.Write(folder["a"], outer =>
        {
            outer.Write("outer"u8);
            outer.Flush();
            Assert.That(folder.Entries(), Has.Length.EqualTo(3));
            AtomicFile.WriteText(folder["a"], "inner");
            Assert.That(folder.Entries(), Has.Length.EqualTo(4));
        });
        Assert.That(File.ReadAllText(folder["a"]), Is.EqualTo("outer"));
        Assert.That(folder.Entries(), Has.Length.EqualTo(3).And.Contain("a").And.Contain(".a.notes.partial").And.One.StartsWith(".b."));
    }

    [Test]
    public void A_full_disk_is_named_and_leaves_no_file()
    {
        using var disk = new SmallDisk(64);
        var fault = Assert.Throws<GraftException>(() => AtomicFile.Write(disk["a"], stream => stream.Write(new byte[1 << 20])))!;
        Assert.Multiple(() =>
        {
            Assert.That(fault.Kind, Is.EqualTo(ErrorKind.Resources));
            Assert.That(fault.Message, Does.StartWith(disk["a"]));
            Assert.That(fault.Remedy, Does.StartWith("The disk is full."));
            Assert.That(disk.Entries(), Is.Empty);
        });
    }

    [Test]
    public void A_full_disk_is_named_also_where_only_the_last_buffer_does_not_fit()
    {
        using var disk = new SmallDisk(64);
        File.WriteAllBytes(disk["filler"], new byte[56 << 10]);
        Assert.That(
            () => AtomicFile.Write(disk["a"], stream => { for (var i = 0; i < 20_000; i++) stream.WriteByte(1); }),
            Throws.TypeOf<GraftException>().With.Property(nameof(GraftException.Kind)).EqualTo(ErrorKind.Resources));
        Assert.That(disk.Entries(), Is.EqualTo(new[] { "filler" }));
    }

    [Test]
    public void A_full_disk_leaves_no_folder()
    {
        using var disk = new SmallDisk(64);
        var fault = Assert.Throws<GraftException>(() => AtomicFolder.Commit(disk["target"], staging =>
        {
            for (var i = 0; i < 40; i++) AtomicFile.Write(Path.Combine(staging, $"{i}"), stream => stream.Write(new byte[4 << 10]));
        }))!;
        Assert.Multiple(() =>
        {
            Assert.That(fault.Kind, Is.EqualTo(ErrorKind.Resources));
            Assert.That(disk.Entries(), Is.Empty);
        });
    }

    [Test]
    public void A_missing_folder_is_an_error_that_names_the_file()
    {
        using var folder = new TempFolder();
        Assert.That(
            () => AtomicFile.WriteText(folder["none/a"], "x"), Throws.TypeOf<GraftException>().With.Message.StartsWith(folder["none/a"]));
    }

    [Test]
    public void A_folder_that_may_not_be_written_is_an_error_of_resources()
    {
        // /proc refuses new folders to everybody, root included.
        if (!Directory.Exists("/proc/self")) Assert.Ignore("skipped: needs /proc");
        var fault = Assert.Throws<GraftException>(() => AtomicFolder.Commit("/proc/self/fd/target", _ => { }))!;
        Assert.Multiple(() =>
        {
            Assert.That(fault.Kind, Is.EqualTo(ErrorKind.Resources));
            Assert.That(fault.Remedy, Is.Not.Null);
        });
    }
}
