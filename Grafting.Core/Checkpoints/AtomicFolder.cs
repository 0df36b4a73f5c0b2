namespace Grafting.Core.Checkpoints;

/// <summary>Folders that appear whole or not at all and are on disk when the call returns.</summary>
public static class AtomicFolder
{
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
        var name = Leftovers.NewName(target);
        var staging = name + Leftovers.Partial;
        Durable.Guard(target, () =>
        {
            FileSteps.MakeFolder(parent);
            Leftovers.RemoveFolders(parent, Path.GetFileName(target));
            // Held until the folder has its name: a process that dies before leaves a lock that nobody holds, wherever it was.
            using var held = new Leftovers.FolderLock(name);
            FileSteps.MakeFolder(staging);
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

    /// <summary>Takes a folder away in one step, and then removes what was in it: nobody ever sees half of it.</summary>
    /// <exception cref="GraftException">Of kind <see cref="ErrorKind.Resources"/> for everything that the file system refuses.</exception>
    public static void Remove(string target)
    {
        target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(target));
        var name = Leftovers.NewName(target);
        Durable.Guard(target, "removed", () =>
        {
            using var held = new Leftovers.FolderLock(name);
            FileSteps.MoveFolder(target, name + Leftovers.Partial);
            FileSteps.DeleteTree(name + Leftovers.Partial);
        });
    }

    /// <summary>Removes what dead processes left in a folder of artefacts, whatever name it was to get.</summary>
    public static void RemoveLeftovers(string parent) => Leftovers.RemoveFolders(parent, null);

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
        foreach (var folder in Directory.EnumerateDirectories(staging, "*", SearchOption.AllDirectories))
            Durable.SyncFolder(folder, target);
        Durable.SyncFolder(staging, target);
    }

    static void Publish(string staging, string target, bool replace)
    {
        if (!replace || !Directory.Exists(target))
        {
            FileSteps.MoveFolder(staging, target);
            return;
        }
        if (!Durable.TrySwap(staging, target))
        {
            // Between the two renames the target is missing; the old one then stands beside it under this name.
            var old = staging + ".old";
            FileSteps.MoveFolder(target, old);
            FileSteps.MoveFolder(staging, target);
            staging = old;
        }
        TryRemove(staging);
    }

    static void TryRemove(string folder) => Leftovers.Try(folder, () => FileSteps.DeleteTree(folder));
}
