using Grafting.Core.Imaging;
using Grafting.Core.Models;
using Grafting.Core.Text;

namespace Grafting.Core.Training;

/// <summary>
/// Conversations laid one after another in rows, so that hardly a position is padding. Each keeps its own positions (from 0) and sees
/// only itself; what remains of a row attends to itself alone and is never read.
/// </summary>
/// <remarks>
/// All arrays of a position are row-major [rows, length]. A picture takes as many positions as <c>imageTokens</c> says, whose ids are 0:
/// their embeddings are overwritten at <see cref="ImagePositions"/>, in the order in which the pictures stand in the conversations.
/// </remarks>
public sealed record PackedBatch
{
    const int Padding = -1;

    public required int Rows { get; init; }

    public required int Length { get; init; }

    public required long[] Ids { get; init; }

    public required long[] Positions { get; init; }

    /// <summary>Which conversation each position belongs to; −1 for padding.</summary>
    public required long[] Segments { get; init; }

    /// <summary>Flat positions of image tokens, picture after picture.</summary>
    public required long[] ImagePositions { get; init; }

    /// <summary>How each picture was cut, in the order of <see cref="ImagePositions"/>.</summary>
    public required IReadOnlyList<PictureLayout> Pictures { get; init; }

    /// <summary>Flat positions whose output predicts a supervised token.</summary>
    public required long[] TargetPositions { get; init; }

    public required long[] TargetIds { get; init; }

    public required float[] TargetWeights { get; init; }

    /// <summary>Which conversation (index in the list that was packed) each target belongs to.</summary>
    public required int[] TargetOwners { get; init; }

    /// <summary>Positions that hold a token or part of a picture.</summary>
    public required int UsedPositions { get; init; }

    /// <summary>Sum over conversations of their squared length: what attention without the padding compares.</summary>
    public required long Pairs { get; init; }

    /// <summary>Positions that a conversation takes once its pictures are spliced in.</summary>
    /// <param name="layouts">How its pictures are cut; null: each is one square.</param>
    public static int LengthOf(EncodedChat chat, PicturePositions imageTokens, IReadOnlyList<PictureLayout>? layouts = null)
    {
        var pictures = chat.Pictures;
        return chat.Ids.Length - pictures + Enumerable.Range(0, pictures).Sum(picture => imageTokens.Of(layouts, picture));
    }

    /// <summary>Packs by first-fit decreasing; the same input always gives the same rows.</summary>
    /// <param name="chats">Encoded conversations; none may be longer than the decoder allows (checked by the data set).</param>
    /// <param name="imageTokens">Positions per picture, boundary vectors included.</param>
    /// <param name="rowLength">Row length wanted; a longer conversation makes rows as long as itself.</param>
    /// <param name="layouts">How the pictures of each conversation are cut; null: each is one square.</param>
    public static PackedBatch Pack(
        IReadOnlyList<EncodedChat> chats, PicturePositions imageTokens, int rowLength,
            IReadOnlyList<IReadOnlyList<PictureLayout>>? layouts = null)
    {
        if (chats.Count == 0) throw new ArgumentException("nothing to pack", nameof(chats));
        var lengths = chats.Select((chat, c) => LengthOf(chat, imageTokens, layouts?[c])).ToArray();
        var (starts, rows, length) = Place(lengths, Math.Max(rowLength, lengths.Max()));

        var size = rows * length;
        var (ids, positions, segments) = (new long[size], new long[size], new long[size]);
        Array.Fill(segments, Padding);
        var (imagePositions, pictures) = (new List<long>(), new List<PictureLayout>());
        var (targetPositions, targetIds, targetWeights, owners) = (new List<long>(), new List<long>(), new List<float>(), new List<int>());
        for (var c = 0; c < chats.Count; c++)
        {
            var start = (starts[c].Row * length) + starts[c].Column;
            var (at, picture) = (start, 0);
            for (var i = 0; i < chats[c].Ids.Length; i++)
            {
                var id = chats[c].Ids[i];
                if (id == EncodedChat.ImageSlot)
                {
                    var taken = imageTokens.Of(layouts?[c], picture);
                    for (var n = 0; n < taken; n++) imagePositions.Add(at++);
                    pictures.Add(layouts is null ? PictureLayout.Whole : layouts[c][picture]);
                    picture++;
                    continue;
                }
                if (chats[c].Weights[i] > 0)
                {
                    if (at == start) throw new ArgumentException($"conversation {c} supervises its first token, which nothing predicts");
                    targetPositions.Add(at - 1);
                    targetIds.Add(id);
                    targetWeights.Add(chats[c].Weights[i]);
                    owners.Add(c);
                }
                ids[at++] = id;
            }
            for (var i = start; i < at; i++) (positions[i], segments[i]) = (i - start, c);
        }
        return new PackedBatch
        {
            Rows = rows,
            Length = length,
            Ids = ids,
            Positions = positions,
            Segments = segments,
            ImagePositions = [.. imagePositions],
            Pictures = pictures,
            TargetPositions = [.. targetPositions],
            TargetIds = [.. targetIds],
            TargetWeights = [.. targetWeights],
            TargetOwners = [.. owners],
            UsedPositions = lengths.Sum(),
            Pairs = lengths.Sum(n => (long)n * n),
        };
    }

    static ((int Row, int Column)[] Starts, int Rows, int Length) Place(int[] lengths, int capacity)
    {
        var starts = new (int, int)[lengths.Length];
        var fill = new List<int>();
        foreach (var c in Enumerable.Range(0, lengths.Length).OrderByDescending(c => lengths[c]).ThenBy(c => c))
        {
            var row = fill.FindIndex(used => used + lengths[c] <= capacity);
            if (row < 0)
            {
                row = fill.Count;
                fill.Add(0);
            }
            starts[c] = (row, fill[row]);
            fill[row] += lengths[c];
        }
        return (starts, fill.Count, fill.Max());
    }
}
