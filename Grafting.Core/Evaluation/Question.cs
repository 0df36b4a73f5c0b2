using Grafting.Core.Data;
using Grafting.Core.Text;

namespace Grafting.Core.Evaluation;

/// <summary>One question of an evaluation.</summary>
/// <param name="Id">Of its sample, for reports.</param>
/// <param name="Turns">The conversation up to the question.</param>
/// <param name="Expected">The answer that counts as right.</param>
/// <param name="Type">Kind of question, by which results are listed.</param>
/// <param name="Images">The pictures that are shown, in the order of their marks in the turns.</param>
/// <param name="Picture">The (first) picture that the question is about, by which answers are resampled; the id for text alone.</param>
/// <param name="Description">What the pictures show in words, where the data say it; the text bound reads it instead of them.</param>
public sealed record Question(
    string Id, IReadOnlyList<Turn> Turns, string Expected, string Type, IReadOnlyList<string> Images, string Picture, string? Description)
{
    /// <summary>Where the pictures are read from.</summary>
    public PictureStore Store { get; init; } = PictureStore.Files;

    /// <summary>The questions of all samples, in their order, with <see cref="PictureCopies"/> joined.</summary>
    /// <param name="most">The first so many; null: all.</param>
    /// <exception cref="GraftException">Input: a picture cannot be read.</exception>
    public static IReadOnlyList<Question> Of(IEnumerable<Sample> samples, int? most = null) =>
        PictureCopies.Join([.. samples.SelectMany(From).Take(most ?? int.MaxValue)]);

    /// <summary>One question per answer of a sample; earlier questions stand before it with their expected answers.</summary>
    public static IEnumerable<Question> From(Sample sample)
    {
        for (var i = 0; i < sample.Turns.Count; i++)
        {
            if (sample.Turns[i].Role != Role.Assistant) continue;
            var turns = sample.Turns.Take(i).ToList();
            IReadOnlyList<string> images = [.. sample.Images.Take(turns.Sum(turn => turn.Pictures))];
            yield return new Question(
                sample.Id, turns, sample.Turns[i].Text, sample.Type ?? "all", images,
                sample.Images.Count > 0 ? sample.Images[0] : sample.Id, sample.Description)
            {
                Store = sample.Store,
            };
        }
    }

    /// <summary>The conversation with the expected answer at its end.</summary>
    public IReadOnlyList<Turn> Answered => [.. Turns, new Turn(Role.Assistant, Expected)];

    /// <summary>What a system made of this question.</summary>
    public ScoredAnswer Score(string given, double nll) => new(
        Id, Picture, Type, Turns[^1].Text.Replace(Turn.ImageMark, "", StringComparison.Ordinal).Trim(), Expected, given, Accepts(given),
        nll);

    /// <summary>Right is what says the same, case, surrounding blanks and a final stop aside.</summary>
    public bool Accepts(string answer) => Normal(answer) == Normal(Expected);

    static string Normal(string answer) => answer.Trim().TrimEnd('.').TrimEnd().ToUpperInvariant();

    /// <summary>The same questions with each picture exchanged for one of another sample, for the blind control.</summary>
    /// <param name="questions">At least twice as many different pictures in all as any of them shows.</param>
    /// <exception cref="GraftException">Input, when there are too few pictures.</exception>
    public static IReadOnlyList<Question> Blind(IReadOnlyList<Question> questions, ulong seed)
    {
        var ring = questions.SelectMany(q => q.Images).Distinct(StringComparer.Ordinal).ToArray();
        var needed = Math.Max(2, 2 * questions.Select(q => q.Images.Distinct(StringComparer.Ordinal).Count()).DefaultIfEmpty().Max());
        if (ring.Length < needed)
            throw Fault.Input(
                $"the blind control needs {needed} different pictures or more; the data have {ring.Length}.", "Give more data.");
        new Numerics.DeterministicRandom(seed).Shuffle<string>(ring);
        var places = ring.Select((picture, i) => (picture, i)).ToDictionary(StringComparer.Ordinal);
        return [.. questions.Select(q => q with { Images = Others(q.Images) })];

        // The next one in a shuffled ring is another picture; in a question with several it may be one of its own, which is passed over.
        List<string> Others(IReadOnlyList<string> own)
        {
            var (others, taken) = (new List<string>(own.Count), own.ToHashSet(StringComparer.Ordinal));
            foreach (var picture in own)
            {
                var at = places[picture];
                do at = (at + 1) % ring.Length;
                while (taken.Contains(ring[at]));
                others.Add(ring[at]);
                // A picture that is shown twice may get two others where there are enough.
                if (taken.Count < ring.Length - 1) taken.Add(ring[at]);
            }
            return others;
        }
    }

    /// <summary>The same questions with the description of their pictures in words in the place of the first.</summary>
    /// <exception cref="GraftException">Input, naming the sample without a description.</exception>
    public static IReadOnlyList<Question> InWords(IReadOnlyList<Question> questions) =>
    [
        .. questions.Select(q =>
        {
            var words = q.Description ?? throw Fault.Input($"sample '{q.Id}' has no description for the text bound.");
            return q with { Turns = Turn.InWords(q.Turns, words), Images = [] };
        }),
    ];
}
