using System.Diagnostics;
using System.Globalization;
using Grafting.Core.Training;
using Grafting.Tests.Cli;

namespace Grafting.Tests.Regression;

/// <summary><c>train-encoder</c> as a process of its own, ended from outside in the middle of its work.</summary>
public class InterruptedTrainingTests
{
    const int Steps = 24;

    ToyWorkshop shop = null!;
    List<double> uninterrupted = null!;

    [OneTimeSetUp]
    public void Train_without_interruption()
    {
        shop = new ToyWorkshop();
        var run = shop.Train("whole");
        Assert.That(run.Code, Is.Zero, run.Error);
        uninterrupted = Losses("whole");
        Assert.That(uninterrupted, Has.Count.EqualTo(Steps));
    }

    [OneTimeTearDown]
    public void Remove() => shop.Dispose();

    [Test]
    public void Killed_again_and_again_and_resumed_gives_the_same_losses()
    {
        foreach (var lines in new[] { 2, 9, 17 })
        {
            using var process = Start("killed", resume: lines > 2);
            WaitForLines("killed", lines, process);
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
        }
        Finish("killed");
    }

    [Test]
    public void Interrupted_saves_exits_with_75_and_resumes_to_the_same_losses()
    {
        using (var process = Start("interrupted", resume: false))
        {
            WaitForLines("interrupted", 3, process);
            Process.Start("kill", ["-INT", process.Id.ToString(CultureInfo.InvariantCulture)]).WaitForExit();
            process.WaitForExit();
            Assert.That(process.ExitCode, Is.EqualTo(75));
        }
        Finish("interrupted");
    }

    Process Start(string run, bool resume)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "graft.dll");
        string[] arguments = resume ? ["train-encoder", "--resume", "--run", shop.Run(run), "--device", "cpu"] : shop.Arguments(run);
        var start = new ProcessStartInfo(Environment.ProcessPath!.EndsWith("dotnet", StringComparison.Ordinal) ? Environment.ProcessPath : "dotnet")
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        foreach (var argument in (string[])[program, .. arguments, "--workspace", shop.Workspace(run)]) start.ArgumentList.Add(argument);
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, e) => { if (e.Data is { } line) TestContext.Progress.WriteLine(line); };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    void WaitForLines(string run, int lines, Process process)
    {
        var path = Path.Combine(shop.Run(run), RunFolder.MetricsName);
        var clock = Stopwatch.StartNew();
        while (!File.Exists(path) || File.ReadAllLines(path).Length < lines)
        {
            Assert.That(process.HasExited, Is.False, "the run ended by itself");
            Assert.That(clock.Elapsed, Is.LessThan(TimeSpan.FromMinutes(3)));
            Thread.Sleep(5);
        }
    }

    void Finish(string run)
    {
        var resumed = CliRun.Of("train-encoder", "--resume", "--run", shop.Run(run), "--device", "cpu", "--workspace", shop.Workspace(run));
        Assert.That(resumed.Code, Is.Zero, resumed.Error);
        Assert.That(Losses(run), Is.EqualTo(uninterrupted));
        Assert.That(Directory.EnumerateDirectories(shop.Folder, "*.partial", SearchOption.AllDirectories), Is.Empty);
    }

    List<double> Losses(string run) => [.. MetricsLog.Read(Path.Combine(shop.Run(run), RunFolder.MetricsName)).Select(m => m["loss"]!.GetValue<double>())];
}
