namespace Grafting.Core.Imaging.Codecs.Jpeg;

/// <summary>Reads the blocks of a scan, one after the other.</summary>
abstract class EntropyDecoder(byte[] file)
{
    public static EntropyDecoder For(Frame frame, byte[] file) => (frame.Arithmetic, frame.Progressive) switch
    {
        (false, false) => new SequentialHuffman(file),
        (false, true) => new ProgressiveHuffman(file),
        (true, _) => new ArithmeticDecoder(file),
    };

    /// <param name="position">Where the coded data of the scan starts.</param>
    public abstract void Start(Scan scan, Tables tables, int position);

    /// <param name="component">Index within the scan.</param>
    /// <param name="block">What earlier scans know of it; zeros at first.</param>
    public abstract void Read(int component, Span<short> block);

    /// <summary>Passes over a restart marker.</summary>
    /// <param name="number">The one expected, 0 to 7.</param>
    public void Restart(int number)
    {
        var (position, stray) = End();
        int at = position;
        while (at < file.Length && file[at] == 0xFF) at++;
        if (stray || at == position || at == file.Length || file[at] != 0xD0 + number) throw Damage.BadRestart(number);
        Resume(at + 1);
    }

    /// <returns>Where the next marker is to be looked for, and whether whole bytes before that place were not needed.</returns>
    public abstract (int Position, bool Stray) End();

    /// <summary>Starts to read at a place, knowing nothing of what came before.</summary>
    protected abstract void Resume(int position);
}
