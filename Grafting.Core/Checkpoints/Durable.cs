using System.Runtime.InteropServices;

namespace Grafting.Core.Checkpoints;

/// <summary>What the file system must be asked for beyond the class library: folder syncs, swaps, and its refusals in our words.</summary>
static partial class Durable
{
    /// <summary>Runs an action that writes, and turns what the file system refuses into an error that names the path.</summary>
    /// <exception cref="GraftException">Of kind <see cref="ErrorKind.Resources"/>.</exception>
    public static void Guard(string path, Action write) => Guard(path, "written", write);

    /// <param name="what">What could not be done: "written", "removed".</param>
    /// <exception cref="GraftException">Of kind <see cref="ErrorKind.Resources"/>.</exception>
    public static void Guard(string path, string what, Action change)
    {
        try
        {
            change();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Fault.Resources($"{path}: could not be {what}: {error.Message}", Remedy(error), error);
        }
    }

    // .NET keeps errno in HResult. The numbers are those of Linux; ENOSPC, EIO and EROFS are the same on every Unix.
    static string Remedy(Exception error) => error.HResult switch
    {
        28 => "The disk is full. Free some space or choose another folder.",
        122 => "Your disk quota is used up. Free some space or choose another folder.",
        30 => "The file system is read-only. Choose another folder.",
        5 => "The disk reported an error. Check it, or choose another one.",
        27 => "The file system cannot hold a file of that size. Choose another one.",
        _ when error is UnauthorizedAccessException => "You have no right to write there. Choose another folder.",
        _ => "Check the folder, or choose another one.",
    };

    public static void SyncFile(string path)
    {
        // Only Windows wants the right to write for this; copied files may be read-only.
        FileSteps.Announce(FileStep.Sync, path);
        using var handle = File.OpenHandle(path, FileMode.Open, OperatingSystem.IsWindows() ? FileAccess.ReadWrite : FileAccess.Read);
        RandomAccess.FlushToDisk(handle);
    }

    /// <summary>Forces the entries of a folder to disk; without it, a rename may be undone by a power failure.</summary>
    /// <param name="subject">Whose durability depends on it.</param>
    public static void SyncFolder(string folder, string subject)
    {
        // Windows has no such call, and journals renames.
        if (OperatingSystem.IsWindows()) return;
        try
        {
            FileSteps.Announce(FileStep.SyncFolder, folder);
            Fsync(folder);
        }
        catch (IOException error)
        {
            throw Fault.Resources(
                $"{subject}: is written completely, but the folder could not be synced ({error.Message}); a power failure now might still "
                    + "undo it.",
                "Check the disk.", error);
        }
    }

    /// <summary>Content of a file that another process has locked; null where it cannot be read.</summary>
    public static string? ReadLocked(string path, int limit = 4096)
    {
        // The class library would ask for the lock first, and Windows forbids it altogether.
        if (OperatingSystem.IsWindows()) return null;
        var descriptor = Open(path, 0);
        if (descriptor < 0) return null;
        var bytes = new byte[limit];
        var count = Read(descriptor, bytes, bytes.Length);
        _ = Close(descriptor);
        return count < 0 ? null : System.Text.Encoding.UTF8.GetString(bytes.AsSpan(0, (int)count));
    }

    /// <summary>Exchanges two names in one step, where the kernel can.</summary>
    public static bool TrySwap(string a, string b)
    {
        if (!OperatingSystem.IsLinux()) return false;
        FileSteps.Announce(FileStep.Swap, b);
        try
        {
            const int CurrentFolder = -100;
            const uint Exchange = 2;
            return RenameAt2(CurrentFolder, a, CurrentFolder, b, Exchange) == 0;
        }
        catch (EntryPointNotFoundException)
        {
            return false;
        }
    }

    static void Fsync(string folder)
    {
        var descriptor = Open(folder, 0);
        var failed = descriptor < 0 || Fsync(descriptor) != 0;
        var errno = Marshal.GetLastPInvokeError();
        if (descriptor >= 0) _ = Close(descriptor);
        // EINVAL: some network file systems cannot sync a folder; there is nothing to wait for.
        if (failed && errno != 22) throw new IOException(Marshal.GetPInvokeErrorMessage(errno), errno);
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(int descriptor);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint Read(int descriptor, [Out] byte[] bytes, nint count);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "renameat2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RenameAt2(int fromFolder, string from, int toFolder, string to, uint flags);
}
