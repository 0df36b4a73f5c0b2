using System.Buffers.Binary;
using System.Globalization;
using System.Text.RegularExpressions;
using Grafting.Core.Checkpoints;

namespace Grafting.Core.Training.TensorBoard;

/// <summary>
/// An event file as TensorBoard reads it: <c>events.out.tfevents.SECONDS.HOST.PROCESS.N</c>, made of TFRecord frames (length, its masked
/// CRC-32C, payload, its masked CRC-32C), each on its way to the disk when the call returns.
/// </summary>
sealed partial class EventFile : IDisposable
{
    const string Prefix = "events.out.tfevents.";
    static int s_files;
    readonly FileStream _stream;
    long _end;

    EventFile(string path) => _stream = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 0);

    /// <summary>A new file that a reader takes after all that are there.</summary>
    /// <param name="firstStep">The first step that follows; what earlier files say of it and of later ones no longer counts.</param>
    public static EventFile Create(string folder, long firstStep, TimeProvider clock)
    {
        // Readers go by the order of the names, so a clock that went back must not put this file before the one that it continues.
        var seconds = Math.Max(clock.GetUtcNow().ToUnixTimeSeconds(), Newest(folder) + 1);
        var host = Environment.MachineName is { Length: > 0 } named ? Unsafe().Replace(named, "-") : "localhost";
        var name = string.Create(
            CultureInfo.InvariantCulture, $"{Prefix}{seconds:D10}.{host}.{Environment.ProcessId}.{Interlocked.Increment(ref s_files) - 1}");
        var path = Path.Combine(folder, name);
        EventFile? file = null;
        Durable.Guard(path, () => file = new EventFile(path));
        var now = Seconds(clock);
        file!.Add(EventMessage.Version(now));
        file.Add(EventMessage.Start(now, firstStep));
        return file;
    }

    /// <summary>Seconds since 1970 with their fraction, as <c>wall_time</c> wants them.</summary>
    public static double Seconds(TimeProvider clock) => (clock.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds;

    /// <summary>Begins where the last whole frame ends, so that one of which a full disk took a part is written over.</summary>
    public void Add(byte[] payload)
    {
        var frame = new byte[8 + 4 + payload.Length + 4];
        BinaryPrimitives.WriteUInt64LittleEndian(frame, (ulong)payload.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(8), Crc32C.Masked(frame.AsSpan(0, 8)));
        payload.CopyTo(frame, 12);
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(12 + payload.Length), Crc32C.Masked(payload));
        Durable.Guard(_stream.Name, () =>
        {
            _stream.Position = _end;
            _stream.Write(frame);
            _end = _stream.Position;
        });
    }

    public void Dispose() => _stream.Dispose();

    /// <summary>
    /// Where a checksum of a file does not fit, in words; null where all do. A last frame cut short by a crash is no damage.
    /// </summary>
    public static string? Damage(string path)
    {
        var bytes = File.ReadAllBytes(path).AsSpan();
        for (var at = 0; bytes.Length - at >= 12;)
        {
            var header = bytes.Slice(at, 12);
            var length = BinaryPrimitives.ReadUInt64LittleEndian(header);
            if (BinaryPrimitives.ReadUInt32LittleEndian(header[8..]) != Crc32C.Masked(header[..8])) return Mismatch(at);
            if (length > (ulong)Math.Max(0, bytes.Length - at - 16)) return null;
            var payload = bytes.Slice(at + 12, (int)length);
            if (BinaryPrimitives.ReadUInt32LittleEndian(bytes[(at + 12 + payload.Length)..]) != Crc32C.Masked(payload)) return Mismatch(at);
            at += 16 + payload.Length;
        }
        return null;

        static string Mismatch(int at) =>
            string.Create(CultureInfo.InvariantCulture, $"the event at byte {at} is damaged: its checksum does not match");
    }

    /// <summary>Files of events in a folder, in the order in which they are read.</summary>
    public static IEnumerable<string> In(string folder) => Directory.EnumerateFiles(folder, Prefix + "*").Order(StringComparer.Ordinal);

    static long Newest(string folder) => In(folder)
        .Select(path => Path.GetFileName(path)[Prefix.Length..].Split('.')[0])
        .Select(part => long.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? seconds : 0)
        .DefaultIfEmpty(0)
        .Max();

    // A dot in the name of the host would shift the parts behind it.
    [GeneratedRegex("[^A-Za-z0-9_-]")]
    private static partial Regex Unsafe();
}
