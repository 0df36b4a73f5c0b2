using System.Text.RegularExpressions;
using Grafting.Core;
using Grafting.Core.Checkpoints;
using Grafting.Core.Training;
using Grafting.Tests.Support;

namespace Grafting.Tests.Training;

/// <summary>
/// What is left when a save ends, or fails, at any of its steps: numbered by the seam through which all of them go. In each case a run with
/// the checkpoints 1 and 2 saves the third, which includes the removal of the first.
/// </summary>
public partial class SaveStepTests
{
    TempFolder folder = null!;

    [SetUp]
    public void Save_two()
    {
        folder = new TempFolder();
        TinyCheckpoint.Save(folder["base"], 1);
        TinyCheckpoint.Save(folder["base"], 2);
    }

    [TearDown]
    public void Remove() => folder.Dispose();

    [Test]
    public void Killed_before_any_step_of_a_save_the_run_has_the_old_or_the_new_checkpoint_and_goes_on()
    {
        var steps = Steps(3);
        var seen = new HashSet<int>();
        for (var n = 1; n <= steps.Count; n++)
        {
            var run = Fresh($"killed-{n}");
            using var child = ChildProgram.Start(ChildProgram.CommandLine(ChildProgram.Save(run, 3, n)));
            var output = child.StandardOutput.ReadToEnd();
            child.WaitForExit();
            Assert.That(child.ExitCode, Is.EqualTo(128 + 9), $"it was to end before step {n}, {steps[n - 1]}: {output}");
            seen.Add(AssertSound(run, $"killed before step {n}, {steps[n - 1]}"));
        }
        Assert.That(seen, Is.EquivalentTo(new[] { 2, 3 }));
    }

