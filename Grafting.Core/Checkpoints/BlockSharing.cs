using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Grafting.Core.Checkpoints;

/// <summary>
/// Lets two files share blocks on the disk, which is instant and takes no room until one of them is changed. Btrfs, XFS and bcachefs can;
/// others, ext4 among them, refuse, and then the bytes have to be copied.
/// </summary>
static partial class BlockSharing
{
    /// <summary>Places in both files have to be multiples of it: that of nearly every file system.</summary>
    public const int Block = 4096;

    // _IOW(0x94, 13, struct file_clone_range): linux/fs.h, FICLONERANGE.
    const nuint CloneRange = 0x4020940D;

    [StructLayout(LayoutKind.Sequential)]
    struct Range
    {
        public long Source;
        public ulong SourceOffset;
        public ulong Length;
        public ulong DestinationOffset;
    }

    /// <summary>
    /// Gives <paramref name="destination"/>, from a place on, the blocks of <paramref name="source"/> from a place on to its end.
    /// </summary>
    /// <returns>Whether the file system did; if not, nothing has changed.</returns>
    public static bool TryShareTail(SafeFileHandle source, long from, SafeFileHandle destination, long to)
    {
        if (!OperatingSystem.IsLinux() || from % Block != 0 || to % Block != 0) return false;
        // A length of zero means up to the end of the source.
        var range = new Range { Source = source.DangerousGetHandle(), SourceOffset = (ulong)from, DestinationOffset = (ulong)to };
        var shared = Ioctl(destination, CloneRange, ref range) == 0;
        GC.KeepAlive(source);
        return shared;
    }

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Ioctl(SafeFileHandle file, nuint request, ref Range range);
}
