using System.Globalization;
using Grafting.Core;
using Grafting.Core.Models;

namespace Grafting.Surrogates.Planning;

/// <summary>How much is trained on: samples of both stages, each taken as one picture with its text.</summary>
/// <param name="StageOne">Published: 624,610 of LLaVA-665K and 500,000 of GenQA.</param>
/// <param name="StageTwo">Published: the part of LLaVA-665K with pictures.</param>
public sealed record SampleCounts(long StageOne = 1_124_610, long StageTwo = 624_610)
{
    /// <summary>From the command line: <c>N</c> for stage 1 alone, or <c>N,M</c> for both.</summary>
    /// <exception cref="GraftException">Usage.</exception>
    public static SampleCounts Parse(string text)
    {
        var parts = text.Split(',');
        long two = 0;
        if (parts.Length <= 2 && Number(parts[0], out var one) && (parts.Length == 1 || Number(parts[1], out two))) return new(one, two);
        throw Fault.Usage(
            $"--samples is {Printable.Quote(text)}, which is not one or two whole numbers.",
            "E.g. --samples 100000 for stage 1 alone, or --samples 100000,50000.");

        static bool Number(string part, out long number) =>
            long.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number <= 1_000_000_000_000;
    }
}

/// <summary>What the training may take at most; null is no limit.</summary>
/// <param name="Memory">Bytes of one device; nothing is shared between devices.</param>
/// <param name="Hours">
/// Of both stages together, on one device; where nobody said what trains, the plan says what speed they ask for.
/// </param>
public sealed record PlanLimits(long? Memory = null, double? Hours = null);

/// <summary>Everything beside the target that a plan rests on.</summary>
/// <param name="Speed">Null where nobody said what trains: then there are no hours.</param>
/// <param name="Transition">Null takes the published one.</param>
public sealed record PlanRequest(
    TrainingWorkload Work, VisionTowerConfig Tower, SampleCounts Samples, PlanLimits Limits, Speed? Speed = null,
    KnownTransition? Transition = null)
{
    /// <exception cref="GraftException">Usage, naming the value.</exception>
    public PlanRequest Validate()
    {
        Work.Validate();
        Fault.IfOutside(Limits.Hours ?? 1, 0.001, 1e6, "--hours");
        return this;
    }
}
