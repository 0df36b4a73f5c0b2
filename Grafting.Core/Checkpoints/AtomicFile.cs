using System.Text;

namespace Grafting.Core.Checkpoints;

/// <summary>Files that appear whole or not at all and are on disk when the call returns.</summary>
public static class AtomicFile
{
    const int BufferSize = 1 << 16;

    /// <summary>UTF-8 without a mark; replaces an existing file.</summary>
    public static void WriteText(string path, string text) => Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(text)));

    /// <summary>
    /// Writes beside the path, syncs and renames; replaces an existing file. A failure leaves the old one as it was. What a killed process
    /// left of the same file is removed first.
    /// </summary>
    /// <exception cref="GraftException">Of kind <see cref="ErrorKind.Resources"/> for everything that the file system refuses.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        var full = Path.GetFullPath(path);
        Durable.Guard(path, () =>
        {
            Leftovers.RemoveFiles(full);
            using var file = Create(full);
            try
            {
                using (var buffer = new BufferedStream(new AnnouncedStream(file), BufferSize)) write(buffer);
                FileSteps.Sync(file);
                // Still open, so that its lock tells that somebody is at work on it.
                FileSteps.MoveFile(file.Name, full);
            }
            catch
            {
                Leftovers.Try(file.Name, () => FileSteps.Delete(file.Name));
                throw;
            }
            Durable.SyncFolder(Path.GetDirectoryName(full)!, path);
        });
    }

    static FileStream Create(string path)
    {
        for (var attempt = 1; ; attempt++)
        {
            var name = Leftovers.NewName(path) + Leftovers.Partial;
            try
            {
                return FileSteps.Create(name);
            }
            catch (IOException) when (attempt < 3 && File.Exists(name))
            {
                // In the moment between its creation and its lock, another writer of this file took it for a leftover.
            }
        }
    }
}
