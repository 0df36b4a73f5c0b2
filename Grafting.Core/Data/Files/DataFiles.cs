using System.IO.Enumeration;
using System.Text.RegularExpressions;
using Grafting.Core.Checkpoints;
using Grafting.Core.Data.Folders;
using Grafting.Core.Data.Parquet;
using Grafting.Core.Data.Tar;

namespace Grafting.Core.Data.Files;

/// <summary>
/// Finds the files of a data set, and what they are. A path is a file; a folder of shards (<c>.tar</c>, <c>.parquet</c>) or of class
/// folders; or a pattern with <c>*</c>, <c>?</c> and braces: <c>{000..146}</c> counts, <c>{a,b}</c> lists (as WebDataset's brace patterns).
/// </summary>
static partial class DataFiles
{
    const int MostFiles = 100_000;

    /// <returns>Of each path the full paths of its files; of a pattern with * or ? in ordinal order.</returns>
    /// <exception cref="GraftException">Input: nothing is there; Usage: a pattern names too many files, or the same one twice.</exception>
    public static IReadOnlyList<IReadOnlyList<string>> Expand(IReadOnlyList<string> paths)
    {
        if (paths.Count == 0) throw Fault.Usage("no data file was named.");
        List<List<string>> files = [.. paths.Select(path => Expand(path).Take(MostFiles + 1).ToList())];
        if (files.Sum(group => group.Count) > MostFiles)
            throw Fault.Usage($"{paths[0]} names more than {MostFiles} files.", "Use larger shards.");
        var twice = files.SelectMany(group => group).GroupBy(
            file => file, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1);
        return twice is null ? files : throw Fault.Usage($"{twice.Key} is named {twice.Count()} times.", "Name every data file once.");
    }

    static IEnumerable<string> Expand(string path)
    {
        if (File.Exists(path)) return [Path.GetFullPath(path)];
        if (Directory.Exists(path)) return ShardsOf(path) is { Count: > 0 } shards ? shards : [Path.GetFullPath(path)];
        return Braces(path).SelectMany(one => one.AsSpan().IndexOfAny('*', '?') < 0 ? [Path.GetFullPath(one)] : Matches(one));
    }

    static List<string> ShardsOf(string folder) =>
        [.. Directory.EnumerateFiles(Path.GetFullPath(folder))
            .Where(file => Path.GetExtension(file).ToUpperInvariant() is ".TAR" or ".PARQUET").Order(StringComparer.Ordinal)];

    static IEnumerable<string> Braces(string pattern)
    {
        if (Innermost().Match(pattern) is not { Success: true } braces) return [pattern];
        var (before, after) = (pattern[..braces.Index], pattern[(braces.Index + braces.Length)..]);
        return Choices(braces.Groups[1].Value, pattern).SelectMany(choice => Braces(before + choice + after));
    }

    static IEnumerable<string> Choices(string inside, string pattern)
    {
        if (Range().Match(inside) is not { Success: true } range) return inside.Split(',');
        var (first, last) = (range.Groups[1].Value, range.Groups[2].Value);
        var (from, to) = (
            int.Parse(first, System.Globalization.CultureInfo.InvariantCulture),
            int.Parse(last, System.Globalization.CultureInfo.InvariantCulture));
        if (to < from || to - from >= MostFiles)
            throw Fault.Usage(
                $"{Printable.Quote(pattern)}: {{{inside}}} must rise, by less than {MostFiles}.", "{000..146} counts 147 shards.");
        // Zeros in front say how many digits there are.
        var width = first.StartsWith('0') ? first.Length : 1;
        return Enumerable.Range(from, to - from + 1).Select(
            number => number.ToString($"D{width}", System.Globalization.CultureInfo.InvariantCulture));
    }

    static List<string> Matches(string pattern)
    {
        var full = Path.GetFullPath(pattern);
        var folders = new List<string> { Path.GetPathRoot(full)! };
        string[] segments = [.. full[folders[0].Length..].Split(Path.DirectorySeparatorChar).Where(segment => segment.Length > 0)];
        foreach (var (depth, segment) in segments.Index())
        {
            var isLast = depth == segments.Length - 1;
            folders = [.. folders.SelectMany(folder => Entries(folder, segment, isLast)).Order(StringComparer.Ordinal)];
        }
        return folders.Count > 0
            ? folders
            : throw Fault.Input(
                $"{pattern}: nothing has such a name.", "Quote a pattern so that the shell leaves it alone, and look at the folder.");
    }

    static IEnumerable<string> Entries(string folder, string segment, bool isLast)
    {
        if (segment.AsSpan().IndexOfAny('*', '?') < 0)
        {
            var path = Path.Combine(folder, segment);
            return (isLast ? Path.Exists(path) : Directory.Exists(path)) ? [path] : [];
        }
        try
        {
            var entries = isLast ? Directory.EnumerateFileSystemEntries(folder) : Directory.EnumerateDirectories(folder);
            return [.. entries.Where(entry => FileSystemName.MatchesSimpleExpression(segment, Path.GetFileName(entry), ignoreCase: false))];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw RegularFile.Unreadable(folder, error);
        }
    }

    /// <summary>Loads a file by what it holds.</summary>
    public static DataPart Open(string path, Intake intake)
    {
        if (Directory.Exists(path)) return FolderPart.Load(path, intake);
        Span<byte> head = stackalloc byte[TarHeader.Size];
        using (var handle = RegularFile.Open(path))
        {
            var length = (int)Math.Min(head.Length, RandomAccess.GetLength(handle));
            head = head[..length];
            RegularFile.ReadExactly(handle, head, 0, path, "its beginning");
        }
        if (head.StartsWith("PAR1"u8)) return ParquetPart.Load(path, intake);
        if (head.StartsWith("PARE"u8)) throw Fault.Input($"{path}: is an encrypted Parquet file.", "Write it without encryption.");
        if (TarHeader.Looks(head)) return TarPart.Load(path, intake);
        if (Packed(head) is { } packed) throw Fault.Input($"{path}: is {packed}; data files are read as they are.", "Unpack it first.");
        return JsonPart.Load(path, intake);
    }

    static string? Packed(ReadOnlySpan<byte> head)
    {
        if (head.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B])) return "compressed with gzip";
        if (head.StartsWith((ReadOnlySpan<byte>)[0x28, 0xB5, 0x2F, 0xFD])) return "compressed with Zstandard";
        if (head.StartsWith("BZh"u8)) return "compressed with bzip2";
        if (head.StartsWith((ReadOnlySpan<byte>)[0xFD, 0x37, 0x7A, 0x58, 0x5A, 0])) return "compressed with xz";
        if (head.StartsWith("PK\x3\x4"u8)) return "a zip archive";
        return head.StartsWith("ARROW1"u8) ? "an Arrow file" : null;
    }

    [GeneratedRegex(@"\{([^{}]*(?:,|\.\.)[^{}]*)\}", RegexOptions.CultureInvariant)]
    private static partial Regex Innermost();

    [GeneratedRegex(@"^(\d{1,9})\.\.(\d{1,9})$", RegexOptions.CultureInvariant)]
    private static partial Regex Range();
}
