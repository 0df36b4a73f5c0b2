using System.Diagnostics;
using Grafting.Core;
using Grafting.Core.Training;
using Grafting.Tests.Support;

namespace Grafting.Tests.Training;

public class RunFolderTests
{
    TempFolder folder = null!;

    [SetUp]
    public void Make() => folder = new TempFolder();

    [TearDown]
    public void Remove() => folder.Dispose();

    [Test]
    public void A_run_appears_with_all_its_first_files([Values] bool emptyFolderIsThere)
    {
        var path = folder["run"];
        if (emptyFolderIsThere) Directory.CreateDirectory(path);
        using var run = RunFolder.Create(path, "recipe", "test", staging =>
        {
            Assert.That(Directory.Exists(path), Is.EqualTo(emptyFolderIsThere));
            File.WriteAllText(Path.Combine(staging, "request.json"), "{}");
        });
        Assert.That(
            Directory.EnumerateFiles(path).Select(Path.GetFileName), Is.EquivalentTo(new[] { "recipe.yaml", "request.json", ".lock" }));
        Assert.That(
            () => RunFolder.Create(path, "recipe", "test"), Throws.TypeOf<GraftException>().With.Message.Contains("is there already"));
    }

    [Test]
    public void A_run_that_cannot_be_started_leaves_nothing()
    {
        Assert.Throws<InvalidDataException>(() => RunFolder.Create(folder["run"], "recipe", "test", _ => throw new InvalidDataException()));
        Assert.That(folder.Entries(), Is.Empty);
    }

    [Test]
    public void A_second_process_is_told_who_holds_the_run_and_takes_over_when_that_one_is_killed()
    {
        RunFolder.Create(folder["run"], "recipe", "test").Dispose();
        using var holder = ChildProgram.Start(ChildProgram.CommandLine(ChildProgram.Hold(folder["run"])));
        try
        {
            Assert.That(holder.StandardOutput.ReadLine(), Is.EqualTo("held"));
            var fault = Assert.Throws<GraftException>(() => RunFolder.Open(folder["run"], "test").Dispose())!;
            Assert.That(fault.Kind, Is.EqualTo(ErrorKind.Usage));
            Assert.That(fault.Message, Does.Match(
                $@"another process is training in .*run: process {holder.Id} on {Environment.MachineName}, since \d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d UTC\.$"));
        }
        finally
        {
            holder.Kill();
            holder.WaitForExit();
        }
        using (var run = RunFolder.Open(folder["run"], "test"))
        {
            Assert.That(run.AbandonedBy!.Process, Is.EqualTo(holder.Id));
            Assert.That(run.AbandonedBy.Host, Is.EqualTo(Environment.MachineName));
        }
        using var again = RunFolder.Open(folder["run"], "test");
        Assert.That(again.AbandonedBy, Is.Null, "the one before gave it back");
    }

    [Test]
    public void A_holder_on_another_host_is_named_with_it()
    {
        using var run = RunFolder.Create(folder["run"], "recipe", "test");
        // A shell writes without asking for the lock.
        Run("printf '{\"process\":4711,\"host\":\"elsewhere\",\"started\":\"2026-01-02T03:04:05Z\"}' > \"$0\"", folder["run/.lock"]);
        var fault = Assert.Throws<GraftException>(() => RunFolder.Open(folder["run"], "test").Dispose())!;
        Assert.That(fault.Message, Does.EndWith(": process 4711 on elsewhere, since 2026-01-02 03:04:05 UTC."));
        Assert.That(fault.Remedy, Does.Contain("end it on elsewhere"));
    }

    [TestCase("")]
    [TestCase("garbage")]
    [TestCase("null")]
    [TestCase("[1]")]
    public void What_stands_in_a_lock_that_nobody_holds_is_no_obstacle(string text)
    {
        RunFolder.Create(folder["run"], "recipe", "test").Dispose();
        File.WriteAllText(folder["run/.lock"], text);
        using var run = RunFolder.Open(folder["run"], "test");
        Assert.That(run.AbandonedBy, Is.Null);
    }

    [Test]
    public void A_run_left_by_a_killed_process_is_explained_and_gone_on_with()
    {
        var warnings = new List<string>();
        RunFolder.Create(folder["run"], "recipe", "test").Dispose();
        File.WriteAllText(folder["run/.lock"], """{"process":4711,"host":"elsewhere","started":"2026-01-02T03:04:05Z"}""");
        TinyRun.Train(folder["run"], new TrainerSettings { Watch = new RunWatch { Warn = warnings.Add } });
        Assert.That(warnings, Is.EqualTo(new[]
        {
            $"{folder["run"]} was left by process 4711 on elsewhere, since 2026-01-02 03:04:05 UTC: it was killed, or its machine went "
                + "down. Going on from step 0.",
        }));
    }

    static void Run(string script, string argument)
    {
        using var shell = Process.Start("sh", ["-c", script, argument]);
        shell.WaitForExit();
        Assert.That(shell.ExitCode, Is.Zero);
    }
}
