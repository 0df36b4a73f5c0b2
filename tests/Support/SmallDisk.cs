using System.Diagnostics;

namespace Grafting.Tests.Support;

/// <summary>A file system of a few kilobytes, to be filled. Needs the right to mount; a test without it is skipped.</summary>
sealed class SmallDisk : IDisposable
{
    readonly TempFolder _folder = new();

    public SmallDisk(int kilobytes)
    {
        if (OperatingSystem.IsLinux() && Run("mount", "-t", "tmpfs", "-o", $"size={kilobytes}k", "tmpfs", _folder.Path) == 0) return;
        _folder.Dispose();
        Assert.Ignore("skipped: filling a disk needs a small one, and mounting a tmpfs needs root on Linux");
    }

    public string Path => _folder.Path;

    public string this[string name] => _folder[name];

    public string[] Entries() => _folder.Entries();

    public void Dispose()
    {
        Run("umount", _folder.Path);
        _folder.Dispose();
    }

    static int Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode;
    }
}
