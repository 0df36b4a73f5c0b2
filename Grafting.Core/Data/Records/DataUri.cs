using System.Buffers.Text;

namespace Grafting.Core.Data.Records;

/// <summary>A picture inside an address: <c>data:image/png;base64,…</c> (RFC 2397).</summary>
static class DataUri
{
    /// <returns>Why it holds no picture, or null.</returns>
    public static string? Fault(string uri)
    {
        var comma = uri.IndexOf(',', StringComparison.Ordinal);
        if (comma < 0 || !uri.AsSpan(0, comma).EndsWith(";base64", StringComparison.OrdinalIgnoreCase))
            return $"is {Printable.Quote(uri[..Math.Min(uri.Length, 40)])}…; data:image/…;base64,… was expected";
        if (!Base64.IsValid(uri.AsSpan(comma + 1), out var length)) return "is not valid base64";
        return length == 0 ? "is empty (0 bytes)" : null;
    }

    /// <param name="uri">One without fault.</param>
    public static byte[] Decode(string uri) => Convert.FromBase64String(uri[(uri.IndexOf(',', StringComparison.Ordinal) + 1)..]);
}
