using Grafting.Core;
using Grafting.Core.Checkpoints;
using Grafting.Core.Training;
using Grafting.Tests.Support;

namespace Grafting.Tests.Training;

public class CheckpointStoreTests
{
    TempFolder folder = null!;
    CheckpointStore store = null!;

    [SetUp]
    public void Make()
    {
        folder = new TempFolder();
        store = new CheckpointStore(folder.Path);
    }

    [TearDown]
    public void Remove() => folder.Dispose();

    [Test]
    public void As_many_are_kept_as_asked_and_the_newest_is_among_them([Values(1, 2, 5)] int keep)
    {
        for (var step = 1; step <= 6; step++)
        {
            Assert.That(TinyCheckpoint.Save(store, step, keep), Is.Empty);
            Assert.That(
                TinyCheckpoint.Entries(folder.Path), Is.EqualTo(TinyCheckpoint.Names([.. Enumerable.Range(1, step).TakeLast(keep)])));
        }
        Assert.That(store.Latest()!.State, Is.EqualTo(TinyCheckpoint.State(6)));
    }

    [Test]
    public void Nothing_that_is_not_ours_is_removed_or_in_the_way()
    {
        TinyCheckpoint.Save(store, 1);
        string[] foreign = ["step-1", "step-0000000001", "step-000000001.bak", "step-best", "notes"];
        foreach (var name in foreign)
            TinyCheckpoint.Copy(TinyCheckpoint.Folder(folder.Path, 1), Path.Combine(folder.Path, CheckpointStore.FolderName, name));
        folder.Write($"{CheckpointStore.FolderName}/step-000000009", "a file");
        // Of the right name, but with somebody else's manifest or none: it is not a checkpoint that may be removed.
        folder.Write($"{CheckpointStore.FolderName}/step-000000000/data", "precious");
        TinyCheckpoint.Save(store, 2, keep: 1);
        TinyCheckpoint.Save(store, 3, keep: 1);
        Assert.That(
            TinyCheckpoint.Entries(folder.Path),
            Is.EquivalentTo((string[])[.. foreign, "step-000000009", "step-000000000", "step-000000003"]));
        Assert.That(store.Latest()!.State.Step, Is.EqualTo(3));
    }

    [Test]
    public void A_manifest_of_another_kind_is_neither_removed_nor_resumed_from()
    {
        var path = TinyCheckpoint.Folder(folder.Path, 7);
        folder.Write(Path.Combine(path, "data"), "precious");
        new ArtefactManifest("bundle", new Origin("test")).Write(path);
        TinyCheckpoint.Save(store, 1, keep: 1);
        TinyCheckpoint.Save(store, 2, keep: 1);
        Assert.That(TinyCheckpoint.Entries(folder.Path), Is.EqualTo(TinyCheckpoint.Names(2, 7)));
        Assert.That(() => store.Latest(), Throws.TypeOf<GraftException>().With.Message.Contains("holds a bundle, expected a checkpoint"));
    }

    [Test]
    public void An_old_one_with_a_file_that_does_not_belong_to_it_is_kept_and_told_once()
    {
        TinyCheckpoint.Save(store, 1, keep: 1);
        folder.Write(Path.Combine(TinyCheckpoint.Folder(folder.Path, 1), "notes.txt"), "precious");
        Assert.That(store.Latest()!.State.Step, Is.EqualTo(1), "an unknown file is no damage");
        Assert.That(TinyCheckpoint.Save(store, 2, keep: 1), Has.Count.EqualTo(1).And.One.Contains("notes.txt"));
        Assert.That(TinyCheckpoint.Save(store, 3, keep: 1), Is.Empty);
        Assert.That(TinyCheckpoint.Entries(folder.Path), Is.EqualTo(TinyCheckpoint.Names(1, 3)));
    }

    [Test]
    public void An_old_one_that_cannot_be_removed_is_told_once_and_removed_when_it_can_be()
    {
        TinyCheckpoint.Save(store, 1, keep: 1);
        using (FileSteps.Observe((step, path) =>
        {
            if (step == FileStep.Move && path.Contains(".step-000000001.", StringComparison.Ordinal))
                throw new UnauthorizedAccessException("not yours");
        }))
        {
            Assert.That(
                TinyCheckpoint.Save(store, 2, keep: 1),
                Has.Count.EqualTo(1).And.One.Contains("step-000000001: could not be removed: not yours"));
            Assert.That(TinyCheckpoint.Save(store, 3, keep: 1), Is.Empty);
        }
        Assert.That(TinyCheckpoint.Entries(folder.Path), Is.EqualTo(TinyCheckpoint.Names(1, 3)));
        TinyCheckpoint.Save(store, 4, keep: 1);
        Assert.That(TinyCheckpoint.Entries(folder.Path), Is.EqualTo(TinyCheckpoint.Names(4)));
    }

