using TorchSharp;
using static TorchSharp.torch;

namespace Grafting.Core.Models.Generation;

/// <summary>Prompts of different lengths side by side, padded on the left so that all continue at the same column.</summary>
/// <param name="Ids">Row by row; 0 at padding and at pictures.</param>
/// <param name="Lengths">Real positions of each row: the last ones.</param>
/// <param name="ImagePositions">row · columns + column of every picture position, row by row.</param>
// r rows, l columns, w residual width, n picture positions over all rows
public sealed record PromptBatch(long[] Ids, int[] Lengths, long[] ImagePositions)
{
    public int Rows => Lengths.Length;

    public int Columns => Lengths.Max();

    /// <param name="prompts">
    /// Token ids; <paramref name="slot"/> marks each position of a picture (<see cref="ImageSplice.Expand(ReadOnlySpan{int}, int, int)"/>).
    /// </param>
    public static PromptBatch LeftPadded(IReadOnlyList<int[]> prompts, int slot)
    {
        if (prompts.Count == 0 || prompts.Any(p => p.Length == 0))
            throw Fault.Usage("A prompt is empty; generation needs at least one token.");
        var columns = prompts.Max(p => p.Length);
        var ids = new long[prompts.Count * columns];
        var images = new List<long>();
        for (var row = 0; row < prompts.Count; row++)
        {
            var place = (row + 1) * columns - prompts[row].Length;
            foreach (var id in prompts[row])
            {
                if (id == slot) images.Add(place);
                else ids[place] = id;
                place++;
            }
        }
        return new(ids, [.. prompts.Select(p => p.Length)], [.. images]);
    }

    /// <param name="images_nw">Embeddings for all picture positions in their order; null only when there are none.</param>
    /// <returns>[r, l, w]</returns>
    public Tensor Embed(Decoder decoder, Tensor? images_nw = null)
    {
        var embeds_rlw = decoder.embed(torch.tensor(Ids, device: decoder.Device).view(Rows, Columns));
        if (ImagePositions.Length == 0) return embeds_rlw;
        ArgumentNullException.ThrowIfNull(images_nw);
        return ImageSplice.Apply(embeds_rlw, torch.tensor(ImagePositions, device: decoder.Device), images_nw);
    }
}
