using Grafting.Core;
using Grafting.Surrogates;

namespace Grafting.Recipes.Study;

/// <summary>A question of the study and the trainings that answer it.</summary>
/// <param name="Letter">By which <c>--only</c> chooses it.</param>
/// <param name="Conditions">Some belong to several groups; they are trained once.</param>
public sealed record StudyGroup(char Letter, string Title, IReadOnlyList<StudyCondition> Conditions);

/// <summary>Which trainings a study consists of, given where the targets' transitions were measured.</summary>
public sealed record StudyPlan(IReadOnlyList<StudyGroup> Groups, int Seeds)
{
    /// <summary>Factor on the translator's rate that group D tries beside the recipe's own: the adapter's rate itself.</summary>
    const double FullRate = 1;

    static readonly double[] SpecialWeights = [0, 1];

    /// <summary>Every training once, those of the main question first.</summary>
    public IReadOnlyList<StudyCell> Cells =>
    [
        .. Groups.OrderBy(asked => asked.Letter).SelectMany(asked => asked.Conditions).DistinctBy(condition => condition.Key)
            .SelectMany(condition => Enumerable.Range(1, Seeds).Select(seed => new StudyCell(condition, seed))),
    ];

    public StudyGroup? Group(char letter) => Groups.FirstOrDefault(group => group.Letter == letter);

    /// <param name="only">Letters of the groups wanted; null for all.</param>
    public static StudyPlan For(IReadOnlyList<StudyTarget> targets, StudyScale scale, string? only)
    {
        StudyGroup[] all = scale.Quick ? [.. Quick(targets[0])] : [.. Full(targets)];
        if (
            only?.FirstOrDefault(
                letter => !all.Any(group => group.Letter == letter) && letter is not ('A' or ',')) is { } unknown and not '\0')
        {
            throw Fault.Usage(
                $"--only names group '{unknown}', which this study has not.",
                $"Groups are A (trajectories, always there), {string.Join(", ", all.Select(group => $"{group.Letter} ({group.Title})"))}.");
        }
        return new StudyPlan([.. all.Where(group => only is null || only.Contains(group.Letter, StringComparison.Ordinal))], scale.Seeds);
    }

    static IEnumerable<StudyGroup> Quick(StudyTarget target) =>
    [
        new('B', "main comparison", [Main(target), Whole(target)]),
        new('C', "length of the prefix", [Main(target) with { Layers = Math.Max(1, target.Cut - 1) }, Main(target)]),
    ];

    static IEnumerable<StudyGroup> Full(IReadOnlyList<StudyTarget> targets)
    {
        var shallow = targets[0];
        var main = Main(shallow);
        // What presupposes a graft that works is asked of the small target alone.
        return
        [
            new('B', "main comparison", [.. targets.SelectMany(target => new[] { Main(target), Whole(target) })]),
            new(
                'C', "length of the prefix",
                [.. targets.SelectMany(target => Prefixes(target).Select(k => Main(target) with { Layers = k }))]),
            new('D', "start and rate of the translator", [.. targets.SelectMany(Translators)]),
            new('E', "naive slice", [.. targets.Select(target => Main(target) with { Decoder = StudyDecoder.Slice })]),
            new(
                'F', "text and labels",
                [main with { Text = false }, .. SpecialWeights.Select(weight => main with { SpecialTokenWeight = weight })]),
            new(
                'G', "fine-tuning",
                [main with { FineTuning = StudyFineTuning.FromGraft }, main with { FineTuning = StudyFineTuning.FromScratch }]),
            new('H', "held-out combinations", [main with { HeldOut = true }, Whole(shallow) with { HeldOut = true }]),
        ];
    }

    /// <summary>Cut at the measured transition, translator as the recipe says.</summary>
    public static StudyCondition Main(StudyTarget target) => new(target.Key, StudyDecoder.Surrogate, target.Cut);

    public static StudyCondition Whole(StudyTarget target) => new(target.Key, StudyDecoder.Whole, target.Depth);

    static StudyCondition[] Translators(StudyTarget target) =>
        [Main(target), Main(target) with { TranslatorRate = FullRate }, Main(target) with { Start = TranslatorStart.LeastSquares }];

    /// <summary>
    /// The last prefix before the measured cut, the cut, and evenly from there towards the longest that leaves something to replace, in one
    /// step for every five layers of the target; those that keep so much of it that little is saved are left out.
    /// </summary>
    public static IReadOnlyList<int> Prefixes(StudyTarget target)
    {
        const double MostKept = 0.65;
        var parts = Math.Max(1, target.Depth / 5);
        var most = target.Depth - 3;
        var prefixes = new SortedSet<int> { Math.Max(1, target.Cut - 1) };
        for (var part = 0; part <= parts; part++)
        {
            var layers = target.Cut + (part * (most - target.Cut) / parts);
            if (part == 0 || layers <= MostKept * target.Depth) prefixes.Add(layers);
        }
        return [.. prefixes];
    }
}
