using System.Text.Json;
using System.Text.Unicode;

namespace Grafting.Core.Checkpoints;

/// <summary>
/// Strict parser of a safetensors header. Stricter than the reference (huggingface/safetensors, <c>tensor.rs</c>) in that a key
/// given twice is an error: two readers must never see two different tensors in one file.
/// </summary>
static class SafetensorsHeader
{
    /// <summary>Limit of the reference reader.</summary>
    public const int MaxBytes = 100_000_000;

    public const int MaxTensors = 1_000_000;

    const int MaxRank = 64;
    const int MaxDepth = 4;
    const long MaxInteger = 1L << 53;
    const string MetadataKey = "__metadata__";

    public sealed record Content(
        Dictionary<string, TensorEntry> Tensors, Dictionary<string, string> Metadata, List<string> Warnings);

    /// <param name="dataLength">Bytes of the file behind the header; the tensors must fill them exactly.</param>
    /// <param name="file">Named in errors.</param>
    /// <exception cref="GraftException">Of kind <see cref="ErrorKind.Input"/>, naming file, key and byte offset.</exception>
    public static Content Parse(ReadOnlySpan<byte> header, long dataLength, string file)
    {
        if (!Utf8.IsValid(header)) throw Bad(file, FirstInvalidByte(header), "the header is not UTF-8");
        var reader = new Utf8JsonReader(header, new JsonReaderOptions { MaxDepth = MaxDepth });
        var content = new Content([], [], []);
        string? key = null;
        try
        {
            if (header.IsEmpty) throw Bad(file, 0, "the header is empty, expected a JSON object");
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject)
                throw Bad(file, reader.TokenStartIndex, $"the header is a JSON {Kind(reader)}, expected an object");
            if (reader.TokenStartIndex > 0) content.Warnings.Add("the header begins with blanks instead of '{'");

            var hasMetadata = false;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                key = Text(ref reader, file, "the name of a tensor");
                var start = reader.TokenStartIndex;
                if (key == MetadataKey)
                {
                    if (hasMetadata) throw Duplicate(file, start, key, null);
                    hasMetadata = true;
                    ReadMetadata(ref reader, content.Metadata, file);
                }
                else
                {
                    if (content.Tensors.Count == MaxTensors) throw Bad(file, start, $"the header has more than {MaxTensors:N0} tensors");
                    if (!content.Tensors.TryAdd(key, ReadEntry(ref reader, key, content.Warnings, file)))
                        throw Duplicate(file, start, key, null);
                }
                key = null;
            }
            // Fails on anything but JSON white space behind the object.
            reader.Read();
        }
        catch (JsonException error)
        {
            var where = key is null ? "" : $" in the entry of {Printable.Quote(key)}";
            throw Bad(file, reader.BytesConsumed, $"the header is not valid JSON{where}: {Sentence(error)}", error);
        }
        return content with { Tensors = InFileOrder(content.Tensors, dataLength, file) };
    }

    static TensorEntry ReadEntry(ref Utf8JsonReader reader, string name, List<string> warnings, string file)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            throw Bad(file, reader.TokenStartIndex, $"the entry of {Printable.Quote(name)} is a JSON {Kind(reader)}, expected an object");
        var start = reader.TokenStartIndex;
        TensorType? type = null;
        long[]? shape = null;
        (long Begin, long End)? offsets = null;
        Span<long> numbers = stackalloc long[MaxRank];
        HashSet<string>? unknown = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var at = reader.TokenStartIndex;
            // Without a new string for each of the usual keys, of which a header may have millions.
            var plain = reader.ValueIsEscaped ? default : reader.ValueSpan;
            var field = plain.SequenceEqual("dtype"u8) ? "dtype"
                : plain.SequenceEqual("shape"u8) ? "shape"
                : plain.SequenceEqual("data_offsets"u8) ? "data_offsets"
                : Text(ref reader, file, "a key", name);
            reader.Read();
            switch (field)
            {
                case "dtype":
                    if (type is not null) throw Duplicate(file, at, field, name);
                    type = ReadType(ref reader, name, file);
                    break;
                case "shape":
                    if (shape is not null) throw Duplicate(file, at, field, name);
                    shape = numbers[..ReadIntegers(ref reader, numbers, name, field, file)].ToArray();
                    break;
                case "data_offsets":
                    if (offsets is not null) throw Duplicate(file, at, field, name);
                    var count = ReadIntegers(ref reader, numbers[..2], name, field, file);
                    if (count != 2) throw Bad(file, at, $"data_offsets of {Printable.Quote(name)} has {count} numbers, expected 2");
                    offsets = (numbers[0], numbers[1]);
                    break;
                default:
                    if (!(unknown ??= []).Add(field)) throw Duplicate(file, at, field, name);
                    warnings.Add($"unknown key {Printable.Quote(field)} in the entry of {Printable.Quote(name)} is ignored");
                    reader.Skip();
                    break;
            }
        }
        if (type is null || shape is null || offsets is null)
        {
            var missing = type is null ? "dtype" : shape is null ? "shape" : "data_offsets";
            throw Bad(file, start, $"the entry of {Printable.Quote(name)} has no {missing}");
        }
        var entry = new TensorEntry(name, type.Value, shape, offsets.Value.Begin, offsets.Value.End);
        CheckSize(entry, start, file);
        return entry;
    }

    static void CheckSize(TensorEntry entry, long at, string file)
    {
        if (entry.Begin > entry.End)
            throw Bad(file, at, $"data_offsets of {Printable.Quote(entry.Name)} run backwards: [{entry.Begin}, {entry.End}]");
        UInt128 bytes = (UInt128)entry.Type.ByteSize();
        foreach (var size in entry.Shape)
        {
            bytes *= (UInt128)size;
            if (bytes > long.MaxValue)
                throw Bad(file, at, $"the shape [{string.Join(", ", entry.Shape)}] of {Printable.Quote(entry.Name)} overflows 63 bits");
        }
        if (bytes != (UInt128)entry.ByteCount)
            throw Bad(file, at, $"{entry} needs {bytes} bytes, but data_offsets [{entry.Begin}, {entry.End}] span {entry.ByteCount}");
    }

    static TensorType ReadType(ref Utf8JsonReader reader, string name, string file)
    {
        if (reader.TokenType != JsonTokenType.String)
            throw Bad(file, reader.TokenStartIndex, $"dtype of {Printable.Quote(name)} is a JSON {Kind(reader)}, expected a string");
        var text = Text(ref reader, file, "dtype", name);
        return TensorTypes.Parse(text) ?? throw Bad(
            file, reader.TokenStartIndex,
            $"dtype {Printable.Quote(text)} of {Printable.Quote(name)} is not supported; known are "
                + $"{string.Join(", ", Enum.GetValues<TensorType>().Select(t => t.Name()))}");
    }

    /// <returns>How many numbers the array has.</returns>
    static int ReadIntegers(ref Utf8JsonReader reader, scoped Span<long> numbers, string name, string field, string file)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
            throw Bad(file, reader.TokenStartIndex, $"{field} of {Printable.Quote(name)} is a JSON {Kind(reader)}, expected an array");
        var count = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            // Digits only: 1e3, 1.0 and -0 are integers to some parsers and not to others.
            if (reader.TokenType != JsonTokenType.Number || reader.ValueSpan.ContainsAnyExceptInRange((byte)'0', (byte)'9')
                || !reader.TryGetInt64(out var number) || number > MaxInteger)
            {
                var value = reader.TokenType == JsonTokenType.Number
                    ? Printable.Quote(System.Text.Encoding.UTF8.GetString(reader.ValueSpan))
                    : $"a JSON {Kind(reader)}";
                throw Bad(
                    file, reader.TokenStartIndex,
                    $"{field} of {Printable.Quote(name)} holds {value}, expected a whole number between 0 and 2^53 in plain digits");
            }
            if (count == numbers.Length)
                throw Bad(file, reader.TokenStartIndex, $"{field} of {Printable.Quote(name)} has more than {numbers.Length} numbers");
            numbers[count++] = number;
        }
        return count;
    }

    static void ReadMetadata(ref Utf8JsonReader reader, Dictionary<string, string> metadata, string file)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            throw Bad(file, reader.TokenStartIndex, $"{MetadataKey} is a JSON {Kind(reader)}, expected an object");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var at = reader.TokenStartIndex;
            var key = Text(ref reader, file, "a key", MetadataKey);
            reader.Read();
            if (reader.TokenType != JsonTokenType.String)
                throw Bad(
                    file, reader.TokenStartIndex, $"{Printable.Quote(key)} in {MetadataKey} is a JSON {Kind(reader)}, expected a string");
            if (!metadata.TryAdd(key, Text(ref reader, file, "a value", MetadataKey)))
                throw Duplicate(file, at, key, MetadataKey);
        }
    }

    /// <summary>Orders by offset and checks that the tensors cover the data section without overlap, hole or rest.</summary>
    static Dictionary<string, TensorEntry> InFileOrder(Dictionary<string, TensorEntry> tensors, long dataLength, string file)
    {
        var sorted = tensors.Values.ToArray();
        var moved = false;
        for (var i = 1; i < sorted.Length && !moved; i++) moved = ByOffset(sorted[i - 1], sorted[i]) > 0;
        if (moved)
        {
            Array.Sort(sorted, ByOffset);
            tensors = sorted.ToDictionary(entry => entry.Name);
        }
        CheckCover(sorted, dataLength, file);
        return tensors;
    }

    static int ByOffset(TensorEntry a, TensorEntry b) => a.Begin != b.Begin ? a.Begin.CompareTo(b.Begin) : a.End.CompareTo(b.End);

    static void CheckCover(TensorEntry[] sorted, long dataLength, string file)
    {
        var end = 0L;
        TensorEntry? last = null;
        foreach (var entry in sorted)
        {
            if (entry.Begin != end)
            {
                var fault = entry.Begin < end ? "overlaps" : "leaves a hole after";
                throw Fault.Input(
                    $"{file}: {Printable.Quote(entry.Name)} starts at byte {entry.Begin} of the data section and {fault} "
                    + $"{(last is null ? "its start" : Printable.Quote(last.Name))}, which ends at {end}.", Damaged);
            }
            end = entry.End;
            last = entry;
        }
        if (end > dataLength)
        {
            throw Fault.Input(
                $"{file}: {Printable.Quote(last!.Name)} ends at byte {end} of the data section, but the file has only {dataLength} bytes "
                    + $"there; it is truncated by {end - dataLength} bytes.", Damaged);
        }
        if (end < dataLength)
            throw Fault.Input($"{file}: {dataLength - end} bytes behind the last tensor belong to no tensor.", Damaged);
    }

    static string Text(ref Utf8JsonReader reader, string file, string what, string? owner = null)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException error)
        {
            var where = owner is null ? "" : $" of {Printable.Quote(owner)}";
            throw Bad(file, reader.TokenStartIndex, $"{what}{where} holds half of a surrogate pair", error);
        }
    }

    static int FirstInvalidByte(ReadOnlySpan<byte> bytes)
    {
        var at = 0;
        while (System.Text.Rune.DecodeFromUtf8(bytes[at..], out _, out var used) == System.Buffers.OperationStatus.Done) at += used;
        return at;
    }

    static string Kind(Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.StartObject => "object",
        JsonTokenType.StartArray => "array",
        JsonTokenType.String => "string",
        JsonTokenType.Number => "number",
        JsonTokenType.True or JsonTokenType.False => "boolean",
        JsonTokenType.Null => "null",
        _ => "token",
    };

    /// <summary>The reader's own words without its line count, which means nothing in a one-line header.</summary>
    static string Sentence(JsonException error)
    {
        var end = error.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return (end < 0 ? error.Message : error.Message[..end]).TrimEnd('.');
    }

    const string Damaged = "The file is damaged or was not written by a correct safetensors writer; fetch it again.";

    static GraftException Duplicate(string file, long at, string key, string? inside) => Bad(
        file, at, $"the key {Printable.Quote(key)} appears twice{(inside is null ? "" : $" in the entry of {Printable.Quote(inside)}")}");

    /// <param name="at">Offset inside the header; the message gives the offset inside the file.</param>
    static GraftException Bad(string file, long at, string what, Exception? inner = null) =>
        Fault.Input($"{file}: {what} (byte {at + sizeof(long)}).", Damaged, inner);
}
