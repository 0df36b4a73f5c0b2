namespace Grafting.Core.Imaging.Codecs.Jpeg;

/// <summary>Walks from scan to scan through the segments that stand between them.</summary>
sealed class MarkerReader(byte[] file)
{
    const byte StartOfPicture = 0xD8, EndOfPicture = 0xD9, StartOfScan = 0xDA;

    int _position = 2;
    bool _stray;

    public Tables Tables { get; } = new();

    public Frame? Frame { get; private set; }

    public bool IsJfif { get; private set; }

    /// <summary>How the colours are coded according to Adobe's segment; null without one.</summary>
    public int? AdobeTransform { get; private set; }

    /// <param name="position">Where the coded data of the scan starts.</param>
    /// <returns>Null at the end of the picture.</returns>
    public Scan? NextScan(out int position)
    {
        while (true)
        {
            byte marker = NextMarker();
            switch (marker)
            {
                case StartOfScan:
                    var scan = ReadScan(Segment());
                    position = _position;
                    return scan;
                case EndOfPicture:
                    position = _position;
                    return null;
                case 0x01 or (>= 0xD0 and <= 0xD7):
                    break;
                default:
                    Read(marker, Segment());
                    break;
            }
        }
    }

    /// <summary>Goes on behind a scan.</summary>
    /// <param name="stray">Bytes before the position belonged to nothing.</param>
    public void Continue(int position, bool stray) => (_position, _stray) = (position, stray);

    void Read(byte marker, ReadOnlySpan<byte> segment)
    {
        switch (marker)
        {
            case 0xC0 or 0xC1 or 0xC2 or 0xC9 or 0xCA:
                ReadFrame(segment, progressive: (marker & 3) == 2, arithmetic: marker >= 0xC8);
                break;
            case 0xC3 or 0xC7 or 0xCB or 0xCF:
                throw new InvalidDataException("it is coded losslessly, which is not supported");
            case 0xC5 or 0xC6 or 0xCD or 0xCE:
                throw new InvalidDataException("it is coded hierarchically, which is not supported");
            case 0xC4:
                Tables.DefineHuffman(segment);
                break;
            case 0xCC:
                Tables.DefineConditioning(segment);
                break;
            case 0xDB:
                Tables.DefineQuantization(segment);
                break;
            case 0xDD:
                Tables.DefineRestarts(segment);
                break;
            case 0xE0:
                IsJfif |= segment.Length >= 14 && segment.StartsWith("JFIF\0"u8);
                break;
            case 0xEE:
                if (segment.Length >= 12 && segment.StartsWith("Adobe"u8)) AdobeTransform = segment[11];
                break;
            case 0xDC or 0xFE or (>= 0xE1 and <= 0xEF):
                break;
            case StartOfPicture:
                throw new InvalidDataException("a second picture starts inside it");
            default:
                throw new InvalidDataException($"it has an unknown marker, {marker:X2}");
        }
    }

    void ReadFrame(ReadOnlySpan<byte> segment, bool progressive, bool arithmetic)
    {
        if (Frame is not null) throw new InvalidDataException("it has two frame headers");
        if (segment.Length < 6 || segment.Length != 6 + 3 * segment[5])
            throw new InvalidDataException("its frame header has the wrong length");
        if (segment[0] != 8) throw new InvalidDataException($"it has samples of {segment[0]} bits; 8 are supported");
        var components = new Component[segment[5]];
        for (int i = 0; i < components.Length; i++)
        {
            var described = segment.Slice(6 + 3 * i, 3);
            components[i] = new Component(described[0], described[1] >> 4, described[1] & 15, described[2]);
        }
        Frame = new Frame(segment[3] << 8 | segment[4], segment[1] << 8 | segment[2], progressive, arithmetic, components);
    }

    Scan ReadScan(ReadOnlySpan<byte> segment)
    {
        if (Frame is null) throw new InvalidDataException("it has a scan before its frame header");
        if (segment.IsEmpty || segment.Length != 4 + 2 * segment[0] || segment[0] is < 1 or > 4)
            throw new InvalidDataException("its scan header has the wrong length");
        var components = new ScanComponent[segment[0]];
        for (int i = 0; i < components.Length; i++)
        {
            byte id = segment[1 + 2 * i], slots = segment[2 + 2 * i];
            // Where several components have one number, which is against the standard, their order decides.
            var component = Frame.Components.FirstOrDefault(one => one.Id == id && !components.Any(other => other?.Of == one))
                ?? throw new InvalidDataException($"a scan names component {id}, which its frame header does not have");
            component.Quantization ??= Quantization(component.QuantizationSlot);
            components[i] = new ScanComponent(component, slots >> 4, slots & 15);
        }
        var rest = segment[^3..];
        var scan = new Scan(components, rest[0], rest[1], rest[2] >> 4, rest[2] & 15).Validate(Frame);
        scan.Count();
        return scan;
    }

    short[] Quantization(int slot) => (slot < Tables.Quantization.Length ? Tables.Quantization[slot] : null)
        ?? throw new InvalidDataException($"quantisation table {slot} is missing");

    /// <remarks>Bytes that belong to nothing are passed over, as no pixel is lost by them; in front of a restart marker one may be.</remarks>
    byte NextMarker()
    {
        int at = _position;
        while (true)
        {
            int found = file.AsSpan(at).IndexOf((byte)0xFF);
            if (found < 0) throw EndsEarly();
            _stray |= found > 0;
            at += found;
            while (at < file.Length && file[at] == 0xFF) at++;
            if (at == file.Length) throw EndsEarly();
            byte marker = file[at++];
            if (marker == 0)
            {
                _stray = true;
                continue;
            }
            if (_stray && marker is >= 0xD0 and <= 0xD7) throw Damage.BadRestart(marker - 0xD0);
            (_position, _stray) = (at, false);
            return marker;
        }
    }

    ReadOnlySpan<byte> Segment()
    {
        if (file.Length - _position < 2) throw EndsEarly();
        int length = file[_position] << 8 | file[_position + 1];
        if (length < 2) throw new InvalidDataException($"it has a segment of the impossible length {length}");
        if (file.Length - _position < length) throw EndsEarly();
        var segment = file.AsSpan(_position + 2, length - 2);
        _position += length;
        return segment;
    }

    InvalidDataException EndsEarly() => new($"the file ends early, after {file.Length} bytes");
}
