namespace Grafting.Core.Imaging.Formats;

/// <summary>GIF's LZW: variable-width codes in a chain of blocks of up to 255 bytes.</summary>
ref struct LzwReader
{
    const int MaxCodes = 4096;

    // Palettes need 8 at most; Pillow, too, reads files that claim more.
    const int MaxRootBits = 11;

    readonly int _clear;
    readonly int _rootBits;
    readonly ushort[] _prefix = new ushort[MaxCodes];
    readonly byte[] _last = new byte[MaxCodes];

    // The string of the current code, unwound from its end.
    readonly byte[] _string = new byte[MaxCodes];
    int _pending;

    ByteReader _source;
    int _blockBytes;
    uint _bits;
    int _bitCount;
    int _codeBits;
    int _next;
    int _previous = -1;

    public LzwReader(ReadOnlySpan<byte> stream)
    {
        _source = new ByteReader(stream);
        _rootBits = _source.Byte();
        if (_rootBits is < 1 or > MaxRootBits)
            throw new InvalidDataException($"its LZW code size is {_rootBits}; 1 to {MaxRootBits} are read");
        _clear = 1 << _rootBits;
        for (int i = 0; i < _clear; i++) _last[i] = (byte)i;
        Reset();
    }

    /// <summary>Fills <paramref name="target"/> with the next palette indices.</summary>
    public void Read(Span<byte> target)
    {
        while (!target.IsEmpty)
        {
            if (_pending == 0) Unwind();
            int count = Math.Min(_pending, target.Length);
            for (int i = 0; i < count; i++) target[i] = _string[--_pending];
            target = target[count..];
        }
    }

    void Unwind()
    {
        int code = NextCode();
        while (code == _clear)
        {
            Reset();
            code = NextCode();
        }
        if (code == _clear + 1) throw new InvalidDataException("its pixel data ends early");
        if (code > _next || (code == _next && _previous < 0)) throw new InvalidDataException("its pixel data is damaged");

        int known = code;
        if (code == _next)
        {
            // The one code that may be used before it is known: the previous string and its first byte again.
            _pending = 1;
            known = _previous;
        }
        while (known >= _clear)
        {
            _string[_pending++] = _last[known];
            known = _prefix[known];
        }
        byte first = _last[known];
        _string[_pending++] = first;
        if (code == _next) _string[0] = first;

        if (_previous >= 0 && _next < MaxCodes)
        {
            (_prefix[_next], _last[_next]) = ((ushort)_previous, first);
            _next++;
            if (_next == 1 << _codeBits && _codeBits < 12) _codeBits++;
        }
        _previous = code;
    }

    void Reset()
    {
        _codeBits = _rootBits + 1;
        _next = _clear + 2;
        _previous = -1;
    }

    int NextCode()
    {
        while (_bitCount < _codeBits)
        {
            while (_blockBytes == 0)
            {
                _blockBytes = _source.Byte();
                if (_blockBytes == 0) throw new InvalidDataException("its pixel data ends early");
            }
            _bits |= (uint)_source.Byte() << _bitCount;
            _bitCount += 8;
            _blockBytes--;
        }
        int code = (int)(_bits & ((1u << _codeBits) - 1));
        _bits >>= _codeBits;
        _bitCount -= _codeBits;
        return code;
    }
}
