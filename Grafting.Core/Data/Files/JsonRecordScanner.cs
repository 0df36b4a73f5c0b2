using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;

namespace Grafting.Core.Data.Files;

/// <summary>A JSON value of a data file and where it stands.</summary>
/// <param name="Offset">Byte offset in the file.</param>
/// <param name="Length">In bytes.</param>
/// <param name="Line">From 1.</param>
sealed record JsonRecord(long Offset, int Length, long Line, JsonDocument Document, UInt128 Digest);

/// <summary>
/// Walks through the elements of a JSON array, or through the values of a JSON Lines file, in one pass and with memory for one
/// element, whatever the size of the file.
/// </summary>
sealed class JsonRecordScanner(string path, Stream stream)
{
    const int MaxRecordBytes = 64 << 20;

    static readonly JsonReaderOptions s_options = new() { AllowMultipleValues = true, MaxDepth = 64 };

    readonly IncrementalHash _digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    byte[] _buffer = new byte[1 << 20];
    JsonReaderState _state = new(s_options);
    long _bufferOffset;
    int _start, _end;
    long _line = 1;
    bool _final;

    /// <summary>SHA-256 of the whole file, once all records have been read.</summary>
    public string Digest { get; private set; } = "";

    /// <exception cref="GraftException">Of kind <see cref="ErrorKind.Input"/>: a syntax error, by line and column.</exception>
    public IEnumerable<JsonRecord> Records()
    {
        SkipByteOrderMark();
        bool inArray = false, ended = false;
        while (Next(ref inArray, ref ended) is { } record) yield return record;
        Digest = Convert.ToHexStringLower(_digest.GetHashAndReset());
    }

    JsonRecord? Next(ref bool inArray, ref bool ended)
    {
        while (true)
        {
            var reader = new Utf8JsonReader(_buffer.AsSpan(_start, _end - _start), _final, _state);
            try
            {
                if (!reader.Read())
                {
                    if (_final) return null;
                    Refill();
                    continue;
                }
                int start = (int)reader.TokenStartIndex;
                long line = _line + _buffer.AsSpan(_start, start).Count((byte)'\n');
                if (ended) throw Syntax("there is more text behind the end of the array", line, null);
                if (!inArray && reader.TokenType == JsonTokenType.StartArray)
                {
                    inArray = true;
                    Consume(reader);
                    continue;
                }
                if (reader.TokenType == JsonTokenType.EndArray)
                {
                    ended = true;
                    Consume(reader);
                    continue;
                }
                if (!JsonDocument.TryParseValue(ref reader, out var document))
                {
                    Refill();
                    continue;
                }
                int length = (int)reader.BytesConsumed - start;
                var bytes = _buffer.AsSpan(_start + start, length);
                var record = new JsonRecord(_bufferOffset + _start + start, length, line, document, Hash(bytes));
                Consume(reader);
                return record;
            }
            catch (JsonException error)
            {
                throw Syntax(error.Message, (error.LineNumber ?? 0) + 1, error);
            }
        }
    }

    GraftException Syntax(string message, long line, JsonException? error)
    {
        // The reader appends the position in words of its own; ours counts from 1.
        int own = message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        var column = error?.BytePositionInLine is { } position ? $", column {position + 1}" : "";
        return Fault.Input(
            $"{path}: line {line}{column}: not valid JSON: {(own < 0 ? message : message[..own])}",
            "Expected is an array of samples, or one sample per line.", error);
    }

    void Consume(Utf8JsonReader reader)
    {
        int consumed = (int)reader.BytesConsumed;
        _line += _buffer.AsSpan(_start, consumed).Count((byte)'\n');
        _start += consumed;
        _state = reader.CurrentState;
    }

    void SkipByteOrderMark()
    {
        Refill();
        if (_buffer.AsSpan(_start, _end - _start).StartsWith("\uFEFF"u8)) _start += 3;
    }

    void Refill()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _bufferOffset += _start;
            (_start, _end) = (0, _end - _start);
        }
        if (_end == _buffer.Length)
        {
            if (_buffer.Length >= MaxRecordBytes)
                throw Fault.Input(
                    $"{path}: the sample at line {_line + BlanksAhead().Count((byte)'\n')} is larger than {MaxRecordBytes} bytes.",
                    "Split it up.");
            Array.Resize(ref _buffer, 2 * _buffer.Length);
        }
        int read = stream.Read(_buffer, _end, _buffer.Length - _end);
        _digest.AppendData(_buffer, _end, read);
        _end += read;
        _final = read == 0;
    }

    /// <summary>What stands between the record before and the next.</summary>
    ReadOnlySpan<byte> BlanksAhead()
    {
        var ahead = _buffer.AsSpan(_start, _end - _start);
        return ahead[..^ahead.TrimStart(" \t\r\n,"u8).Length];
    }

    public static UInt128 Hash(ReadOnlySpan<byte> bytes)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, digest);
        return BinaryPrimitives.ReadUInt128LittleEndian(digest);
    }
}
