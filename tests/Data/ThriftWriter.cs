using System.Text;

namespace Grafting.Tests.Data;

/// <summary>Writes Thrift's compact protocol, as far as Parquet's metadata need it.</summary>
static class ThriftWriter
{
    /// <param name="fields">
    /// Numbered from 1, rising; an int is an i32, a long an i64; nested structures are bytes of this method in a <see cref="Nested"/>.
    /// </param>
    public static byte[] Struct(params (int Id, object? Value)[] fields)
    {
        var bytes = new List<byte>();
        var last = 0;
        foreach (var (id, value) in fields.Where(field => field.Value is not null))
        {
            bytes.Add((byte)(((id - last) << 4) | TypeOf(value!)));
            last = id;
            if (value is not bool) bytes.AddRange(Value(value!));
        }
        bytes.Add(0);
        return [.. bytes];
    }

    public sealed record Nested(byte[] Bytes);

    public static void VarInt(List<byte> bytes, ulong value)
    {
        for (; value > 127; value >>= 7) bytes.Add((byte)(value | 128));
        bytes.Add((byte)value);
    }

    static int TypeOf(object value) => value switch
    {
        true => 1,
        false => 2,
        int => 5,
        long => 6,
        string => 8,
        object[] => 9,
        Nested => 12,
        _ => throw new ArgumentException($"{value}"),
    };

    static byte[] Value(object value)
    {
        var bytes = new List<byte>();
        switch (value)
        {
            case int or long:
                var number = Convert.ToInt64(value, null);
                VarInt(bytes, (ulong)((number << 1) ^ (number >> 63)));
                break;
            case string text:
                VarInt(bytes, (ulong)Encoding.UTF8.GetByteCount(text));
                bytes.AddRange(Encoding.UTF8.GetBytes(text));
                break;
            case object[] items:
                var type = items.Length == 0 ? 12 : TypeOf(items[0]);
                if (items.Length < 15) bytes.Add((byte)((items.Length << 4) | type));
                else
                {
                    bytes.Add((byte)(0xF0 | type));
                    VarInt(bytes, (ulong)items.Length);
                }
                foreach (var item in items) bytes.AddRange(Value(item));
                break;
            case Nested nested:
                bytes.AddRange(nested.Bytes);
                break;
        }
        return [.. bytes];
    }
}
