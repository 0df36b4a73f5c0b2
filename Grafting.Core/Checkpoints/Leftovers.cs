using System.Diagnostics;

namespace Grafting.Core.Checkpoints;

/// <summary>
/// Names of what is being written, <c>.NAME.32-digits.partial</c>, and the removal of what processes left behind that died over it. A file
/// is locked by its writer; a folder has a lock beside it, <c>.NAME.32-digits.lock</c>, for it cannot be locked itself. What nobody holds
/// belongs to a process that is gone.
/// </summary>
static class Leftovers
{
    public const string Partial = ".partial";
    public const string Lock = ".lock";
    const int IdLength = 32;

    /// <summary>A new name, without its ending, beside the final one.</summary>
    public static string NewName(string path) =>
        Path.Combine(Path.GetDirectoryName(path)!, $".{Path.GetFileName(path)}.{Guid.NewGuid():n}");

    /// <summary>Removes unfinished files that were to get the name of <paramref name="path"/>.</summary>
    public static void RemoveFiles(string path)
    {
        var parent = Path.GetDirectoryName(path)!;
        if (!Directory.Exists(parent)) return;
        foreach (var file in Find(parent, Path.GetFileName(path), Partial).Where(IsAbandoned)) Try(file, () => FileSteps.Delete(file));
    }

    /// <summary>Removes unfinished folders, and those that were being removed.</summary>
    /// <param name="name">Only those that were to get this name; null means any.</param>
    public static void RemoveFolders(string parent, string? name)
    {
        if (!Directory.Exists(parent)) return;
        foreach (var file in Find(parent, name, Lock).Where(IsAbandoned))
        {
            Try(file, () =>
            {
                var staging = file[..^Lock.Length] + Partial;
                if (Directory.Exists(staging)) FileSteps.DeleteTree(staging);
                FileSteps.Delete(file);
            });
        }
    }

    /// <summary>Best effort: what cannot be removed now is removed by the next run, and must not cover up what led here.</summary>
    public static void Try(string path, Action remove)
    {
        try
        {
            remove();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Trace.TraceWarning($"{path} could not be removed: {error.Message}");
        }
    }

    static List<string> Find(string parent, string? name, string ending) =>
        [.. Directory.EnumerateFiles(parent).Where(path => Matches(Path.GetFileName(path), name, ending))];

    static bool Matches(string file, string? name, string ending)
    {
        var stem = file.Length - ending.Length - IdLength - 1;
        if (stem < 2 || file[0] != '.' || file[stem] != '.' || !file.EndsWith(ending, StringComparison.Ordinal)) return false;
        return Guid.TryParseExact(file.AsSpan(stem + 1, IdLength), "n", out _)
            && (name is null || file.AsSpan(1, stem - 1).SequenceEqual(name));
    }

    static bool IsAbandoned(string path)
    {
        try
        {
            using var held = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Held by a live process, or in the moment between its creation and its lock.
            return false;
        }
    }

    /// <summary>Marks a folder as being written or removed, wherever it is, until the process ends or the result is disposed.</summary>
    public sealed class FolderLock : IDisposable
    {
        readonly FileStream _held;
        readonly string _staging;

        /// <param name="name">As <see cref="NewName"/> gave it.</param>
        public FolderLock(string name) => (_held, _staging) = (FileSteps.Create(name + Lock), name + Partial);

        /// <summary>The lock stays where its folder could not be removed, for the next run to find both.</summary>
        public void Dispose()
        {
            _held.Dispose();
            if (!Directory.Exists(_staging)) Try(_held.Name, () => FileSteps.Delete(_held.Name));
        }
    }
}
