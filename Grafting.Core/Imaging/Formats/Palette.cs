namespace Grafting.Core.Imaging.Formats;

/// <summary>256 colours; entries that a file leaves out are a grey ramp, as in Pillow 9 (they are black in later ones).</summary>
sealed class Palette
{
    readonly byte[] _colours = new byte[768];

    public Palette()
    {
        for (int i = 0; i < 256; i++) Set(i, (byte)i, (byte)i, (byte)i);
    }

    /// <summary>The levels of grey that so many bits tell apart, from black to white.</summary>
    public static Palette Grey(int bits)
    {
        var palette = new Palette();
        int white = (1 << bits) - 1;
        for (int i = 0; i <= white; i++)
        {
            byte level = (byte)(255 * i / white);
            palette.Set(i, level, level, level);
        }
        return palette;
    }

    public void Set(int index, byte red, byte green, byte blue) =>
        (_colours[3 * index], _colours[3 * index + 1], _colours[3 * index + 2]) = (red, green, blue);

    public byte[] ToRgb(ReadOnlySpan<byte> indices)
    {
        var pixels = GC.AllocateUninitializedArray<byte>(3 * indices.Length);
        Paint(indices, 8, pixels);
        return pixels;
    }

    /// <param name="packed">Indices of so many bits each, the first one in the highest bits of a byte.</param>
    /// <param name="rgb">Receives the colours of as many as it has room for.</param>
    public void Paint(ReadOnlySpan<byte> packed, int bits, Span<byte> rgb)
    {
        int perByte = 8 / bits, mask = (1 << bits) - 1;
        for (int x = 0, i = 0; i < rgb.Length; x++, i += 3)
        {
            int index = packed[x / perByte] >> 8 - bits * (x % perByte + 1) & mask;
            (rgb[i], rgb[i + 1], rgb[i + 2]) = (_colours[3 * index], _colours[3 * index + 1], _colours[3 * index + 2]);
        }
    }
}
