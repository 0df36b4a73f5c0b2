using Grafting.Core.Data;
using Grafting.Core.Text;

namespace Grafting.Core.Evaluation;

/// <summary>One question of an evaluation.</summary>
/// <param name="Id">Of its sample, for reports.</param>
/// <param name="Turns">The conversation up to the question.</param>
/// <param name="Expected">The answer that counts as right.</param>
/// <param name="Type">Kind of question, by which results are listed.</param>
/// <param name="ImagePath">The picture that is shown.</param>
/// <param name="Picture">The picture that the question is about, by which answers are resampled; the id for text alone.</param>
/// <param name="Description">What the picture shows in words, where the data say it; the text bound reads it instead of the picture.</param>
public sealed record Question(string Id, IReadOnlyList<Turn> Turns, string Expected, string Type, string? ImagePath, string Picture, string? Description)
{
    /// <summary>One question per answer of a sample; earlier questions stand before it with their expected answers.</summary>
    public static IEnumerable<Question> From(Sample sample)
    {
        for (var i = 0; i < sample.Turns.Count; i++)
        {
            if (sample.Turns[i].Role != Role.Assistant) continue;
            var turns = sample.Turns.Take(i).ToList();
            yield return new Question(sample.Id, turns, sample.Turns[i].Text, sample.Type ?? "all", sample.ImagePath, sample.ImagePath ?? sample.Id, sample.Description);
        }
    }

    /// <summary>The conversation with the expected answer at its end.</summary>
    public IReadOnlyList<Turn> Answered => [.. Turns, new Turn(Role.Assistant, Expected)];

    /// <summary>What a system made of this question.</summary>
    public ScoredAnswer Score(string given, double nll) => new(
        Id, Picture, Type, Turns[^1].Text.Replace(Turn.ImageMark, "", StringComparison.Ordinal).Trim(), Expected, given, Accepts(given), nll);

    /// <summary>Right is what says the same, case, surrounding blanks and a final stop aside.</summary>
    public bool Accepts(string answer) => Normal(answer) == Normal(Expected);

    static string Normal(string answer) => answer.Trim().TrimEnd('.').TrimEnd().ToUpperInvariant();

    /// <summary>The same questions with each picture exchanged for the next one of another sample, for the blind control.</summary>
    /// <param name="questions">At least two different pictures.</param>
    public static IReadOnlyList<Question> Blind(IReadOnlyList<Question> questions, ulong seed)
    {
        var pictures = questions.Select(q => q.ImagePath).OfType<string>().Distinct(StringComparer.Ordinal).ToArray();
        if (pictures.Length < 2)
            throw Fault.Input($"the blind control needs two pictures or more; the data have {pictures.Length}.", "Give more data.");
        new Numerics.DeterministicRandom(seed).Shuffle<string>(pictures);
        // A rotation of a shuffled list gives every picture another one.
        var other = pictures.Select((p, i) => (p, pictures[(i + 1) % pictures.Length])).ToDictionary(StringComparer.Ordinal);
        return [.. questions.Select(q => q.ImagePath is null ? q : q with { ImagePath = other[q.ImagePath] })];
    }

    /// <summary>The same questions with the picture's description in words in its place.</summary>
    /// <exception cref="GraftException">Input, naming the sample without a description.</exception>
    public static IReadOnlyList<Question> InWords(IReadOnlyList<Question> questions) =>
    [
        .. questions.Select(q =>
        {
            var words = q.Description ?? throw Fault.Input($"sample '{q.Id}' has no description for the text bound.");
            var turns = q.Turns.Select(t => t with { Text = t.Text.Replace(Turn.ImageMark, words, StringComparison.Ordinal) });
            return q with { Turns = [.. turns], ImagePath = null };
        }),
    ];
}
