using System.Globalization;

namespace Grafting.Cli.Errors;

/// <summary>The file that keeps the full text of an unexpected failure, so that the console need not show it.</summary>
static class FailureLog
{
    /// <summary>Path of the file written, or null when no place could be written to.</summary>
    public static string? Write(Exception exception, IReadOnlyList<string> arguments, CliHost host)
    {
        var now = host.Clock.GetUtcNow();
        var name = string.Create(CultureInfo.InvariantCulture, $"graft-{now:yyyyMMdd-HHmmss-fffffff}-{Environment.ProcessId}.log");
        var text = $"""
            graft {Product.Version}, {Environment.OSVersion}, .NET {Environment.Version}, {now:O}
            arguments: {string.Join(' ', arguments)}

            {exception}

            """;
        foreach (var folder in Places(host))
        {
            try
            {
                Directory.CreateDirectory(folder);
                var path = Path.Combine(folder, name);
                File.WriteAllText(path, text);
                return path;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // The next place may be writable; that none was is reported by the caller.
            }
        }

        return null;
    }

    static IEnumerable<string> Places(CliHost host)
    {
        if (host.Variable("XDG_STATE_HOME") is { Length: > 0 } state) yield return Path.Combine(state, "graft");
        if (host.Variable("HOME") is { Length: > 0 } home) yield return Path.Combine(home, ".local", "state", "graft");
        yield return Path.GetTempPath();
    }
}
