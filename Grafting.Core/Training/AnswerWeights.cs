using Grafting.Core.Models;
using Grafting.Core.Text;

namespace Grafting.Core.Training;

/// <summary>Weighs the answers of samples against each other, as <see cref="LossBalance"/> says.</summary>
static class AnswerWeights
{
    /// <summary>Tokens that share a factor.</summary>
    /// <param name="Size">What counts as their number.</param>
    readonly record struct Segment(int Sample, int Start, int End, int Size);

    /// <returns>The samples, the weights of labels about pictures multiplied by their segment's factor. Text-only samples are as they were,
    /// and count as answers of one token each.</returns>
    public static IReadOnlyList<EncodedSample> Apply(
        LossBalance balance, IReadOnlyList<EncodedSample> samples, PicturePositions imageTokens)
    {
        if (samples.FirstOrDefault(s => s.Chat.Turns.Count == 0) is { } unknown)
            throw new ArgumentException($"sample '{unknown.Id}' does not tell where its answers are", nameof(samples));
        Segment[] segments = [.. balance.Compat ? Published(samples, imageTokens) : samples.SelectMany(Answers)];
        if (segments.Length == 0) return samples;
        var factors = Factors(balance, segments);
        var weights = samples.Select(s => s.IsText ? s.Chat.Weights : [.. s.Chat.Weights]).ToArray();
        foreach (var (segment, factor) in segments.Zip(factors))
        {
            if (samples[segment.Sample].IsText) continue;
            for (var i = segment.Start; i < segment.End; i++) weights[segment.Sample][i] = (float)(weights[segment.Sample][i] * factor);
        }
        return [.. samples.Zip(weights, (sample, changed) => sample with { Chat = sample.Chat with { Weights = changed } })];
    }

    static double[] Factors(LossBalance balance, Segment[] segments)
    {
        var logs = Array.ConvertAll(segments, s => Math.Log(s.Size + 1));
        var largest = logs.Max();
        var factors = Array.ConvertAll(logs, log => Math.Pow(log / largest, -balance.Order));
        var mean = balance.Normalise ? factors.Average() : 1;
        return Array.ConvertAll(factors, factor => Math.Max(factor / mean, 1));
    }

    /// <summary>
    /// Each answer with its end token. The template's labels around it are in none, so that masks do not move the balance.
    /// </summary>
    static IEnumerable<Segment> Answers(EncodedSample sample, int index)
    {
        foreach (var turn in sample.Chat.Turns)
        {
            if (turn.Role != Role.Assistant) continue;
            var labels = sample.Chat.Weights[turn.Start..turn.End].Count(weight => weight > 0);
            if (labels > 0) yield return new Segment(index, turn.Start, turn.End, sample.IsText ? 1 : labels);
        }
    }

    /// <summary>
    /// As the published code splits: behind every end token that is a label; all positions count, and the padding that a batch in a
    /// rectangle has behind a conversation is a segment too.
    /// </summary>
    static IEnumerable<Segment> Published(IReadOnlyList<EncodedSample> samples, PicturePositions imageTokens)
    {
        var longest = samples.Max(s => PackedBatch.LengthOf(s.Chat, imageTokens, s.Layouts));
        for (var sample = 0; sample < samples.Count; sample++)
        {
            var chat = samples[sample].Chat;
            var ends = chat.Turns.Where(turn => chat.Weights[turn.End - 1] > 0).Select(turn => turn.End).ToHashSet();
            var layouts = samples[sample].Layouts;
            var (start, size, padding, picture) = (0, 0, longest - PackedBatch.LengthOf(chat, imageTokens, layouts), 0);
            for (var i = 0; i < chat.Ids.Length; i++)
            {
                size += chat.Ids[i] == EncodedChat.ImageSlot ? imageTokens.Of(layouts, picture++) : 1;
                if (!ends.Contains(i + 1)) continue;
                yield return new Segment(sample, start, i + 1, samples[sample].IsText ? 1 : size);
                (start, size) = (i + 1, 0);
            }
            if (size + padding > 0) yield return new Segment(sample, start, chat.Ids.Length, samples[sample].IsText ? 1 : size + padding);
        }
    }
}