    [Test]
    public void Nothing_older_goes_when_the_new_one_does_not_read_back()
    {
        TinyCheckpoint.Save(store, 1, keep: 1);
        using (FileSteps.Observe((step, path) =>
        {
            // Damage on the way to the disk: after all was written and before the folder gets its name.
            if (step == FileStep.Move && path == TinyCheckpoint.Folder(folder.Path, 2))
            {
                var staging = Directory.EnumerateDirectories(Path.GetDirectoryName(path)!, ".step-000000002.*.partial").Single();
                using var file = File.OpenWrite(Path.Combine(staging, "model.safetensors"));
                file.Seek(-1, SeekOrigin.End);
                file.WriteByte(77);
            }
        }))
        {
            var fault = Assert.Throws<GraftException>(() => TinyCheckpoint.Save(store, 2, keep: 1))!;
            Assert.That(fault.Kind, Is.EqualTo(ErrorKind.Resources));
            Assert.That(fault.Message, Does.Contain("not what is read back").And.Contain("model.safetensors"));
        }
        Assert.That(store.Latest()!.State.Step, Is.EqualTo(1));
        Assert.That(TinyCheckpoint.Entries(folder.Path), Is.EqualTo(TinyCheckpoint.Names(1)));
    }

    [Test]
    public void A_damaged_newest_one_is_refused_and_the_message_says_what_going_on_without_it_costs()
    {
        TinyCheckpoint.Save(store, 10);
        TinyCheckpoint.Save(store, 20);
        File.WriteAllText(Path.Combine(TinyCheckpoint.Folder(folder.Path, 20), CheckpointStore.StateFile), "{}");
        var fault = Assert.Throws<GraftException>(() => store.Latest())!;
        Assert.That(
            fault.Remedy,
            Is.EqualTo(
                $"Remove {TinyCheckpoint.Folder(folder.Path, 20)} to go on from step-000000010; the steps after it are then done again."));
        File.Delete(Path.Combine(TinyCheckpoint.Folder(folder.Path, 20), ArtefactManifest.FileName));
        Assert.That(() => store.Latest(), Throws.TypeOf<GraftException>().With.Message.Contains("has no graft.json"));
        Directory.Delete(TinyCheckpoint.Folder(folder.Path, 20), recursive: true);
        Assert.That(store.Latest()!.State.Step, Is.EqualTo(10));
        File.WriteAllText(Path.Combine(TinyCheckpoint.Folder(folder.Path, 10), CheckpointStore.StateFile), "{}");
        Assert.That(Assert.Throws<GraftException>(() => store.Latest())!.Remedy, Does.Contain("the run begins anew"));
    }

    [Test]
    public void Saving_a_step_again_replaces_it()
    {
        TinyCheckpoint.Save(store, 1);
        store.Save(TinyCheckpoint.State(1) with { Stage = 1, StageStep = 0 }, [], []);
        Assert.That(store.Latest()!.State.Stage, Is.EqualTo(1));
        Assert.That(TinyCheckpoint.Entries(folder.Path), Is.EqualTo(TinyCheckpoint.Names(1)));
    }

    [Test]
    public void Names_and_files_hold_no_times_so_that_clocks_cannot_matter()
    {
        // The same state gives the same bytes, whenever it is saved; 'seconds' is a duration, and part of the state.
        TinyCheckpoint.Save(store, 1);
        var other = new CheckpointStore(folder["other"]);
        TinyCheckpoint.Save(other, 1);
        foreach (var file in Directory.EnumerateFiles(TinyCheckpoint.Folder(folder.Path, 1)))
            Assert.That(
                File.ReadAllBytes(Path.Combine(TinyCheckpoint.Folder(folder["other"], 1), Path.GetFileName(file))),
                Is.EqualTo(File.ReadAllBytes(file)), file);
    }
}
