namespace Grafting.Core.Checkpoints;

/// <summary>A change of the disk.</summary>
enum FileStep
{
    MakeFolder,
    Create,
    Write,
    Sync,
    SyncFolder,
    Move,
    Swap,
    Delete,
    DeleteFolder,
}

/// <summary>
/// Every call with which durable files and folders change the disk. Each is announced before it is made, so that a test can number them
/// all, let each fail, and end the process at each.
/// </summary>
static class FileSteps
{
    [ThreadStatic]
    static Action<FileStep, string>? t_announce;

    /// <param name="announce">
    /// Called on this thread before every step; what it throws takes the place of what the system would have said.
    /// </param>
    public static IDisposable Observe(Action<FileStep, string> announce)
    {
        t_announce = announce;
        return new Observation();
    }

    public static void Announce(FileStep step, string path) => t_announce?.Invoke(step, path);

    /// <summary>With its parents, one by one.</summary>
    public static void MakeFolder(string path)
    {
        if (Directory.Exists(path)) return;
        if (Path.GetDirectoryName(path) is { Length: > 0 } parent) MakeFolder(parent);
        Announce(FileStep.MakeFolder, path);
        Directory.CreateDirectory(path);
    }

    /// <summary>A new file, locked until the result is disposed: others may read it, which matters once it has its final name.</summary>
    /// <exception cref="IOException">Also when it exists.</exception>
    public static FileStream Create(string path)
    {
        Announce(FileStep.Create, path);
        // Windows renames an open file only if it may be deleted. Network file systems lock only what may be read.
        return new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read | FileShare.Delete, bufferSize: 0);
    }

    public static void Sync(FileStream file)
    {
        Announce(FileStep.Sync, file.Name);
        file.Flush(flushToDisk: true);
    }

    /// <summary>Replaces an existing file.</summary>
    public static void MoveFile(string from, string to)
    {
        Announce(FileStep.Move, to);
        File.Move(from, to, overwrite: true);
    }

    public static void MoveFolder(string from, string to)
    {
        Announce(FileStep.Move, to);
        Directory.Move(from, to);
    }

    public static void Delete(string path)
    {
        Announce(FileStep.Delete, path);
        File.Delete(path);
    }

    /// <summary>Deletes a folder with all that is in it; of links only the links.</summary>
    public static void DeleteTree(string path)
    {
        foreach (var entry in new DirectoryInfo(path).EnumerateFileSystemInfos().ToList())
        {
            if (entry is DirectoryInfo && entry.LinkTarget is null) DeleteTree(entry.FullName);
            else Delete(entry.FullName);
        }
        Announce(FileStep.DeleteFolder, path);
        Directory.Delete(path);
    }

    sealed class Observation : IDisposable
    {
        public void Dispose() => t_announce = null;
    }
}

/// <summary>Announces every write; buffers nothing.</summary>
sealed class AnnouncedStream(FileStream file) : Stream
{
    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => file.Length;

    public override long Position
    {
        get => file.Position;
        set => throw new NotSupportedException();
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (buffer.IsEmpty) return;
        FileSteps.Announce(FileStep.Write, file.Name);
        file.Write(buffer);
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
        // Nothing is held back.
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
