using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Grafting.Core.Imaging.Codecs.Jpeg;

/// <summary>
/// Stretches the rows of a component to the width and height of the picture as libjpeg-turbo does: by weights of 3/4 and 1/4 where a
/// factor is 2 ("fancy"), else by repeating samples.
/// </summary>
/// <remarks>
/// Halves are rounded up and down in turns. At the edges a sample is its own neighbour. In pictures so narrow that there are no inner
/// samples, nothing is weighted across; where both factors are 2, nothing is weighted at all.
/// </remarks>
sealed class Upsampler
{
    const int NarrowestWeighted = 3;

    readonly SampleRows _samples;
    readonly int _width, _height, _across, _down;
    readonly bool _weighted;

    // Sums of a sample and its vertical neighbour, with a place before the first.
    readonly ushort[] _sums;
    readonly byte[] _row;

    public Upsampler(Frame frame, Component component, SampleRows samples)
    {
        _samples = samples;
        (_width, _height) = (component.Width, component.Height);
        (_across, _down) = (frame.Across / component.Across, frame.Down / component.Down);
        _weighted = (_across, _down) is (1, 2) || (_across == 2 && _down <= 2 && _width >= NarrowestWeighted);
        _sums = new ushort[_width + SampleRows.Slack];
        _row = new byte[_across * (_width + SampleRows.Slack)];
    }

    /// <param name="y">Row of the picture.</param>
    /// <returns>At least as many samples as the picture is wide; they last until the next call.</returns>
    public ReadOnlySpan<byte> Row(int y)
    {
        int own = y / _down;
        var near = _samples.Row(own);
        if (_across == 1 && _down == 1) return near;
        if (!_weighted) return Repeat(near);
        if (_down == 1)
        {
            Sum(near, 1, near, 0);
            return Spread(1, 2, 2);
        }
        bool below = y % 2 == 1;
        var far = _samples.Row(Math.Clamp(below ? own + 1 : own - 1, 0, _height - 1));
        Sum(near, 3, far, 1);
        return _across == 1 ? Shorten(below ? 2 : 1) : Spread(8, 7, 4);
    }

    ReadOnlySpan<byte> Repeat(ReadOnlySpan<byte> samples)
    {
        for (int x = 0; x < _width; x++) _row.AsSpan(_across * x, _across).Fill(samples[x]);
        return _row;
    }

    void Sum(ReadOnlySpan<byte> near, ushort nearWeight, ReadOnlySpan<byte> far, ushort farWeight)
    {
        var sums = _sums.AsSpan(1);
        for (int x = 0; x < _width; x += Vector128<byte>.Count)
        {
            var (nearLow, nearHigh) = Vector128.Widen(Vector128.Create(near[x..]));
            var (farLow, farHigh) = Vector128.Widen(Vector128.Create(far[x..]));
            (nearLow * nearWeight + farLow * farWeight).CopyTo(sums[x..]);
            (nearHigh * nearWeight + farHigh * farWeight).CopyTo(sums[(x + Vector128<ushort>.Count)..]);
        }
        _sums[0] = _sums[1];
        _sums[_width + 1] = _sums[_width];
    }

    /// <summary>Weights the sums of one row of samples across it.</summary>
    ReadOnlySpan<byte> Spread(ushort leftBias, ushort rightBias, int shift)
    {
        var pairs = MemoryMarshal.Cast<byte, ushort>(_row.AsSpan());
        for (int x = 0; x < _width; x += Vector256<ushort>.Count)
        {
            var own = Vector256.Create<ushort>(_sums.AsSpan(x + 1)) * 3;
            var left = own + Vector256.Create<ushort>(_sums.AsSpan(x)) + Vector256.Create(leftBias) >>> shift;
            var right = own + Vector256.Create<ushort>(_sums.AsSpan(x + 2)) + Vector256.Create(rightBias) >>> shift;
            (left | right << 8).CopyTo(pairs[x..]);
        }
        return _row;
    }

    /// <summary>Divides the sums of one row of samples by 4.</summary>
    ReadOnlySpan<byte> Shorten(int bias)
    {
        for (int x = 0; x < _width; x++) _row[x] = (byte)(_sums[x + 1] + bias >> 2);
        return _row;
    }
}
