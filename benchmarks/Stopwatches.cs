using System.Diagnostics;

namespace Grafting.Benchmarks;

/// <summary>Times two ways to do one thing in turns, so that whatever else the machine does hits both alike.</summary>
static class Stopwatches
{
    /// <returns>The middle one of all seconds of each, after one turn that is not counted.</returns>
    public static (double First, double Second) Race(int turns, Action first, Action second)
    {
        List<double> ours = [], theirs = [];
        for (var turn = 0; turn <= turns; turn++)
        {
            var (one, other) = (Seconds(first), Seconds(second));
            if (turn == 0) continue;
            ours.Add(one);
            theirs.Add(other);
        }
        return (Middle(ours), Middle(theirs));
    }

    /// <summary>Does a thing over and over for half a second: the runtime compiles anew, in the background, what is called often.</summary>
    public static void Warm(Action action)
    {
        for (var clock = Stopwatch.StartNew(); clock.ElapsedMilliseconds < 500;) action();
    }

    public static double Seconds(Action action)
    {
        var clock = Stopwatch.StartNew();
        action();
        return clock.Elapsed.TotalSeconds;
    }

    static double Middle(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
