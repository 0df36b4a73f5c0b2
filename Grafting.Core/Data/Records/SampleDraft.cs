using Grafting.Core.Text;

namespace Grafting.Core.Data.Records;

/// <summary>A record that has been understood, before its pictures are looked for.</summary>
/// <param name="Names">Pictures as the record names them.</param>
sealed record SampleDraft(
    string Id, IReadOnlyList<string> Names, IReadOnlyList<Turn> Turns, string? Type = null, string? Description = null)
{
    public int Marks => Turns.Sum(turn => turn.Pictures);

    /// <summary>Checks that something is answered and that marks and pictures go together, and finds the pictures.</summary>
    public Reading Finish(PictureNames pictures)
    {
        if (Turns.Count == 0) return Reading.Bad(BadSampleReason.NoConversation, "its conversation is empty");
        if (!HasAnswer()) return Reading.Bad(BadSampleReason.NoAnswer, "no user turn is followed by an answer");
        if (Marks != Names.Count)
        {
            var shown = Names.Count switch { 0 => "no picture", 1 => "one picture", var many => $"{many} pictures" };
            return Reading.Bad(BadSampleReason.Placeholder, $"has {shown} and {Marks} {Turn.ImageMark} in its user turns");
        }
        var (addresses, group) = (new List<string>(Names.Count), Id);
        foreach (var name in Names)
        {
            var found = pictures.Find(name, addresses.Count);
            if (found.Address is not { } address) return Reading.Bad(found.Reason, found.Detail);
            if (addresses.Count == 0) group = found.Group ?? Id;
            addresses.Add(address);
        }
        return new(
            new Sample(Id, addresses, Turns, Type) { Description = Description, Group = group, Store = pictures.Store }, default, "");
    }

    bool HasAnswer()
    {
        var asked = false;
        foreach (var turn in Turns)
        {
            asked |= turn.Role == Role.User;
            if (asked && turn.Role == Role.Assistant && !string.IsNullOrWhiteSpace(turn.Text)) return true;
        }
        return false;
    }
}
