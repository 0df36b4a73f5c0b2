using Grafting.Core.Checkpoints;

namespace Grafting.Core.Transfer.Export;

/// <summary>
/// A graft or bundle as it is, elsewhere: its own files with their digests proved, nothing of the language model that it refers to.
/// </summary>
public static class NativeCopy
{
    /// <exception cref="GraftException">Input, when a file is missing or changed.</exception>
    public static void Write(ExportSource source, string output)
    {
        var manifest = ArtefactManifest.Read(source.Folder);
        DiskSpace.Require(output, manifest.Files.Values.Sum(file => file.Bytes));
        AtomicFolder.Commit(output, staging =>
        {
            foreach (var name in manifest.Files.Keys.Append(ArtefactManifest.FileName))
            {
                var path = Path.Combine(staging, name);
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                File.Copy(Path.Combine(source.Folder, name), path);
            }
            manifest.Verify(staging);
        });
    }
}
