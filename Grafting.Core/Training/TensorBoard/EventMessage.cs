using System.Buffers.Binary;
using System.Text;

namespace Grafting.Core.Training.TensorBoard;

/// <summary>
/// One <c>Event</c> of TensorBoard's <c>event.proto</c>, in the wire format of protocol buffers: only the fields that scalars need.
/// </summary>
static class EventMessage
{
    // Numbers of fields in event.proto and summary.proto.
    const int WallTime = 1, Step = 2, FileVersion = 3, Summary = 5, SessionLog = 7;
    const int SummaryValue = 1, Tag = 1, SimpleValue = 2;
    const int SessionStatus = 1, SessionStart = 1;

    // Kinds of fields on the wire.
    const int Varint = 0, Fixed64 = 1, Bytes = 2, Fixed32 = 5;

    /// <summary>What every file begins with; from version 2 on, readers look for session starts.</summary>
    public static byte[] Version(double wallTime) => Build(wallTime, 0, FileVersion, Encoding.ASCII.GetBytes("brain.Event:2"));

    /// <summary>Readers forget everything from this step on that earlier files hold.</summary>
    public static byte[] Start(double wallTime, long step)
    {
        using var session = new MemoryStream();
        Key(session, SessionStatus, Varint);
        Number(session, SessionStart);
        return Build(wallTime, step, SessionLog, session.ToArray());
    }

    public static byte[] Scalars(double wallTime, long step, IEnumerable<(string Tag, double Value)> scalars)
    {
        using var summary = new MemoryStream();
        var number = new byte[sizeof(float)];
        foreach (var (tag, value) in scalars)
        {
            using var entry = new MemoryStream();
            Block(entry, Tag, Encoding.UTF8.GetBytes(tag));
            Key(entry, SimpleValue, Fixed32);
            BinaryPrimitives.WriteSingleLittleEndian(number, (float)value);
            entry.Write(number);
            Block(summary, SummaryValue, entry.ToArray());
        }
        return Build(wallTime, step, Summary, summary.ToArray());
    }

    static byte[] Build(double wallTime, long step, int field, byte[] content)
    {
        using var message = new MemoryStream();
        Key(message, WallTime, Fixed64);
        Span<byte> time = stackalloc byte[sizeof(double)];
        BinaryPrimitives.WriteDoubleLittleEndian(time, wallTime);
        message.Write(time);
        Key(message, Step, Varint);
        Number(message, (ulong)step);
        Block(message, field, content);
        return message.ToArray();
    }

    static void Block(Stream stream, int field, byte[] content)
    {
        Key(stream, field, Bytes);
        Number(stream, (ulong)content.Length);
        stream.Write(content);
    }

    static void Key(Stream stream, int field, int kind) => Number(stream, (ulong)((field << 3) | kind));

    static void Number(Stream stream, ulong value)
    {
        for (; value > 0x7F; value >>= 7) stream.WriteByte((byte)(value | 0x80));
        stream.WriteByte((byte)value);
    }
}
