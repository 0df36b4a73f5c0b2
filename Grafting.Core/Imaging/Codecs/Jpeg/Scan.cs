namespace Grafting.Core.Imaging.Codecs.Jpeg;

/// <summary>What a scan header says.</summary>
/// <param name="Components">In the order in which a unit holds their blocks.</param>
/// <param name="First">The first coefficient coded, in zigzag order.</param>
/// <param name="Last">The last one.</param>
/// <param name="Before">The bit from which earlier scans know them: 0 in their first scan.</param>
/// <param name="Low">The lowest bit known after this scan.</param>
sealed record Scan(ScanComponent[] Components, int First, int Last, int Before, int Low)
{
    const int MaxBlocksPerUnit = 10;
    const int MaxLow = 13;

    /// <summary>More than one component: a unit holds as many blocks of each as its sampling factors say.</summary>
    public bool Interleaved => Components.Length > 1;

    /// <exception cref="InvalidDataException">Also where libjpeg warns and goes on: scans that contradict each other leave guesses.</exception>
    public Scan Validate(Frame frame)
    {
        if (Interleaved && Components.Sum(component => component.Of.Across * component.Of.Down) > MaxBlocksPerUnit)
            throw new InvalidDataException($"a scan has more than {MaxBlocksPerUnit} blocks per unit");
        if (frame.Progressive) ValidateProgression();
        else if (First != 0 || Last != Zigzag.BlockSize - 1 || Before != 0 || Low != 0) throw Bad("of a sequential picture");
        return this;
    }

    /// <summary>Notes for the components what is known of them after this scan.</summary>
    public void Count()
    {
        foreach (var (component, _, _) in Components) component.MissingBits.AsSpan(First, Last - First + 1).Fill(Low);
    }

    void ValidateProgression()
    {
        bool band = First == 0 ? Last == 0 : First <= Last && Last < Zigzag.BlockSize && !Interleaved;
        if (!band || Low > MaxLow || (Before != 0 && Low != Before - 1)) throw Bad("of a progressive picture");
        foreach (var (component, _, _) in Components)
        {
            if (First > 0 && component.MissingBits[0] < 0) throw Bad("before the first one of a component");
            foreach (int missing in component.MissingBits.AsSpan(First, Last - First + 1))
                if (Before != Math.Max(missing, 0)) throw Bad("out of order");
        }
    }

    InvalidDataException Bad(string where) =>
        new($"it has an invalid scan {where} (coefficients {First} to {Last}, bits {Before} to {Low})");
}

/// <param name="DcTable">Slot of the table for the first coefficient of a block.</param>
/// <param name="AcTable">Slot of the table for the others.</param>
sealed record ScanComponent(Component Of, int DcTable, int AcTable);
