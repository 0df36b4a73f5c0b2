using static TorchSharp.torch;

namespace Grafting.Core.Models;

/// <summary>Puts picture embeddings into the places that were kept for them in rows of token embeddings.</summary>
// r rows, l length of a row, w residual width, n picture positions over all rows
public static class ImageSplice
{
    /// <param name="embeds_rlw">Token embeddings; what stands at the pictures' places is replaced (any id can hold the place).</param>
    /// <param name="positions_n">int64, each once: row · l + column of every picture position, in the order of the images' rows.</param>
    /// <param name="images_nw">Picture embeddings of the same dtype; gradients reach them.</param>
    public static Tensor Apply(Tensor embeds_rlw, Tensor positions_n, Tensor images_nw)
    {
        var (places, images) = (positions_n.shape, images_nw.shape);
        if (places.Length != 1 || images.Length != 2 || images[0] != places[0] || images[1] != embeds_rlw.shape[^1])
        {
            throw new ArgumentException(
                $"[{string.Join(", ", places)}] places and pictures [{string.Join(", ", images)}] do not fit width {embeds_rlw.shape[^1]}");
        }
        return embeds_rlw.view(-1, images[1]).index_copy(0, positions_n, images_nw).view(embeds_rlw.shape);
    }

    /// <summary>Widens the single slot of each picture to as many as its embeddings take.</summary>
    /// <param name="ids">Token ids with <paramref name="slot"/> in place of a picture.</param>
    public static int[] Expand(ReadOnlySpan<int> ids, int slot, int tokensPerImage) => Expand(ids, slot, _ => tokensPerImage);

    /// <inheritdoc cref="Expand(ReadOnlySpan{int}, int, int)"/>
    /// <param name="ids">Token ids with <paramref name="slot"/> in place of a picture.</param>
    /// <param name="tokensOf">What each picture takes, by its place among the pictures.</param>
    public static int[] Expand(ReadOnlySpan<int> ids, int slot, Func<int, int> tokensOf)
    {
        var (expanded, picture) = (new List<int>(ids.Length), 0);
        foreach (var id in ids)
        {
            if (id != slot) expanded.Add(id);
            else expanded.AddRange(Enumerable.Repeat(slot, tokensOf(picture++)));
        }
        return [.. expanded];
    }
}
