using System.Globalization;

namespace Grafting.Cli.Rendering;

/// <summary>What can be shown on a stream.</summary>
/// <param name="Interactive">A person watches and lines can be redrawn.</param>
/// <param name="Colour">Colours are wanted and understood.</param>
/// <param name="Width">Columns.</param>
sealed record Terminal(bool Interactive, bool Colour, int Width)
{
    const int WidthOfFile = 120;
    const int NarrowestUsable = 40;

    public static Terminal File { get; } = new(false, false, WidthOfFile);

    /// <summary>https://no-color.org, and TERM=dumb for consoles that cannot redraw.</summary>
    public static Terminal Behind(bool redirected, Func<string, string?> variable)
    {
        if (redirected) return File;
        var dumb = variable("TERM") is "dumb";
        var colour = !dumb && string.IsNullOrEmpty(variable("NO_COLOR"));
        return new Terminal(!dumb, colour, Math.Max(NarrowestUsable, WidthOf(variable)));
    }

    static int WidthOf(Func<string, string?> variable)
    {
        if (int.TryParse(variable("COLUMNS"), NumberStyles.None, CultureInfo.InvariantCulture, out var columns)) return columns;
        try
        {
            return Console.WindowWidth;
        }
        catch (IOException)
        {
            return WidthOfFile; // a terminal that does not tell
        }
    }
}
