using Grafting.Core;
using Grafting.Core.Data;
using Grafting.Core.Numerics;
using Grafting.Recipes.Schema;

namespace Grafting.Recipes.Runs;

/// <summary>Where the run stands when a fraction of the data has been read.</summary>
/// <param name="Fraction">Of all samples.</param>
/// <param name="Samples">How many that is.</param>
/// <param name="Steps">Optimizer steps from the start.</param>
public sealed record FineTuneMark(double Fraction, int Samples, int Steps);

/// <summary>
/// Which samples a fine-tuning run reads, and when. Each group stands in a hash order, so that 10 % of it lie within 20 %; between two
/// marks, as many samples are read per epoch as lie between their fractions, from these alone, so that at its mark a run has read that
/// fraction and nothing else. Of several groups each gives its share by weight, and one that is through is begun again.
/// </summary>
/// <param name="Marks">One for each fraction.</param>
/// <param name="Samples">Indices in the data set, in the order of reading.</param>
sealed record FineTuneOrder(IReadOnlyList<FineTuneMark> Marks, IReadOnlyList<int> Samples)
{
    /// <param name="fractions">Rising, above 0.</param>
    /// <param name="buffer">
    /// Reads what lies between two marks as it stands in the files, through a <see cref="ShuffleBuffer"/>; null: in hash order.
    /// </param>
    /// <exception cref="GraftException">Usage, when a fraction is less than a step.</exception>
    public static FineTuneOrder Of(
        IReadOnlyList<SampleGroup> groups, ulong seed, FineTuneSection section, IReadOnlyList<double> fractions, int? buffer)
    {
        int[][] orders = [.. groups.Select(group => Array.ConvertAll(HashOrder.Of(group.Samples, seed), place => group.Indices[place]))];
        var (random, taken) = (new DeterministicRandom(seed), new int[groups.Count]);
        var (marks, samples) = (new List<FineTuneMark>(), new List<int>());
        foreach (var fraction in fractions)
        {
            int[] ends = Array.ConvertAll(orders, order => (int)Math.Round(fraction * order.Length));
            Read([.. orders.Select((order, i) => order[taken[i]..ends[i]])]);
            taken = ends;
            var steps = samples.Count / section.Batch;
            if (steps <= (marks.Count == 0 ? 0 : marks[^1].Steps))
            {
                throw Fault.Usage(
                    FormattableString.Invariant(
                        $"a fraction of {fraction} is {ends.Sum()} of {orders.Sum(order => order.Length)} samples, ")
                        + FormattableString.Invariant($"which makes no step of {section.Batch} beyond the mark before."),
                    "Give a larger fraction, or a smaller fineTune.batch in the recipe.");
            }
            marks.Add(new FineTuneMark(fraction, ends.Sum(), steps));
        }
        return new FineTuneOrder(marks, samples);

        // A group of which nothing lies between two marks gives nothing there.
        void Read(int[][] parts)
        {
            var due = (int)Math.Round(parts.Sum(part => part.Length) * section.Epochs);
            int[] filled = [.. Enumerable.Range(0, parts.Length).Where(i => parts[i].Length > 0)];
            if (filled.Length == 0) return;
            var begun = (ulong)samples.Count << 24;
            IEnumerator<int>[] passes = [.. filled.Select(i => Passes(parts[i], begun ^ ((ulong)i << 56)).GetEnumerator())];
            var mix = new MixOrder([.. filled.Select(i => groups[i].Weight)]);
            for (var k = 0; k < due; k++)
            {
                var pass = passes[mix.At(k).Source];
                pass.MoveNext();
                samples.Add(pass.Current);
            }
        }

        // Endless. The first pass keeps the hash order, so that one epoch of a fraction is the same run whatever marks lie before it.
        IEnumerable<int> Passes(int[] part, ulong stream)
        {
            if (buffer is { } size)
            {
                Array.Sort(part);
                for (var order = new ShuffleBuffer(seed ^ stream, part.Length, size); ;) yield return part[order.Next()];
            }
            while (true)
            {
                int[] pass = [.. part];
                random.Shuffle<int>(part);
                foreach (var sample in pass) yield return sample;
            }
        }
    }
}
