using System.Diagnostics;
using System.Globalization;
using Grafting.Core.Checkpoints;
using Grafting.Core.Training;
using Grafting.Tests.Training;

namespace Grafting.Tests.Support;

/// <summary>The test assembly as a program: processes for tests that need one to kill.</summary>
static class ChildProgram
{
    /// <summary>
    /// Saves a tiny checkpoint, prints every step of it, and ends without a trace before the step of that number (0: never).
    /// </summary>
    public static string[] Save(string run, int step, int end) =>
        ["save", run, step.ToString(CultureInfo.InvariantCulture), end.ToString(CultureInfo.InvariantCulture)];

    /// <summary>Holds a run's lock and says so, until it is ended.</summary>
    public static string[] Hold(string run) => ["hold", run];

    /// <summary>Command line of a child.</summary>
    public static string[] CommandLine(params string[] arguments)
    {
        var host = Environment.ProcessPath!;
        return [
            host.EndsWith("dotnet", StringComparison.Ordinal) ? host : "dotnet", "exec", typeof(ChildProgram).Assembly.Location,
            .. arguments,
        ];
    }

    public static Process Start(params string[] line)
    {
        var start = new ProcessStartInfo(line[0]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in line[1..]) start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }

    static int Main(string[] arguments)
    {
        switch (arguments)
        {
            case ["save", var run, var step, var end]:
                var (count, last) = (0, int.Parse(end, CultureInfo.InvariantCulture));
                using (FileSteps.Observe((kind, path) =>
                {
                    if (++count == last) Die();
                    Console.WriteLine($"{kind} {path}");
                }))
                {
                    TinyCheckpoint.Save(run, int.Parse(step, CultureInfo.InvariantCulture));
                }
                return 0;
            case ["hold", var run]:
                using (RunFolder.Open(run, "test"))
                {
                    Console.WriteLine("held");
                    Thread.Sleep(Timeout.Infinite);
                }
                return 0;
            default:
                Console.Error.WriteLine("started by tests only");
                return 2;
        }
    }

    /// <summary>SIGKILL: no handler, no finally, no finaliser.</summary>
    static void Die()
    {
        Process.GetCurrentProcess().Kill();
        Thread.Sleep(Timeout.Infinite);
    }
}
