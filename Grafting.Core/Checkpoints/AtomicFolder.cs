namespace Grafting.Core.Checkpoints;

/// <summary>Folders that appear whole or not at all and are on disk when the call returns.</summary>
public static class AtomicFolder
{
    const string Partial = ".partial";
    const string Lock = ".lock";

    /// <summary>
    /// Calls <paramref name="write"/> with an empty folder beside the target, syncs what it wrote and renames it. When it throws, nothing
    /// is left. What a killed run for the same target left behind is removed first.
    /// </summary>
    /// <param name="replace">An existing folder is exchanged for the new one, if it is empty or an artefact of ours.</param>
    /// <exception cref="GraftException">
    /// Of kind <see cref="ErrorKind.Usage"/> when the target exists and may not be replaced; of kind <see cref="ErrorKind.Resources"/> for
    /// everything that the file system refuses.
    /// </exception>
    public static void Commit(string target, Action<string> write, bool replace = false)
    {
        target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(target));
        var parent = Path.GetDirectoryName(target) ?? throw Fault.Usage($"{target} cannot be written: it has no parent folder.");
        CheckTarget(target, replace);
        var own = Path.Combine(parent, $".{Path.GetFileName(target)}.{Guid.NewGuid():n}");
        var staging = own + Partial;
        Durable.Guard(target, () =>
        {
            Directory.CreateDirectory(parent);
            RemoveLeftovers(target, parent);
            // Held until the folder has its name: a process that dies before leaves a lock that nobody holds, wherever it was.
            using var held = new FileStream(own + Lock, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
            Directory.CreateDirectory(staging);
            try
            {
                write(staging);
                Sync(staging, target);
                Publish(staging, target, replace);
            }
            catch
            {
                TryRemove(staging);
                throw;
            }
        });
        Durable.SyncFolder(parent, target);
    }

    /// <summary>Refuses early what <see cref="Commit"/> would refuse in the end.</summary>
    /// <exception cref="GraftException">Of kind <see cref="ErrorKind.Usage"/>, as there.</exception>
    public static void CheckTarget(string target, bool replace)
    {
        if (File.Exists(target)) throw Fault.Usage($"{target} is a file; a folder is to be written there.", "Choose another name.");
        if (!Directory.Exists(target)) return;
        if (!replace) throw Fault.Usage($"{target} exists already.", "Choose another name, or remove it first.");
        if (Directory.EnumerateFileSystemEntries(target).Any() && !File.Exists(Path.Combine(target, ArtefactManifest.FileName)))
        {
            throw Fault.Usage(
                $"{target} exists and has no {ArtefactManifest.FileName}, so it was not made by this program and is not replaced.",
                "Choose another name, or remove it yourself.");
        }
    }

    static void Sync(string staging, string target)
    {
        foreach (var file in Directory.EnumerateFiles(staging, "*", SearchOption.AllDirectories)) Durable.SyncFile(file);
        foreach (var folder in Directory.EnumerateDirectories(staging, "*", SearchOption.AllDirectories)) Durable.SyncFolder(folder, target);
        Durable.SyncFolder(staging, target);
    }

    static void Publish(string staging, string target, bool replace)
    {
        if (!replace || !Directory.Exists(target))
        {
            Directory.Move(staging, target);
            return;
        }
        if (!Durable.TrySwap(staging, target))
        {
            // Between the two renames the target is missing; the old one then stands beside it under this name.
            var old = staging + ".old";
            Directory.Move(target, old);
            Directory.Move(staging, target);
            staging = old;
        }
        TryRemove(staging);
    }

    /// <summary>A lock that nobody holds belongs to a process that is gone, and so does the staging folder of its name.</summary>
    static void RemoveLeftovers(string target, string parent)
    {
        var prefix = $".{Path.GetFileName(target)}.";
        foreach (var path in Directory.EnumerateFiles(parent, $"{prefix}*{Lock}").ToList())
        {
            var id = Path.GetFileName(path)[prefix.Length..^Lock.Length];
            if (!Guid.TryParseExact(id, "n", out _) || !IsAbandoned(path)) continue;
            var staging = path[..^Lock.Length] + Partial;
            if (Directory.Exists(staging)) TryRemove(staging);
            if (!Directory.Exists(staging)) File.Delete(path);
        }
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

    /// <summary>Best effort: what cannot be removed now is removed by the next run, and must not cover up the error that led here.</summary>
    static void TryRemove(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            System.Diagnostics.Trace.TraceWarning($"{folder} could not be removed: {error.Message}");
        }
    }
}