    [Test]
    public void Every_change_of_the_disk_that_the_system_is_asked_for_is_a_step()
    {
        var run = Fresh("traced");
        var trace = folder["trace"];
        const string Changes = "trace=openat,open,creat,write,pwrite64,writev,pwritev,fsync,fdatasync,rename,renameat,renameat2,"
            + "unlink,unlinkat,rmdir,mkdir,mkdirat,ftruncate,truncate,fallocate,link,linkat,symlink,symlinkat";
        string[] save = ChildProgram.CommandLine(ChildProgram.Save(run, 3, 0));
        string[] line = ["strace", "-f", "-qq", "-y", "-s", "0", "-e", Changes, "-o", trace, .. save];
        if (!Exists("strace")) Assert.Ignore("skipped: needs strace");
        using var child = ChildProgram.Start(line);
        var output = child.StandardOutput.ReadToEnd();
        var error = child.StandardError.ReadToEnd();
        child.WaitForExit();
        if (child.ExitCode != 0 && error.Contains("ptrace", StringComparison.OrdinalIgnoreCase))
            Assert.Ignore($"skipped: strace may not trace here: {error}");
        Assert.That(child.ExitCode, Is.Zero, error);

        var announced = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal).ToList();
        var called = File.ReadLines(trace).Where(call => call.Contains(run, StringComparison.Ordinal)).Select(Kind).OfType<string>()
            .Order(StringComparer.Ordinal).ToList();
        Assert.That(called, Has.Count.GreaterThan(30));
        Assert.That(called, Is.EqualTo(announced));
    }

    [Test]
    public void A_disk_that_fails_at_any_step_leaves_the_old_or_the_new_checkpoint_and_the_next_save_works(
        [Values(28, 5, 30, 122)] int errno, [Values] bool lasting, [Values] bool replacing)
    {
        var target = replacing ? 2 : 3;
        var steps = Steps(target);
        for (var n = 1; n <= steps.Count; n++)
        {
            var run = Fresh($"failed-{n}");
            var store = new CheckpointStore(run);
            var (count, fault) = (0, (GraftException?)null);
            using (FileSteps.Observe((_, path) =>
            {
                if (++count == n || (lasting && count > n)) throw new IOException($"error {errno} at {path}", errno);
            }))
            {
                try
                {
                    TinyCheckpoint.Save(store, target);
                }
                catch (GraftException error)
                {
                    fault = error;
                }
            }
            var where = $"failed at step {n}, {steps[n - 1]}";
            if (fault is null)
            {
                // Failures to clean up do not fail a save: but then the new checkpoint is there.
                Assert.That(store.Latest()!.State.Step, Is.EqualTo(target), where);
            }
            else
            {
                Assert.That(fault.Kind, Is.EqualTo(ErrorKind.Resources), $"{where}: {fault}");
                Assert.That(fault.Message, Does.Contain($"error {errno}"), where);
            }
            AssertSound(run, where);
        }
    }

    [Test]
    public void Any_flipped_byte_in_any_file_is_found_and_its_file_named()
    {
        var run = folder["base"];
        var store = new CheckpointStore(run);
        TinyCheckpoint.Save(store, 3, large: 300);
        var found = 0;
        foreach (var file in Directory.EnumerateFiles(TinyCheckpoint.Folder(run, 3)).Order(StringComparer.Ordinal))
        {
            var bytes = File.ReadAllBytes(file);
            for (var i = 0; i < bytes.Length; i++)
            {
                var flipped = (byte[])bytes.Clone();
                flipped[i] ^= (byte)(1 << (i % 8));
                File.WriteAllBytes(file, flipped);
                var fault = Assert.Throws<GraftException>(() => store.Latest(), $"{file}, byte {i}")!;
                if (fault.Kind == ErrorKind.Input && fault.Message.Contains(file, StringComparison.Ordinal)) found++;
                else Assert.Fail($"{file}, byte {i}: {fault}");
            }
            File.WriteAllBytes(file, bytes);
        }
        Assert.That(store.Latest()!.State, Is.EqualTo(TinyCheckpoint.State(3)));
        Assert.That(found, Is.GreaterThan(2000));
    }

    /// <summary>The steps of a save from the base.</summary>
    List<(FileStep Kind, string Path)> Steps(int target)
    {
        var steps = new List<(FileStep, string)>();
        var run = Fresh("numbered");
        using (FileSteps.Observe((kind, path) => steps.Add((kind, path)))) TinyCheckpoint.Save(run, target);
        Assert.That(steps, Has.Count.GreaterThan(30));
        return steps;
    }

    string Fresh(string name)
    {
        TinyCheckpoint.Copy(folder["base"], folder[name]);
        return folder[name];
    }

    /// <summary>Fails unless the run can go on; the next save also clears away what is left.</summary>
    /// <returns>The step that it goes on from.</returns>
    static int AssertSound(string run, string where)
    {
        var store = new CheckpointStore(run);
        var newest = store.Latest()!.State.Step;
        Assert.That(newest, Is.AnyOf(2, 3), where);
        Assert.That(() => TinyCheckpoint.Whole(run), Throws.Nothing, where);
        Assert.That(TinyCheckpoint.Save(store, 4), Is.Empty, where);
        Assert.That(TinyCheckpoint.Entries(run), Is.EqualTo(TinyCheckpoint.Names(newest, 4)), where);
        Assert.That(TinyCheckpoint.Whole(run), Is.EqualTo(new[] { newest, 4 }), where);
        return newest;
    }

    /// <summary>A system call in the words of the seam; null for one that changes nothing.</summary>
    static string? Kind(string call)
    {
        var match = Call().Match(call);
        Assert.That(match.Success, call);
        var (name, arguments) = (match.Groups[1].Value, match.Groups[2].Value);
        if (match.Groups[3].Value.StartsWith('-')) return null;
        var paths = Quoted().Matches(arguments).Select(m => m.Groups[1].Value).ToList();
        var descriptor = Descriptor().Match(arguments).Groups[1].Value;
        return name switch
        {
            "openat" or "open" => arguments.Contains("O_CREAT", StringComparison.Ordinal) ? $"Create {paths[^1]}" : null,
            "write" or "pwrite64" => $"Write {descriptor}",
            "fsync" =>
                Directory.Exists(descriptor)
                    || descriptor.EndsWith(".partial", StringComparison.Ordinal) && !FilePartial().IsMatch(descriptor)
                ? $"SyncFolder {descriptor}" : $"Sync {descriptor}",
            "rename" => $"Move {paths[^1]}",
            "unlink" => $"Delete {paths[^1]}",
            "rmdir" => $"DeleteFolder {paths[^1]}",
            "mkdir" => $"MakeFolder {paths[^1]}",
            _ => $"unexpected {call}",
        };
    }

    static bool Exists(string program) =>
        Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(place => File.Exists(Path.Combine(place, program)));

    [GeneratedRegex(@"^\d+\s+(\w+)\((.*)\)\s+=\s+(\S+)")]
    private static partial Regex Call();

    [GeneratedRegex("\"([^\"]*)\"")]
    private static partial Regex Quoted();

    [GeneratedRegex("<([^>]*)>")]
    private static partial Regex Descriptor();

    /// <summary>An unfinished file, as against an unfinished folder.</summary>
    [GeneratedRegex(@"\.(safetensors|json)\.[0-9a-f]{32}\.partial$")]
    private static partial Regex FilePartial();
}
