namespace Grafting.Core.Imaging.Formats;

/// <summary>
/// Finds the orientation in an XMP packet, which is XML: as an attribute or as an element. The text is searched, not parsed, as Pillow
/// does.
/// </summary>
static class Xmp
{
    /// <returns>1 to 8; null where the packet does not say.</returns>
    public static int? Orientation(ReadOnlySpan<byte> packet)
    {
        while (packet.IndexOf("tiff:Orientation"u8) is >= 0 and var at)
        {
            packet = packet[(at + "tiff:Orientation".Length)..];
            int skip = packet.StartsWith("=\""u8) ? 2 : packet.StartsWith(">"u8) ? 1 : 0;
            if (skip == 0 || packet.Length <= skip || packet[skip] is < (byte)'0' or > (byte)'9') continue;
            int value = packet[skip] - '0';
            return value is >= 1 and <= 8 ? value : 1;
        }
        return null;
    }
}
