using System.Text;

namespace Grafting.Tests.Training.TensorBoard;

/// <summary>What a reader finds in one event.</summary>
sealed record ReadEvent(double WallTime, long Step, string? FileVersion, bool SessionStart, IReadOnlyDictionary<string, float> Scalars);

/// <summary>
/// Reads TensorBoard's files from the description of their formats alone (TFRecord; protocol buffers' wire format; event.proto,
/// summary.proto), and shares no code with what writes them. Anything that it does not know fails the test.
/// </summary>
static class EventReader
{
    /// <summary>
    /// The steps of a folder as TensorBoard shows them: file by file, each session start discards what came before from its step on.
    /// </summary>
    public static SortedDictionary<long, IReadOnlyDictionary<string, float>> Shown(string folder)
    {
        var shown = new SortedDictionary<long, IReadOnlyDictionary<string, float>>();
        foreach (var file in Files(folder))
        {
            foreach (var read in Read(file))
            {
                if (read.SessionStart) foreach (var step in shown.Keys.Where(step => step >= read.Step).ToList()) shown.Remove(step);
                if (read.Scalars.Count > 0) shown.Add(read.Step, read.Scalars);
            }
        }
        return shown;
    }

    public static string[] Files(string folder) => [.. Directory.GetFiles(folder, "events.out.tfevents.*").Order(StringComparer.Ordinal)];

    public static List<ReadEvent> Read(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new BinaryReader(stream);
        var events = new List<ReadEvent>();
        while (stream.Position < stream.Length)
        {
            var length = reader.ReadBytes(8);
            Assert.That(reader.ReadUInt32(), Is.EqualTo(Masked(length)), "checksum of a length");
            var payload = reader.ReadBytes((int)BitConverter.ToUInt64(length));
            Assert.That(reader.ReadUInt32(), Is.EqualTo(Masked(payload)), "checksum of an event");
            events.Add(Event(payload));
        }
        return events;
    }

    static ReadEvent Event(byte[] payload)
    {
        var (time, step, version, start) = (double.NaN, 0L, (string?)null, false);
        var scalars = new Dictionary<string, float>();
        foreach (var (field, value) in Fields(payload))
        {
            switch (field)
            {
                case 1: time = BitConverter.UInt64BitsToDouble((ulong)value); break;
                case 2: step = (long)(ulong)value; break;
                case 3: version = Encoding.UTF8.GetString((byte[])value); break;
                case 5:
                    foreach (var (number, entry) in Fields((byte[])value))
                    {
                        Assert.That(number, Is.EqualTo(1), "a summary has values only");
                        var parts = Fields((byte[])entry).ToDictionary(part => part.Field, part => part.Value);
                        scalars.Add(Encoding.UTF8.GetString((byte[])parts[1]), BitConverter.UInt32BitsToSingle((uint)parts[2]));
                    }
                    break;
                case 7: start = Fields((byte[])value).Single() is (1, 1UL); break;
                default: Assert.Fail($"an event with field {field}"); break;
            }
        }
        return new(time, step, version, start, scalars);
    }

    /// <summary>Numbers as ulong or uint, everything else as bytes.</summary>
    static List<(int Field, object Value)> Fields(byte[] message)
    {
        var (fields, at) = (new List<(int, object)>(), 0);
        while (at < message.Length)
        {
            var key = Varint();
            object value;
            switch (key & 7)
            {
                case 0: value = Varint(); break;
                case 1: value = BitConverter.ToUInt64(message, at); at += 8; break;
                case 5: value = BitConverter.ToUInt32(message, at); at += 4; break;
                case 2:
                    var length = (int)Varint();
                    value = message[at..(at + length)];
                    at += length;
                    break;
                default: throw new AssertionException($"wire type {key & 7}");
            }
            fields.Add(((int)(key >> 3), value));
        }
        return fields;

        ulong Varint()
        {
            var (number, shift) = (0UL, 0);
            while (true)
            {
                var next = message[at++];
                number |= (ulong)(next & 0x7F) << shift;
                if (next < 0x80) return number;
                shift += 7;
            }
        }
    }

    static uint Masked(byte[] bytes)
    {
        var crc = ~0u;
        foreach (var value in bytes)
        {
            crc ^= value;
            // Castagnoli's polynomial, bits reversed, one bit at a time.
            for (var bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ ((crc & 1) * 0x82F63B78u);
        }
        crc = ~crc;
        return unchecked(((crc >> 15) | (crc << 17)) + 0xA282EAD8u);
    }
}
