namespace Grafting.Core.Health;

/// <summary>Native files that this process has loaded, from <c>/proc/self/maps</c>; none on other systems.</summary>
sealed class LoadedLibraries(IReadOnlyList<string> paths)
{
    const string Maps = "/proc/self/maps";

    public static LoadedLibraries Now()
    {
        if (!File.Exists(Maps)) return new([]);
        var paths = from line in File.ReadLines(Maps)
                    let slash = line.IndexOf('/', StringComparison.Ordinal)
                    where slash >= 0
                    let path = line[slash..]
                    where path.Contains(".so", StringComparison.Ordinal)
                    select path;
        return new([.. paths.Distinct()]);
    }

    /// <summary>The first whose file name begins so.</summary>
    public string? Named(string start) =>
        paths.FirstOrDefault(path => Path.GetFileName(path).StartsWith(start, StringComparison.Ordinal));
}
