using Grafting.Core.Text;

namespace Grafting.Core.Data;

/// <summary>A conversation, with pictures or without.</summary>
/// <param name="Id">As the data state it; not necessarily unique, since large public sets repeat ids.</param>
/// <param name="Images">Addresses of the pictures in the order of their marks: full paths of files, or what <see cref="Store"/> knows them
/// by; empty for text only.</param>
/// <param name="Turns">
/// At least one answer among them; the user's turns hold as many <see cref="Turn.ImageMark"/> as there are pictures.
/// </param>
/// <param name="Type">Kind of question, where the data tell it; results are also reported by it.</param>
public sealed record Sample(string Id, IReadOnlyList<string> Images, IReadOnlyList<Turn> Turns, string? Type = null)
{
    /// <summary>What the pictures show in words, where the data say it.</summary>
    public string? Description { get; init; }

    /// <summary>Samples of one group never fall on both sides of a split: the first picture's name in the data, or the id.</summary>
    public string Group { get; init; } = Id;

    /// <summary>Where the pictures are read from.</summary>
    public PictureStore Store { get; init; } = PictureStore.Files;
}
