using System.Diagnostics;

namespace Grafting.Core.Imaging.Codecs.Jpeg;

/// <summary>
/// JPEG of 8 bits, sequential and progressive, Huffman and arithmetic coded, with the pixels of libjpeg-turbo 2.1's default settings, which
/// are Pillow's.
/// </summary>
/// <remarks>
/// Where libjpeg warns and makes pixels up, the file is refused. A sequential picture in one scan is written while it is read; for others
/// all coefficients are kept, two bytes per sample.
/// </remarks>
sealed class JpegDecoder
{
    static readonly TimeSpan s_timeLimit = TimeSpan.FromSeconds(10);

    readonly Stopwatch _clock = Stopwatch.StartNew();
    readonly MarkerReader _markers;
    readonly EntropyDecoder _entropy;
    readonly Frame _frame;

    JpegDecoder(MarkerReader markers, Frame frame, byte[] file) =>
        (_markers, _frame, _entropy) = (markers, frame, EntropyDecoder.For(frame, file));

    /// <param name="width">From the file's header; a file that has another size is refused.</param>
    /// <returns>3 · width · height bytes, RGB.</returns>
    /// <exception cref="InvalidDataException">With what is wrong.</exception>
    public static byte[] Decode(byte[] file, int width, int height)
    {
        var markers = new MarkerReader(file);
        var scan = markers.NextScan(out int position);
        if (scan is null || markers.Frame is not { } frame) throw new InvalidDataException("it holds no picture");
        if (frame.Width != width || frame.Height != height) throw new InvalidDataException("it declares two different sizes");
        var decoder = new JpegDecoder(markers, frame, file);
        return !frame.Progressive && scan.Components.Length == frame.Components.Length
            ? decoder.DecodeAtOnce(scan, position)
            : decoder.DecodeByScans(scan, position);
    }

    byte[] DecodeAtOnce(Scan scan, int position)
    {
        foreach (var component in _frame.Components) component.Allocate(component.Down);
        var picture = Picture(null);
        ReadScan(scan, position, unit =>
        {
            picture.Write(unit);
            foreach (var component in _frame.Components) component.Clear();
        });
        if (_markers.NextScan(out _) is not null) throw new InvalidDataException("it has a scan behind its last one");
        return picture.Pixels;
    }

    byte[] DecodeByScans(Scan? scan, int position)
    {
        foreach (var component in _frame.Components) component.Allocate(_frame.UnitRows * component.Down);
        for (; scan is not null; scan = _markers.NextScan(out position)) ReadScan(scan, position, _ => { });
        var picture = Picture(BlockSmoothing.For(_frame));
        for (int unit = 0; unit < _frame.UnitRows; unit++)
        {
            CheckTime();
            picture.Write(unit);
        }
        return picture.Pixels;
    }

    PictureWriter Picture(BlockSmoothing? smoothing) =>
        new(_frame, Colours.Guess(_frame, _markers.IsJfif, _markers.AdobeTransform), smoothing);

    void ReadScan(Scan scan, int position, Action<int> rowRead)
    {
        _entropy.Start(scan, _markers.Tables, position);
        var restarts = new RestartCounter(_entropy, _markers.Tables.RestartInterval);
        for (int unit = 0; unit < _frame.UnitRows; unit++)
        {
            CheckTime();
            if (scan.Interleaved) ReadUnits(scan, unit, restarts);
            else ReadBlocks(scan.Components[0].Of, unit, restarts);
            rowRead(unit);
        }
        var (end, stray) = _entropy.End();
        _markers.Continue(end, stray);
    }

    void ReadUnits(Scan scan, int unit, RestartCounter restarts)
    {
        for (int unitColumn = 0; unitColumn < _frame.UnitColumns; unitColumn++)
        {
            restarts.Count();
            for (int i = 0; i < scan.Components.Length; i++)
            {
                var component = scan.Components[i].Of;
                for (int y = 0; y < component.Down; y++)
                {
                    for (int x = 0; x < component.Across; x++)
                        _entropy.Read(i, component.Block(unit * component.Down + y, unitColumn * component.Across + x));
                }
            }
        }
    }

    /// <summary>A scan of one component leaves out the blocks that would only complete a unit.</summary>
    void ReadBlocks(Component component, int unit, RestartCounter restarts)
    {
        int end = Math.Min((unit + 1) * component.Down, component.BlockRows);
        for (int row = unit * component.Down; row < end; row++)
        {
            for (int column = 0; column < component.BlockColumns; column++)
            {
                restarts.Count();
                _entropy.Read(0, component.Block(row, column));
            }
        }
    }

    void CheckTime()
    {
        if (_clock.Elapsed > s_timeLimit) throw new InvalidDataException("decoding it takes longer than 10 s");
    }

    sealed class RestartCounter(EntropyDecoder entropy, int interval)
    {
        int _done;
        int _number;

        /// <summary>To be called before each unit.</summary>
        public void Count()
        {
            if (interval == 0 || _done++ < interval) return;
            entropy.Restart(_number);
            _number = _number + 1 & 7;
            _done = 1;
        }
    }
}
