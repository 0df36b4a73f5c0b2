using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Grafting.Core.Checkpoints;

/// <summary>
/// Writes safetensors files that are byte-identical with those of the reference (huggingface/safetensors <c>tensor.rs</c>, <c>prepare</c>)
/// for the same tensors: types by falling alignment, then names by code points; compact header, padded with spaces to 8 bytes.
/// Several metadata entries, whose order the reference leaves to chance, are sorted.
/// </summary>
public static class SafetensorsWriter
{
    /// <summary>Appears whole or not at all, and is on disk when this returns.</summary>
    /// <exception cref="GraftException">Of kind <see cref="ErrorKind.Resources"/> when it cannot be written.</exception>
    /// <exception cref="ArgumentException">For tensors that a reader would refuse, or whose bytes do not match their shape.</exception>
    /// <returns>Size and digest of the file, and the digest of every tensor.</returns>
    public static FileStamp Write(
        string path, IEnumerable<TensorSource> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        var ordered = InFileOrder(tensors);
        var header = Header(ordered, metadata);
        FileStamp? stamp = null;
        AtomicFile.Write(path, file =>
        {
            using var stream = new StampingStream(file);
            stream.Write(header);
            stream.FinishPart();
            var digests = new Dictionary<string, string>();
            foreach (var tensor in ordered)
            {
                var start = stream.Count;
                tensor.Write(stream);
                if (stream.Count - start != tensor.ByteCount)
                {
                    throw new ArgumentException(
                        $"{Printable.Quote(tensor.Name)} wrote {stream.Count - start} bytes, its type and shape ask for {tensor.ByteCount}",
                        nameof(tensors));
                }
                digests.Add(tensor.Name, stream.FinishPart());
            }
            stamp = stream.Finish() with { Tensors = digests };
        });
        return stamp!;
    }

    /// <summary>The order of the tensors in the file.</summary>
    /// <exception cref="ArgumentException">For names that a reader would refuse.</exception>
    public static IReadOnlyList<TensorSource> InFileOrder(IEnumerable<TensorSource> tensors)
    {
        var names = new HashSet<string>();
        var ordered = new List<TensorSource>();
        foreach (var tensor in tensors)
        {
            CheckName(tensor.Name);
            if (!names.Add(tensor.Name))
                throw new ArgumentException($"two tensors are called {Printable.Quote(tensor.Name)}", nameof(tensors));
            ordered.Add(tensor);
        }
        if (ordered.Count > SafetensorsHeader.MaxTensors)
            throw new ArgumentException($"{ordered.Count} tensors are too many for a file", nameof(tensors));
        ordered.Sort((a, b) =>
        {
            var byType = Rank(b.Type).CompareTo(Rank(a.Type));
            return byType != 0 ? byType : ByCodePoints(a.Name, b.Name);
        });
        return ordered;
    }

    /// <summary>Length prefix, JSON and padding: everything in front of the data.</summary>
    static byte[] Header(IReadOnlyList<TensorSource> ordered, IReadOnlyDictionary<string, string>? metadata)
    {
        var json = new StringBuilder("{");
        if (metadata is not null)
        {
            json.Append("\"__metadata__\":{");
            var first = true;
            foreach (var (key, value) in metadata.OrderBy(pair => pair.Key, Comparer<string>.Create(ByCodePoints)))
            {
                if (!first) json.Append(',');
                first = false;
                AppendString(json, key);
                json.Append(':');
                AppendString(json, value);
            }
            json.Append('}');
        }
        var offset = 0L;
        foreach (var tensor in ordered)
        {
            if (json.Length > 1) json.Append(',');
            var end = checked(offset + tensor.ByteCount);
            AppendString(json, tensor.Name);
            json.Append(
                CultureInfo.InvariantCulture, $":{{\"dtype\":\"{tensor.Type.Name()}\",\"shape\":[{string.Join(',', tensor.Shape)}],")
                .Append(CultureInfo.InvariantCulture, $"\"data_offsets\":[{offset},{end}]}}");
            offset = end;
        }
        json.Append('}');

        var length = Encoding.UTF8.GetByteCount(json.ToString());
        var padded = (length + 7) / 8 * 8;
        if (padded > SafetensorsHeader.MaxBytes)
            throw new ArgumentException($"the header would have {padded} bytes, more than a reader accepts");
        var header = new byte[sizeof(ulong) + padded];
        BinaryPrimitives.WriteUInt64LittleEndian(header, (ulong)padded);
        Encoding.UTF8.GetBytes(json.ToString(), header.AsSpan(sizeof(ulong)));
        header.AsSpan(sizeof(ulong) + length).Fill((byte)' ');
        return header;
    }

    /// <summary>Rank in the reference's list of types, which it keeps in order of alignment.</summary>
    static int Rank(TensorType type) => type switch
    {
        TensorType.Bool => 0,
        TensorType.U8 => 1,
        TensorType.I8 => 2,
        TensorType.I16 => 3,
        TensorType.F16 => 4,
        TensorType.BF16 => 5,
        TensorType.I32 => 6,
        TensorType.F32 => 7,
        TensorType.F64 => 8,
        TensorType.I64 => 9,
        _ => Fault.Unreachable<int>(type),
    };

    /// <summary>The order of the UTF-8 bytes, in which surrogate pairs come after all other characters.</summary>
    static int ByCodePoints(string a, string b)
    {
        var common = a.AsSpan().CommonPrefixLength(b);
        if (common == a.Length || common == b.Length) return a.Length.CompareTo(b.Length);
        var (x, y) = (a[common], b[common]);
        return char.IsSurrogate(x) == char.IsSurrogate(y) ? x.CompareTo(y) : char.IsSurrogate(x) ? 1 : -1;
    }

    static void CheckName(string name)
    {
        if (name == "__metadata__") throw new ArgumentException("a tensor cannot be called __metadata__");
        for (var i = 0; i < name.Length; i++)
        {
            if (!char.IsSurrogate(name[i])) continue;
            if (!char.IsSurrogatePair(name, i))
                throw new ArgumentException($"the name {Printable.Quote(name)} holds half of a surrogate pair");
            i++;
        }
    }

    /// <summary>JSON as the reference writes it: only quotes, backslashes and control characters are escaped.</summary>
    static void AppendString(StringBuilder json, string text)
    {
        json.Append('"');
        foreach (var c in text)
        {
            _ = c switch
            {
                '"' => json.Append("\\\""),
                '\\' => json.Append("\\\\"),
                '\b' => json.Append("\\b"),
                '\t' => json.Append("\\t"),
                '\n' => json.Append("\\n"),
                '\f' => json.Append("\\f"),
                '\r' => json.Append("\\r"),
                < ' ' => json.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => json.Append(c),
            };
        }
        json.Append('"');
    }
}
