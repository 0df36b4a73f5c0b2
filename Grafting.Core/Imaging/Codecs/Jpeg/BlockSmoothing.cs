namespace Grafting.Core.Imaging.Codecs.Jpeg;

/// <summary>
/// Guesses the low frequencies that a progressive file leaves out, from the first coefficients of the blocks around: what libjpeg-turbo 2.1
/// does when a file is whole and yet has not told all bits of its low frequencies.
/// </summary>
sealed class BlockSmoothing
{
    const int Window = 5;
    const int Guessed = 9;

    // Weights of the surrounding first coefficients, in 1/256, for the first nine others in zigzag order.
    static readonly short[]?[] s_known = Kernels(
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -7, 50, 0, -50, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        [0, 0, -1, 0, 0, 0, 0, 13, 0, 0, 0, 0, -24, 0, 0, 0, 0, 13, 0, 0, 0, 0, -1, 0, 0],
        [0, -1, 0, 1, 0, -1, 10, 0, -10, 1, 0, 0, 0, 0, 0, 1, -10, 0, 10, -1, 0, 1, 0, -1, 0],
        null,
        null);

    // Where a component has told nothing but its first coefficients, and those are smoothed themselves.
    static readonly short[]?[] s_unknown = Kernels(
        [-1, -1, 0, 1, 1, -3, 13, 0, -13, 3, -3, 38, 0, -38, 3, -3, 13, 0, -13, 3, -1, -1, 0, 1, 1],
        [0, 0, 1, 0, 0, 0, 2, 7, 2, 0, 0, -5, -14, -5, 0, 0, 2, 7, 2, 0, 0, 0, 1, 0, 0],
        [-1, 0, 0, 0, 1, 0, 9, 0, -9, 0, 0, 0, 0, 0, 0, 0, -9, 0, 9, 0, 1, 0, 0, 0, -1],
        [0, 0, 0, 0, 0, 0, 1, 0, -1, 0, 0, 2, 0, -2, 0, 0, 1, 0, -1, 0, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 1, -3, 1, 0, 0, 0, 0, 0, 0, 0, -1, 3, -1, 0, 0, 0, 0, 0, 0]);

    static readonly short[] s_mean = [-2, -6, -8, -6, -2, -6, 6, 42, 6, -6, -8, 42, 152, 42, -8, -6, 6, 42, 6, -6, -2, -6, -8, -6, -2];

    readonly int _lastUnit;
    readonly int[] _firsts = new int[Window * Window];
    readonly short[] _block = new short[Zigzag.BlockSize];

    BlockSmoothing(Frame frame) => _lastUnit = frame.UnitRows - 1;

    /// <returns>Null where nothing is to be guessed, or libjpeg would not.</returns>
    public static BlockSmoothing? For(Frame frame)
    {
        if (!frame.Progressive || !frame.Components.All(component => component.MissingBits[0] >= 0 && HasDivisors(component))) return null;
        return frame.Components.Any(component => component.MissingBits.AsSpan(1, Guessed).ContainsAnyExcept(0)) ? new(frame) : null;
    }

    /// <returns>The block with its guesses; it lasts until the next call.</returns>
    public ReadOnlySpan<short> Apply(Component component, int row, int column)
    {
        Look(component, row, column);
        component.Block(row, column).CopyTo(_block);
        var divisors = component.Quantization!;
        bool unknown = !component.MissingBits.AsSpan(1, Guessed).ContainsAnyExcept(-1);
        var kernels = unknown ? s_unknown : s_known;
        for (int k = 1; k <= Guessed; k++)
        {
            int at = Zigzag.Natural[k], missing = component.MissingBits[k];
            if (kernels[k - 1] is not { } kernel || missing == 0 || _block[at] != 0) continue;
            int guess = Guess(kernel, (ushort)divisors[0], (ushort)divisors[at]);
            int limit = missing > 0 ? (1 << missing) - 1 : int.MaxValue;
            _block[at] = (short)Math.Clamp(guess, -limit, limit);
        }
        if (unknown) _block[0] = (short)Guess(s_mean, (ushort)divisors[0], (ushort)divisors[0]);
        return _block;
    }

    static bool HasDivisors(Component component)
    {
        if (component.Quantization is not { } divisors) return false;
        for (int k = 0; k <= Guessed; k++) if (divisors[Zigzag.Natural[k]] == 0) return false;
        return true;
    }

    /// <summary>The nearest whole number, halves away from zero.</summary>
    int Guess(short[] kernel, long multiplier, long divisor)
    {
        long sum = 0;
        for (int i = 0; i < kernel.Length; i++) sum += kernel[i] * (long)_firsts[i];
        sum *= multiplier;
        long nearest = ((divisor << 7) + Math.Abs(sum)) / (divisor << 8);
        return (int)(sum < 0 ? -nearest : nearest);
    }

    /// <summary>Fills the window around a block; beyond the edges of the picture it repeats what libjpeg has in its place.</summary>
    void Look(Component component, int row, int column)
    {
        int unit = row / component.Down, within = row % component.Down, last = component.BlockColumns - 1;
        int rows = unit < _lastUnit ? component.Down : component.BlockRows - unit * component.Down;
        int above = Math.Max(row - 1, 0);
        int below = within < rows - 1 || unit < _lastUnit ? row + 1 : row;
        ReadOnlySpan<int> around =
        [
            within > 1 || unit > 1 ? row - 2 : above,
            above,
            row,
            below,
            within < rows - 2 || unit + 1 < _lastUnit ? row + 2 : below,
        ];
        for (int y = 0; y < Window; y++)
        {
            for (int x = 0; x < Window; x++)
            {
                int at = column + x - Window / 2;
                // In a picture of two columns, libjpeg has the first one beyond the second.
                int seen = last == 1 && x > Window / 2 && at > last ? 0 : Math.Clamp(at, 0, last);
                _firsts[Window * y + x] = component.Block(around[y], seen)[0];
            }
        }
    }

    /// <summary>In zigzag order, of which every second one is another mirrored at the diagonal.</summary>
    static short[]?[] Kernels(short[] of01, short[] of20, short[] of11, short[]? of03, short[]? of12) =>
        [of01, Mirror(of01), of20, of11, Mirror(of20), of03, of12, Mirror(of12), Mirror(of03)];

    static short[]? Mirror(short[]? kernel) =>
        kernel is null ? null : [.. Enumerable.Range(0, kernel.Length).Select(i => kernel[i % Window * Window + i / Window])];
}
