namespace Grafting.Core.Checkpoints;

/// <summary>Asks a disk for room before something large is begun.</summary>
public static class DiskSpace
{
    /// <exception cref="GraftException">Of kind <see cref="ErrorKind.Resources"/>, naming needed and free bytes.</exception>
    public static void Require(string destination, long bytes)
    {
        var folder = Path.GetFullPath(destination);
        while (!Directory.Exists(folder)) folder = Path.GetDirectoryName(folder)!;
        var free = new DriveInfo(folder).AvailableFreeSpace;
        if (free >= bytes) return;
        throw Fault.Resources(
            FormattableString.Invariant($"{destination}: needs {bytes:N0} bytes, and the disk has {free:N0} free."),
            "Free some space, choose another folder, or keep fewer layers.");
    }
}
