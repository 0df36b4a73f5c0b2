using System.Formats.Tar;
using Grafting.Tests.Support;

namespace Grafting.Tests.Data;

/// <summary>Shards written by .NET's own tar writer, which shares nothing with the reader under test.</summary>
static class TarFiles
{
    public static string Write(TempFolder folder, string name, params IEnumerable<(string Name, byte[] Content)> members) =>
        folder.Write(name, Bytes(TarEntryFormat.Ustar, members));

    public static byte[] Bytes(TarEntryFormat format, params IEnumerable<(string Name, byte[] Content)> members) =>
        Bytes(format, members.Select(member => (Func<TarEntry>)(() => File(format, member.Name, member.Content))));

    public static byte[] Bytes(TarEntryFormat format, IEnumerable<Func<TarEntry>> entries)
    {
        using var bytes = new MemoryStream();
        using (var writer = new TarWriter(bytes, format, leaveOpen: true))
        {
            foreach (var entry in entries) writer.WriteEntry(entry());
        }
        return bytes.ToArray();
    }

    public static TarEntry File(TarEntryFormat format, string name, byte[] content)
    {
        TarEntry entry = format switch
        {
            TarEntryFormat.V7 => new V7TarEntry(TarEntryType.V7RegularFile, name),
            TarEntryFormat.Ustar => new UstarTarEntry(TarEntryType.RegularFile, name),
            TarEntryFormat.Pax => new PaxTarEntry(TarEntryType.RegularFile, name),
            _ => new GnuTarEntry(TarEntryType.RegularFile, name),
        };
        entry.DataStream = new MemoryStream(content);
        return entry;
    }
}
