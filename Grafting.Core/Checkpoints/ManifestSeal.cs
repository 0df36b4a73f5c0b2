using System.Text;
using System.Text.Json;

namespace Grafting.Core.Checkpoints;

/// <summary>
/// The digest that <c>graft.json</c> carries of itself, last in the file: SHA-256 of its bytes with the digest's own 64 digits written as
/// zeros. It covers what the digests of the other files do not: origin, sources, details, and those digests.
/// </summary>
static class ManifestSeal
{
    public const string Key = "manifest_sha256";

    const int Digits = 64;

    /// <summary>The fields of manifests that were written before there was a seal.</summary>
    static readonly string[] Unsealed = ["schema", "kind", "made_by", "sources", "files", "details"];

    static ReadOnlySpan<byte> Marker => "\"manifest_sha256\": \""u8;

    /// <summary>What stands in place of the digest while it is computed.</summary>
    public static string Open { get; } = new('0', Digits);

    /// <param name="json">With <see cref="Open"/> as the last field.</param>
    public static string Close(string json)
    {
        var bytes = Encoding.UTF8.GetBytes(json);
        var place = Place(bytes)!.Value;
        Encoding.ASCII.GetBytes(Digests.Sha256(bytes), bytes.AsSpan(place, Digits));
        return Encoding.UTF8.GetString(bytes);
    }

    /// <returns>What is wrong, or null where the seal holds, or where an older version wrote none.</returns>
    public static string? Problem(ReadOnlySpan<byte> file)
    {
        if (Place(file) is not { } place)
        {
            var root = JsonElement.Parse(file);
            return root.EnumerateObject().FirstOrDefault(
                field => !Unsealed.Contains(field.Name)) is { Value.ValueKind: not JsonValueKind.Undefined } odd
                ? $"is damaged: nothing that this program writes has the field {Printable.Quote(odd.Name)} there."
                : null;
        }
        var opened = file.ToArray();
        var digest = Encoding.ASCII.GetString(file.Slice(place, Digits));
        opened.AsSpan(place, Digits).Fill((byte)'0');
        var actual = Digests.Sha256(opened);
        return actual == digest
            ? null
            : $"is damaged: its SHA-256, with zeros for {Key}, is {actual}, and {Key} says {Printable.Quote(digest)}.";
    }

    /// <summary>Whether an older version, which wrote no seal, made the file.</summary>
    public static bool IsAbsent(ReadOnlySpan<byte> file) => Place(file) is null;

    static int? Place(ReadOnlySpan<byte> file)
    {
        var marker = file.LastIndexOf(Marker);
        if (marker < 0 || marker + Marker.Length + Digits > file.Length) return null;
        return marker + Marker.Length;
    }
}
