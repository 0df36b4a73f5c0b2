using Grafting.Core.Text;

namespace Grafting.Core.Data;

/// <summary>A conversation, with a picture or without.</summary>
/// <param name="Id">As the data file states it; not necessarily unique, since large public sets repeat ids.</param>
/// <param name="ImagePath">Full path of the picture; null for text only.</param>
/// <param name="Turns">At least one answer among them; <see cref="Turn.ImageMark"/> stands in one user turn exactly where there is a picture.</param>
/// <param name="Type">Kind of question, where the data tell it; results are also reported by it.</param>
public sealed record Sample(string Id, string? ImagePath, IReadOnlyList<Turn> Turns, string? Type = null)
{
    /// <summary>What the picture shows in words, where the data say it.</summary>
    public string? Description { get; init; }

    /// <summary>Samples of one group never fall on both sides of a split: the picture's name in the data file, or the id.</summary>
    public string Group { get; init; } = Id;
}
