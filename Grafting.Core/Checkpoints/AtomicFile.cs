using System.Text;

namespace Grafting.Core.Checkpoints;

/// <summary>Files that appear whole or not at all and are on disk when the call returns.</summary>
public static class AtomicFile
{
    /// <summary>UTF-8 without a mark; replaces an existing file.</summary>
    public static void WriteText(string path, string text) => Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(text)));

    /// <summary>Writes beside the path, syncs and renames; replaces an existing file. A failure leaves the old one as it was.</summary>
    /// <exception cref="GraftException">Of kind <see cref="ErrorKind.Resources"/> for everything that the file system refuses.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        var parent = Path.GetDirectoryName(Path.GetFullPath(path))!;
        var staging = Path.Combine(parent, $".{Path.GetFileName(path)}.{Guid.NewGuid():n}.partial");
        Durable.Guard(path, () =>
        {
            try
            {
                using (var stream = new FileStream(staging, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16))
                {
                    write(stream);
                    stream.Flush(flushToDisk: true);
                }
                File.Move(staging, path, overwrite: true);
            }
            catch
            {
                File.Delete(staging);
                throw;
            }
        });
        Durable.SyncFolder(parent, path);
    }
}
