namespace Grafting.Core.Text;

/// <summary>What becomes of the matches of a pattern.</summary>
internal enum SplitBehaviour
{
    /// <summary>They are left out.</summary>
    Removed,

    /// <summary>Each is a piece of its own.</summary>
    Isolated,

    /// <summary>A match ends the piece before it.</summary>
    MergedWithPrevious,

    /// <summary>A match opens the piece behind it.</summary>
    MergedWithNext,

    /// <summary>Neighbouring matches are one piece.</summary>
    Contiguous,
}

/// <param name="Behaviour">What becomes of the matches.</param>
/// <param name="Invert">What lies between the matches counts as a match, and the other way round.</param>
internal sealed record SplitRule(SplitBehaviour Behaviour, bool Invert)
{
    public static SplitRule Removed { get; } = new(SplitBehaviour.Removed, false);

    public static SplitRule Isolated { get; } = new(SplitBehaviour.Isolated, false);

    public static SplitRule Contiguous { get; } = new(SplitBehaviour.Contiguous, false);

    public static SplitRule Read(JsonAt behaviour, bool invert) =>
        Enum.TryParse<SplitBehaviour>(behaviour.Text(), out var known) && char.IsAsciiLetter(behaviour.Text()[0])
            ? new SplitRule(known, invert) : throw behaviour.Unknown("behaviour of a split");

    /// <summary>The pieces that remain of a text, in order.</summary>
    public List<(int Start, int End)> Pieces(IEnumerable<(int Start, int End, bool IsMatch)> cuts)
    {
        List<(int Start, int End)> pieces = [];
        var (previous, first) = (false, true);
        foreach (var (start, end, found) in cuts)
        {
            var isMatch = found != Invert;
            var joins = !first && Behaviour switch
            {
                SplitBehaviour.Contiguous => isMatch == previous,
                SplitBehaviour.MergedWithPrevious => isMatch && !previous,
                SplitBehaviour.MergedWithNext => previous && !isMatch,
                _ => false,
            };
            if (joins) pieces[^1] = (pieces[^1].Start, end);
            else if (!(isMatch && Behaviour == SplitBehaviour.Removed)) pieces.Add((start, end));
            (previous, first) = (isMatch, false);
        }
        return pieces;
    }
}
