using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Grafting.Core.Data.Records;

namespace Grafting.Core.Data.Tar;

/// <summary>The members of one key.</summary>
sealed class TarSample(string key)
{
    const int MostText = 64 << 20;

    static readonly HashSet<string> s_pictures = new(["jpg", "jpeg", "png", "webp", "gif", "bmp"], StringComparer.OrdinalIgnoreCase);

    /// <summary>Fields that hold the text, in the order in which they are looked for, and what a record calls it.</summary>
    static readonly (string Field, string Record)[] s_texts = [("json", ""), ("txt", "caption"), ("caption", "caption"), ("cls", "label")];

    readonly Dictionary<string, TarMember> _fields = new(StringComparer.Ordinal);

    public string Key => key;

    /// <summary>In the order of the archive.</summary>
    public List<(string Field, TarMember Member)> Pictures { get; } = [];

    /// <summary>Members that are neither pictures nor texts.</summary>
    public int Unused => _fields.Keys.Count(name => !IsPicture(name) && !s_texts.Any(text => text.Field == name));

    /// <summary>Why the members are no sample.</summary>
    public Reading? Fault { get; private set; }

    /// <returns>Null for a name without key or field, and for those that WebDataset sets aside (<c>__…__</c>).</returns>
    public static (string Key, string Field)? Split(string name)
    {
        var last = name.LastIndexOf('/') + 1;
        var dot = name.IndexOf('.', last);
        if (dot <= last || dot == name.Length - 1 || name.AsSpan(last) is ['_', '_', .., '_', '_']) return null;
        return (name[..dot], name[(dot + 1)..]);
    }

    public void Add(string field, TarMember member)
    {
        // No path is made of it, but whoever wrote it meant one.
        if (key.StartsWith('/') || key.Split('/').Contains(".."))
            Fault ??= Reading.Bad(BadSampleReason.PictureOutside, $"its member {Printable.Quote(member.Name)} leads out of the archive");
        if (!_fields.TryAdd(field, member))
            Fault ??= Reading.Bad(BadSampleReason.Malformed, $"has the field {Printable.Quote(field)} twice");
        else if (IsPicture(field)) Pictures.Add((field, member));
    }

    public Reading Read(Func<TarMember, byte[]> content, PictureNames pictures)
    {
        foreach (var (field, name) in s_texts)
        {
            if (!_fields.TryGetValue(field, out var member)) continue;
            if (member.Length > MostText)
                return Reading.Bad(BadSampleReason.Malformed, $"its {field} has {member.Length} bytes; {MostText} are read");
            return Read(name, content(member), pictures);
        }
        var (known, found) = (
            string.Join(", ", s_texts.Select(text => text.Field)), string.Join(", ", _fields.Keys.Take(5).Select(Printable.Quote)));
        return Reading.Bad(BadSampleReason.NoConversation, $"has no text: none of the fields {known} (it has {found})");
    }

    Reading Read(string name, byte[] text, PictureNames pictures)
    {
        try
        {
            var bytes = name.Length == 0
                ? text
                : JsonSerializer.SerializeToUtf8Bytes(new JsonObject { [name] = new UTF8Encoding(false, true).GetString(text).Trim() });
            using var document = JsonDocument.Parse(bytes);
            return AttachedRecord.Read(document.RootElement, key, Pictures.Count, pictures);
        }
        catch (JsonException error)
        {
            return Reading.Bad(
                BadSampleReason.Malformed, $"its json is not valid: line {error.LineNumber + 1}, column {error.BytePositionInLine + 1}");
        }
        catch (DecoderFallbackException)
        {
            return Reading.Bad(BadSampleReason.Malformed, "its text is not valid UTF-8");
        }
    }

    static bool IsPicture(string field) => s_pictures.Contains(field[(field.LastIndexOf('.') + 1)..]);
}
