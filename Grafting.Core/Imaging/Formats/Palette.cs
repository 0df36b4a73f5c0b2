namespace Grafting.Core.Imaging.Formats;

/// <summary>256 colours; entries that a file leaves out are a grey ramp, as in Pillow.</summary>
sealed class Palette
{
    readonly byte[] _colours = new byte[768];

    public Palette()
    {
        for (int i = 0; i < 256; i++) Set(i, (byte)i, (byte)i, (byte)i);
    }

    public void Set(int index, byte red, byte green, byte blue) =>
        (_colours[3 * index], _colours[3 * index + 1], _colours[3 * index + 2]) = (red, green, blue);

    public byte[] ToRgb(ReadOnlySpan<byte> indices)
    {
        var pixels = GC.AllocateUninitializedArray<byte>(3 * indices.Length);
        for (int i = 0; i < indices.Length; i++) _colours.AsSpan(3 * indices[i], 3).CopyTo(pixels.AsSpan(3 * i));
        return pixels;
    }
}
