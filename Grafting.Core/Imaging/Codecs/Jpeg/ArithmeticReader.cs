namespace Grafting.Core.Imaging.Codecs.Jpeg;

/// <summary>
/// Arithmetic-coded data as a stream of decisions, each with a state that learns how likely it is (T.81, annex D). Zeros at its end may be
/// left out of the file: at a marker the data goes on with zeros.
/// </summary>
sealed class ArithmeticReader(byte[] file)
{
    /// <summary>A state that does not learn: both decisions are equally likely.</summary>
    public const byte Even = 113;

    // In a state: which of the two decisions is the more probable one.
    const int Likely = 0x80;

    // Half of the interval before it is narrowed; below it, the next bit is taken in.
    const int Half = 0x8000;

    int _width;
    long _value;
    int _bitsAhead;
    int _position;

    /// <summary>
    /// Table D.3 and the even state: share of the improbable decision, next state after it (with the high bit: they change roles), next
    /// state after the other.
    /// </summary>
    static ReadOnlySpan<uint> States =>
    [
        0x5A1D8101, 0x25860E02, 0x11141003, 0x080B1204, 0x03D81405, 0x01DA1706, 0x00E51907, 0x006F1C08, 0x00361E09, 0x001A210A, 0x000D230B,
        0x0006090C, 0x00030A0D, 0x00010C0D, 0x5A7F8F0F, 0x3F252410, 0x2CF22611, 0x207C2712, 0x17B92813, 0x11822A14, 0x0CEF2B15, 0x09A12D16,
        0x072F2E17, 0x055C3018, 0x04063119, 0x0303331A, 0x0240341B, 0x01B1361C, 0x0144381D, 0x00F5391E, 0x00B73B1F, 0x008A3C20, 0x00683E21,
        0x004E3F22, 0x003B2023, 0x002C2109, 0x5AE1A525, 0x484C4026, 0x3A0D4127, 0x2EF14328, 0x261F4429, 0x1F33452A, 0x19A8462B, 0x1518482C,
        0x1177492D, 0x0E744A2E, 0x0BFB4B2F, 0x09F84D30, 0x08614E31, 0x07064F32, 0x05CD3033, 0x04DE3234, 0x040F3235, 0x03633336, 0x02D43437,
        0x025C3538, 0x01F83639, 0x01A4373A, 0x0160383B, 0x0125393C, 0x00F63A3D, 0x00CB3B3E, 0x00AB3D3F, 0x008F3D20, 0x5B12C141, 0x4D045042,
        0x412C5143, 0x37D85244, 0x2FE85345, 0x293C5446, 0x23795647, 0x1EDF5748, 0x1AA95749, 0x174E484A, 0x1424484B, 0x119C4A4C, 0x0F6B4A4D,
        0x0D514B4E, 0x0BB64D4F, 0x0A404D30, 0x5832D051, 0x4D1C5852, 0x438E5953, 0x3BDD5A54, 0x34EE5B55, 0x2EAE5C56, 0x299A5D57, 0x25165647,
        0x5570D859, 0x4CA95F5A, 0x44D9605B, 0x3E22615C, 0x3824635D, 0x32B4635E, 0x2E175D56, 0x56A8DF60, 0x4F466561, 0x47E56662, 0x41CF6763,
        0x3C3D6864, 0x375E635D, 0x52316966, 0x4C0F6A67, 0x46396B68, 0x415E6763, 0x5627E96A, 0x50E76C6B, 0x4B856D67, 0x55976E6D, 0x504F6F6B,
        0x5A10EE6F, 0x5522706D, 0x59EBF06F, 0x5A1D7171,
    ];

    /// <summary>The next byte that has not been taken in; a marker is never passed.</summary>
    public int Position => _position;

    public void Start(int position)
    {
        _position = position;
        _value = NextByte() << 8;
        _value |= (uint)NextByte();
        (_width, _bitsAhead) = (2 * Half, 0);
    }

    /// <returns>0 or 1.</returns>
    public int Decide(ref byte state)
    {
        while (_width < Half)
        {
            if (_bitsAhead-- == 0)
            {
                _value = _value << 8 | (uint)NextByte();
                _bitsAhead = 7;
            }
            _width <<= 1;
        }
        uint entry = States[state & ~Likely];
        int likely = state & Likely, share = (int)(entry >> 16);
        _width -= share;
        long bound = (long)_width << _bitsAhead;
        bool upper = _value >= bound;
        if (!upper && _width >= Half) return likely >> 7;

        // The upper part is the improbable decision's, unless it has become the larger one.
        bool expected = upper == _width < share;
        if (upper)
        {
            _value -= bound;
            _width = share;
        }
        state = (byte)(likely ^ (int)(expected ? entry & 255 : entry >> 8 & 255));
        return expected ? likely >> 7 : likely >> 7 ^ 1;
    }

    int NextByte()
    {
        if (_position >= file.Length) throw Damage.EndsEarly();
        if (file[_position] != 0xFF) return file[_position++];
        int behind = _position + 1;
        while (behind < file.Length && file[behind] == 0xFF) behind++;
        if (behind >= file.Length) throw Damage.EndsEarly();
        if (file[behind] != 0) return 0;
        _position = behind + 1;
        return 0xFF;
    }
}
