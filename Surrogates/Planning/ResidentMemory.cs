using System.Globalization;

namespace Grafting.Surrogates.Planning;

/// <summary>The memory of this process that is in RAM, from <c>/proc/self</c> (Linux).</summary>
public static class ResidentMemory
{
    const string Status = "/proc/self/status";
    const string ClearReferences = "/proc/self/clear_refs";

    // Linux, proc(5): this value sets the peak back to what is resident now.
    const string ResetPeak = "5";

    /// <summary>Bytes now; null where the system does not tell.</summary>
    public static long? Now() => Read("VmRSS:");

    /// <summary>The most since the process began or <see cref="TryResetPeak"/>.</summary>
    public static long? Peak() => Read("VmHWM:");

    /// <returns>Whether the peak starts anew; false where the system does not allow it.</returns>
    public static bool TryResetPeak()
    {
        try
        {
            File.WriteAllText(ClearReferences, ResetPeak);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    static long? Read(string field)
    {
        if (!File.Exists(Status)) return null;
        var line = File.ReadLines(Status).FirstOrDefault(line => line.StartsWith(field, StringComparison.Ordinal));
        var kilobytes = line?[field.Length..].Replace("kB", "", StringComparison.Ordinal).Trim();
        return long.TryParse(kilobytes, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number * 1024 : null;
    }
}
