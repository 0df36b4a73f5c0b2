using System.Runtime.Intrinsics;

namespace Grafting.Core.Imaging.Codecs.Jpeg;

/// <summary>How the components of a picture are to be understood.</summary>
enum ColourSpace
{
    Grey,
    Rgb,
    YCbCr,
    Cmyk,
    Ycck,
}

/// <summary>Rows of components to rows of red, green and blue.</summary>
static class Colours
{
    const int FractionBits = 16;
    const int Half = 1 << FractionBits - 1;
    const int Middle = 128;

    // Shares of the colour differences (T.871), in 1/65536.
    const int RedOfCr = 91881, GreenOfCb = 22554, GreenOfCr = 46802, BlueOfCb = 116130;

    const int Step = 8;

    // A vector of pixels without their empty fourth bytes.
    static readonly Vector128<byte> s_dense = Vector128.Create((byte)0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 255, 255, 255, 255);

    /// <summary>libjpeg's guess: JFIF's segment, then Adobe's, then the components' numbers.</summary>
    public static ColourSpace Guess(Frame frame, bool jfif, int? adobeTransform) => frame.Components.Length switch
    {
        1 => ColourSpace.Grey,
        4 => adobeTransform is null or 0 ? ColourSpace.Cmyk : ColourSpace.Ycck,
        _ when jfif => ColourSpace.YCbCr,
        _ when adobeTransform is { } transform => transform == 0 ? ColourSpace.Rgb : ColourSpace.YCbCr,
        _ => frame.Components.Select(component => component.Id).SequenceEqual("RGB"u8.ToArray().Select(letter => (int)letter))
            ? ColourSpace.Rgb
            : ColourSpace.YCbCr,
    };

    public static void Grey(ReadOnlySpan<byte> grey, Span<byte> rgb)
    {
        for (int x = 0, at = 0; at < rgb.Length; x++, at += 3) rgb[at] = rgb[at + 1] = rgb[at + 2] = grey[x];
    }

    /// <param name="flip">255 where the components are inks, 0 where they are lights.</param>
    public static void Interleave(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third, Span<byte> rgb, int flip)
    {
        for (int x = 0, at = 0; at < rgb.Length; x++, at += 3)
            (rgb[at], rgb[at + 1], rgb[at + 2]) = ((byte)(first[x] ^ flip), (byte)(second[x] ^ flip), (byte)(third[x] ^ flip));
    }

    public static void FromYCbCr(ReadOnlySpan<byte> luma, ReadOnlySpan<byte> blueness, ReadOnlySpan<byte> redness, Span<byte> rgb)
    {
        int width = rgb.Length / 3, x = 0;
        // The last vector writes four bytes beyond its pixels, for which there must be room.
        for (; x + Step + 2 <= width; x += Step)
        {
            var (y, cb, cr) = (Load(luma, x), Load(blueness, x) - Vector256.Create(Middle), Load(redness, x) - Vector256.Create(Middle));
            var half = Vector256.Create(Half);
            var red = Limit(y + (cr * RedOfCr + half >> FractionBits));
            var green = Limit(y + (half - cb * GreenOfCb - cr * GreenOfCr >> FractionBits));
            var blue = Limit(y + (cb * BlueOfCb + half >> FractionBits));
            var pixels = (red | green << 8 | blue << 16).AsByte();
            Vector128.Shuffle(pixels.GetLower(), s_dense).CopyTo(rgb[(3 * x)..]);
            Vector128.Shuffle(pixels.GetUpper(), s_dense).CopyTo(rgb[(3 * x + 12)..]);
        }
        for (; x < width; x++)
        {
            int y = luma[x], cb = blueness[x] - Middle, cr = redness[x] - Middle;
            rgb[3 * x] = Limit(y + (cr * RedOfCr + Half >> FractionBits));
            rgb[3 * x + 1] = Limit(y + (Half - cb * GreenOfCb - cr * GreenOfCr >> FractionBits));
            rgb[3 * x + 2] = Limit(y + (cb * BlueOfCb + Half >> FractionBits));
        }
    }

    /// <summary>Takes the light that black ink leaves, as Pillow does without a profile. Files hold inks inverted, as Adobe writes them.</summary>
    /// <param name="rgb">The other three as they came from the file, inverted once: what becomes red, green and blue here.</param>
    public static void Blacken(Span<byte> rgb, ReadOnlySpan<byte> light)
    {
        for (int x = 0, at = 0; at < rgb.Length; x++)
        {
            for (int end = at + 3; at < end; at++)
            {
                int product = rgb[at] * light[x] + 128;
                rgb[at] = (byte)Math.Max(light[x] - (product + (product >> 8) >> 8), 0);
            }
        }
    }

    static Vector256<int> Load(ReadOnlySpan<byte> samples, int x)
    {
        var words = Vector128.WidenLower(Vector128.CreateScalarUnsafe(BitConverter.ToUInt64(samples.Slice(x, Step))).AsByte());
        return Vector256.Create(Vector128.WidenLower(words), Vector128.WidenUpper(words)).AsInt32();
    }

    static Vector256<int> Limit(Vector256<int> values) => Vector256.Clamp(values, Vector256<int>.Zero, Vector256.Create(255));

    static byte Limit(int value) => (byte)Math.Clamp(value, 0, 255);
}
