namespace Grafting.Core.Imaging.Formats;

/// <summary>BMP's run-length compression: runs, literal stretches and jumps; pixels that are jumped over keep index 0.</summary>
static class BmpRunLength
{
    const byte EndOfLine = 0, EndOfPicture = 1, Jump = 2;

    /// <param name="indices">Width · height palette indices in the order of the file: bottom row first.</param>
    public static void Decode(ref ByteReader reader, int width, int height, bool fourBits, Span<byte> indices)
    {
        int x = 0, y = 0;
        while (y < height)
        {
            byte count = reader.Byte(), value = reader.Byte();
            if (count > 0)
            {
                for (int i = 0; i < count; i++)
                    Put(indices, width, x++, y, fourBits ? (byte)(i % 2 == 0 ? value >> 4 : value & 15) : value);
            }
            else if (value == EndOfLine)
            {
                (x, y) = (0, y + 1);
            }
            else if (value == EndOfPicture)
            {
                return;
            }
            else if (value == Jump)
            {
                x += reader.Byte();
                y += reader.Byte();
            }
            else
            {
                int bytes = fourBits ? (value + 1) / 2 : value;
                var literal = reader.Take(bytes);
                for (int i = 0; i < value; i++)
                    Put(indices, width, x++, y, fourBits ? (byte)(i % 2 == 0 ? literal[i / 2] >> 4 : literal[i / 2] & 15) : literal[i]);
                reader.Take(Math.Min(bytes % 2, reader.Remaining));
            }
            if (x > width) x = width;
        }
    }

    /// <summary>What reaches beyond the end of a row is dropped.</summary>
    static void Put(Span<byte> indices, int width, int x, int y, byte index)
    {
        if (x < width) indices[width * y + x] = index;
    }
}
