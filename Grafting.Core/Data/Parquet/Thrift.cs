using System.Text;

namespace Grafting.Core.Data.Parquet;

/// <summary>
/// A structure of Thrift's compact protocol by the numbers of its fields. Which field is what, Parquet's format says (parquet.thrift).
/// </summary>
sealed class ThriftStruct
{
    readonly Dictionary<int, object> _fields = [];

    internal void Set(int id, object value) => _fields[id] = value;

    /// <summary>A whole number, or 0 and 1 for a flag; null where the field is absent.</summary>
    public long? Number(int id) => _fields.GetValueOrDefault(id) as long?;

    public ThriftStruct? Struct(int id) => _fields.GetValueOrDefault(id) as ThriftStruct;

    public IReadOnlyList<object> List(int id) => _fields.GetValueOrDefault(id) as List<object> ?? [];

    public IEnumerable<ThriftStruct> Structs(int id) => List(id).OfType<ThriftStruct>();

    public string? Text(int id) => _fields.GetValueOrDefault(id) is ReadOnlyMemory<byte> bytes ? Encoding.UTF8.GetString(bytes.Span) : null;

    /// <exception cref="InvalidDataException">The field is absent, or outside [0, most].</exception>
    public int Required(int id, string what, int most = int.MaxValue) => (int)RequiredLong(id, what, most);

    /// <inheritdoc cref="Required"/>
    public long RequiredLong(int id, string what, long most = long.MaxValue) => Number(id) switch
    {
        null => throw new InvalidDataException($"{what} is missing"),
        var value when value < 0 || value > most => throw new InvalidDataException($"{what} is {value}; it must be between 0 and {most}"),
        var value => value.Value,
    };
}

/// <summary>Reads Thrift's compact protocol from bytes that are not trusted.</summary>
sealed class ThriftReader(ReadOnlyMemory<byte> data)
{
    const int MostDepth = 16;

    /// <summary>Bytes read so far.</summary>
    public int At { get; private set; }

    /// <exception cref="InvalidDataException">Malformed.</exception>
    /// <exception cref="EndOfStreamException">It goes on behind the data.</exception>
    public ThriftStruct ReadStruct(int depth = 0)
    {
        if (depth > MostDepth) throw new InvalidDataException($"its metadata are nested more than {MostDepth} deep");
        var (result, id) = (new ThriftStruct(), 0);
        while (true)
        {
            var head = Byte();
            var type = head & 15;
            if (type == 0) return result;
            id = head >> 4 is var delta and not 0 ? id + delta : (int)ZigZag();
            // A flag's value is its type.
            result.Set(id, type is 1 or 2 ? (type == 1 ? 1L : 0L) : Value(type, depth));
        }
    }

    object Value(int type, int depth)
    {
        switch (type)
        {
            case 1 or 2:
                return Byte() == 1 ? 1L : 0L;
            case 3:
                return (long)(sbyte)Byte();
            case 4 or 5 or 6:
                return ZigZag();
            case 7:
                return BitConverter.ToDouble(Take(8).Span);
            case 8:
                return Take(Length());
            case 9 or 10:
                var head = Byte();
                var count = head >> 4 == 15 ? Length() : head >> 4;
                var items = new List<object>(Math.Min(count, 1024));
                for (var i = 0; i < count; i++) items.Add((head & 15) == 12 ? ReadStruct(depth + 1) : Value(head & 15, depth + 1));
                return items;
            case 11:
                var pairs = Length();
                if (pairs == 0) return new List<object>();
                var types = Byte();
                for (var i = 0; i < pairs; i++) (_, _) = (Value(types >> 4, depth + 1), Value(types & 15, depth + 1));
                return new List<object>();
            case 12:
                return ReadStruct(depth + 1);
            default:
                throw new InvalidDataException($"its metadata have a field of the unknown type {type}");
        }
    }

    byte Byte() => Take(1).Span[0];

    ReadOnlyMemory<byte> Take(int count)
    {
        if (count > data.Length - At) throw new EndOfStreamException("its metadata end too early");
        var taken = data.Slice(At, count);
        At += count;
        return taken;
    }

    int Length()
    {
        var length = VarInt();
        return length <= int.MaxValue ? (int)length : throw new InvalidDataException($"its metadata have a list of {length} items");
    }

    long ZigZag()
    {
        var value = VarInt();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    ulong VarInt()
    {
        var value = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var part = Byte();
            value |= (ulong)(part & 127) << shift;
            if (part < 128) return value;
        }
        throw new InvalidDataException("its metadata have a number of more than 64 bits");
    }
}
