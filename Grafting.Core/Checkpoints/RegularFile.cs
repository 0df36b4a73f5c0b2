using Microsoft.Win32.SafeHandles;

namespace Grafting.Core.Checkpoints;

/// <summary>Opening and reading of input files that may be anything but what they claim to be.</summary>
public static class RegularFile
{
    /// <summary>
    /// Opens for random reading. Symbolic links are followed (the Hub cache is made of them); folders, pipes, devices, dangling links and
    /// empty files are refused, all but folders by their size of zero, before anything is opened: opening a pipe would wait for ever.
    /// </summary>
    public static SafeFileHandle Open(string path)
    {
        try
        {
            if (Directory.Exists(path)) throw Fault.Input($"{path}: is a folder, expected a file.");
            var info = new FileInfo(path);
            if (info.LinkTarget is not null)
            {
                info = File.ResolveLinkTarget(path, returnFinalTarget: true) as FileInfo;
                if (info is not { Exists: true })
                    throw Fault.Input($"{path}: is a link to {info?.FullName}, which does not exist.", "Fetch the file again.");
            }
            if (!info.Exists) throw Fault.Input($"{path}: no such file.");
            if (info.Length == 0) throw Fault.Input($"{path}: is empty, or not a regular file.");
            return File.OpenHandle(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(path, error);
        }
    }

    /// <param name="what">Named in the error when the file ends too early.</param>
    public static void ReadExactly(SafeFileHandle handle, Span<byte> destination, long position, string path, string what)
    {
        var done = 0;
        while (done < destination.Length)
        {
            int read;
            try
            {
                read = RandomAccess.Read(handle, destination[done..], position + done);
            }
            catch (IOException error)
            {
                throw Fault.Input($"{path}: could not be read at byte {position + done} ({what}): {error.Message}", inner: error);
            }
            if (read == 0)
            {
                throw Fault.Input(
                    $"{path}: ends at byte {position + done} inside {what}; the file became shorter while it was open.",
                    "Let no other program write to this file, or fetch it again.");
            }
            done += read;
        }
    }

    /// <exception cref="GraftException">Of kind <see cref="ErrorKind.Input"/>, also when the file is larger than the limit.</exception>
    public static byte[] ReadAll(string path, int limit)
    {
        using var handle = Open(path);
        var length = RandomAccess.GetLength(handle);
        if (length > limit) throw Fault.Input($"{path}: has {length} bytes; the limit for such a file is {limit}.");
        var bytes = new byte[length];
        ReadExactly(handle, bytes, 0, path, "the file");
        return bytes;
    }

    public static GraftException Unreadable(string path, Exception error) =>
        Fault.Input($"{path}: could not be opened: {error.Message}", inner: error);
}
