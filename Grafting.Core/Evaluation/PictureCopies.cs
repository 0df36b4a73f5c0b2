using Grafting.Core.Checkpoints;
using Grafting.Core.Imaging;

namespace Grafting.Core.Evaluation;

/// <summary>
/// Tells pictures apart by their bytes: in Parquet, and where records hold their pictures, one picture stands as often as it is asked about.
/// </summary>
/// <remarks>
/// Else the blind control could exchange a picture for its own copy, and intervals would take answers about one picture for answers about
/// several.
/// </remarks>
static class PictureCopies
{
    /// <summary>The same questions, with the first copy of every picture in the place of the others.</summary>
    /// <exception cref="GraftException">Input: a picture cannot be read.</exception>
    public static IReadOnlyList<Question> Join(IReadOnlyList<Question> questions)
    {
        var firsts = new Dictionary<string, string>(StringComparer.Ordinal);
        var byDigest = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var question in questions)
        {
            foreach (var address in question.Images)
            {
                if (firsts.ContainsKey(address)) continue;
                var digest = Digests.Sha256(question.Store.Read(address, ImageLimits.Default).Span);
                byDigest.TryAdd(digest, address);
                firsts.Add(address, byDigest[digest]);
            }
        }
        return
        [
            .. questions.Select(question => question with
            {
                Images = [.. question.Images.Select(First)],
                Picture = First(question.Picture),
            }),
        ];

        string First(string address) => firsts.GetValueOrDefault(address, address);
    }
}
