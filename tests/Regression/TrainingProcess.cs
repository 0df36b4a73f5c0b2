using System.Diagnostics;
using System.Globalization;
using System.Text;
using Grafting.Core.Training;

namespace Grafting.Tests.Regression;

/// <summary><c>train-encoder</c> as a process of its own, to be ended from outside.</summary>
sealed class TrainingProcess : IDisposable
{
    readonly Process _process;
    readonly StringBuilder _said = new();
    readonly string _run;

    public TrainingProcess(ToyWorkshop shop, string name, bool resume)
    {
        _run = shop.Run(name);
        var program = Path.Combine(AppContext.BaseDirectory, "graft.dll");
        string[] arguments = resume ? ["train-encoder", "--resume", "--run", _run, "--device", "cpu"] : shop.Arguments(name);
        var start = new ProcessStartInfo(
            Environment.ProcessPath!.EndsWith("dotnet", StringComparison.Ordinal) ? Environment.ProcessPath : "dotnet")
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        foreach (var argument in (string[])[program, .. arguments, "--workspace", shop.Workspace(name)]) start.ArgumentList.Add(argument);
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, _) => { };
        _process.ErrorDataReceived += (_, e) =>
        {
            lock (_said) _said.AppendLine(e.Data);
        };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public bool HasEnded => _process.HasExited;

    /// <summary>Standard error so far.</summary>
    public string Said
    {
        get
        {
            lock (_said) return _said.ToString();
        }
    }

    /// <summary>Steps in the log of the run.</summary>
    public int Lines
    {
        get
        {
            var path = Path.Combine(_run, RunFolder.MetricsName);
            return File.Exists(path) ? File.ReadAllLines(path).Length : 0;
        }
    }

    /// <summary>Waits for what the living process is to bring about.</summary>
    public void WaitFor(Func<bool> condition, string what)
    {
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.That(HasEnded, Is.False, $"the run ended by itself before {what}: {Said}");
            Assert.That(clock.Elapsed, Is.LessThan(TimeSpan.FromMinutes(3)), $"waiting for {what}: {Said}");
            Thread.Sleep(5);
        }
    }

    /// <param name="signal">INT, TERM, USR1.</param>
    public void Signal(string signal) =>
        Process.Start("kill", [$"-{signal}", _process.Id.ToString(CultureInfo.InvariantCulture)]).WaitForExit();

    /// <summary>SIGKILL.</summary>
    /// <returns>False when it had ended by itself.</returns>
    public bool Kill()
    {
        _process.Kill(entireProcessTree: true);
        return End() == 128 + 9;
    }

    /// <summary>Waits for the end.</summary>
    /// <returns>The exit code.</returns>
    public int End()
    {
        _process.WaitForExit();
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!HasEnded) _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }
}
