namespace Grafting.Core.Evaluation.MultipleChoice;

/// <summary>Finds the files of a split in a folder as its publisher lays it out.</summary>
static class ChoiceFiles
{
    /// <summary>Kinds of files, the one to prefer first where a benchmark comes in several.</summary>
    static readonly string[] Extensions = [".jsonl", ".json", ".csv"];

    /// <summary>
    /// Files of the folder and the folders directly in it whose path has the name of a split: the first name that any has; at the
    /// beginning of the path before at its end before anywhere.
    /// </summary>
    /// <param name="splits">In lower case, words joined by "_".</param>
    /// <returns>Sorted; empty where there are none.</returns>
    /// <exception cref="GraftException">Input: several files where the benchmark has one.</exception>
    public static IReadOnlyList<string> Find(string folder, IReadOnlyList<string> splits, bool many)
    {
        var files = Candidates(folder);
        foreach (var split in splits)
        {
            var word = $"_{split}_";
            Func<string, bool>[] places =
            [
                words => words.StartsWith(word, StringComparison.Ordinal),
                words => words.EndsWith(word, StringComparison.Ordinal),
                words => words.Contains(word, StringComparison.Ordinal),
            ];
            foreach (var fits in places)
            {
                string[] found = [.. files.Where(file => fits(Words(folder, file)))];
                if (found.Length > 1 && !many)
                    throw Fault.Input(
                        $"{folder}: has several files of the split {split}: {Names(folder, found)}.",
                        "Give the file instead of the folder.");
                if (found.Length > 0) return found;
            }
        }
        return [];
    }

    /// <exception cref="GraftException">Input: the path is not there, or no file in it is of the split.</exception>
    public static IReadOnlyList<string> Require(string path, IReadOnlyList<string> splits, bool many)
    {
        if (File.Exists(path)) return [path];
        if (!Directory.Exists(path)) throw Fault.Input($"{path}: no such file or folder.");
        if (Find(path, splits, many) is { Count: > 0 } found) return found;
        var there = Candidates(path);
        throw Fault.Input(
            $"{path}: has no file of the split {string.Join(" or ", splits)}; "
                + (there.Length == 0 ? $"it has none of the kinds {string.Join(", ", Extensions)}." : $"it has {Names(path, there)}."),
            "Give the file itself.");
    }

    static string[] Candidates(string folder) =>
    [
        .. Directory.EnumerateFiles(folder, "*", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 1 })
            .Where(file => Rank(file) >= 0)
            .GroupBy(file => Path.ChangeExtension(file, null), StringComparer.Ordinal)
            .Select(same => same.MinBy(Rank)!)
            .Order(StringComparer.Ordinal),
    ];

    static int Rank(string file) => Array.IndexOf(Extensions, Path.GetExtension(file).ToLowerInvariant());

    /// <summary>"_arc_easy_test_" for ARC-Easy/test.jsonl.</summary>
    static string Words(string folder, string file)
    {
        var path = Path.ChangeExtension(Path.GetRelativePath(folder, file), null);
        return string.Create(path.Length + 2, path, (words, from) =>
        {
            words.Fill('_');
            for (var i = 0; i < from.Length; i++) if (char.IsLetterOrDigit(from[i])) words[i + 1] = char.ToLowerInvariant(from[i]);
        });
    }

    static string Names(string folder, string[] files) =>
        string.Join(", ", files.Take(5).Select(file => Path.GetRelativePath(folder, file))) + (files.Length > 5 ? ", …" : "");
}
