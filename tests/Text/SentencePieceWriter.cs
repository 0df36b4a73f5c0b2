using System.Text;

namespace Grafting.Tests.Text;

/// <summary>Writes tokenizer.model files, for tests of the reader: a second, independent knowledge of the format.</summary>
sealed class SentencePieceWriter
{
    readonly List<byte> _model = [];

    public SentencePieceWriter Piece(string text, float score, int kind = 1)
    {
        using MemoryStream piece = new();
        Bytes(piece, 1, Encoding.UTF8.GetBytes(text));
        piece.WriteByte(2 << 3 | 5);
        piece.Write(BitConverter.GetBytes(score));
        Number(piece, 3, kind);
        return Append(1, piece);
    }

    /// <param name="settings">Field and value.</param>
    public SentencePieceWriter Trainer(params (int Field, long Value)[] settings) => Message(2, settings);

    public SentencePieceWriter Normalizer(params (int Field, long Value)[] settings) => Message(3, settings);

    public SentencePieceWriter Normalizer(byte[] map, params (int Field, long Value)[] settings)
    {
        using MemoryStream message = new();
        Bytes(message, 2, map);
        foreach (var (field, value) in settings) Number(message, field, value);
        return Append(3, message);
    }

    public byte[] Done() => [.. _model];

    SentencePieceWriter Message(int number, (int Field, long Value)[] settings)
    {
        using MemoryStream message = new();
        foreach (var (field, value) in settings) Number(message, field, value);
        // A field that no reader of ours needs, of each of the other kinds.
        Bytes(message, 900, [1, 2, 3]);
        Varint(message, 901 << 3 | 1);
        message.Write(new byte[8]);
        return Append(number, message);
    }

    SentencePieceWriter Append(int field, MemoryStream message)
    {
        using MemoryStream whole = new();
        Bytes(whole, field, message.ToArray());
        _model.AddRange(whole.ToArray());
        return this;
    }

    static void Number(Stream stream, int field, long value)
    {
        Varint(stream, (ulong)field << 3);
        Varint(stream, (ulong)value);
    }

    static void Bytes(Stream stream, int field, byte[] bytes)
    {
        Varint(stream, (ulong)field << 3 | 2);
        Varint(stream, (ulong)bytes.Length);
        stream.Write(bytes);
    }

    static void Varint(Stream stream, ulong value)
    {
        for (; value >= 0x80; value >>= 7) stream.WriteByte((byte)(value | 0x80));
        stream.WriteByte((byte)value);
    }
}
