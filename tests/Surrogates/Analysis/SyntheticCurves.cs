using Grafting.Core.Numerics;
using Grafting.Surrogates.Analysis;

namespace Grafting.Tests.Surrogates.Analysis;

/// <summary>A shape that trajectories have, with a known first late layer.</summary>
public enum Family
{
    /// <summary>The trajectory measured in an 8-layer prototype: a jump at layer 4.</summary>
    Prototype,

    /// <summary>32 layers: a noisy plateau between 10 and 12, from about layer 15 a straight decline to 0.</summary>
    Llama,

    /// <summary>The same with a decline that slows down.</summary>
    LlamaConvex,

    /// <summary>The same with a decline that speeds up.</summary>
    LlamaConcave,

    /// <summary>80 layers, decline from between 57 and 60, of any curvature.</summary>
    Qwen,

    /// <summary>48 layers: above 12 and very noisy in the first seven, then slowly down, from between 25 and 27 fast.</summary>
    Gemma,

    /// <summary>The same, but fast first, with a jump at the transition and a long tail.</summary>
    GemmaJump,

    /// <summary>A straight decline to 0 without any transition, noise in proportion to the level.</summary>
    Straight,

    /// <summary>A constant with noise.</summary>
    Flat,
}

/// <summary>
/// Curves with the noise of real ones: a wiggle of the model that all samples share, a factor of each sample, and noise of each value in
/// proportion to it.
/// </summary>
static class SyntheticCurves
{
    public static (double[][] Curves, int Transition) Make(
        Family family, ulong seed, int samples = 60, double noise = 0.2, int? layers = null)
    {
        var random = new DeterministicRandom(seed, (ulong)family + 1);
        var (mean, transition) = Mean(family, random, layers);
        var curves = new double[samples][];
        for (var sample = 0; sample < samples; sample++)
        {
            var factor = 0.1 * random.NextGaussian();
            curves[sample] = [.. mean.Select((value, layer) =>
                value * Math.Exp(factor + (family == Family.Prototype || layer < transition ? 1 : 0.6) * noise * random.NextGaussian()))];
        }
        return (curves, transition);
    }

    /// <summary>Measurements whose criteria all follow the family; top-1 agreement mirrored into [0, 1].</summary>
    public static LayerMeasurements Measurements(Family family, ulong seed, int samples = 60, double noise = 0.2)
    {
        var trajectory = Make(family, seed, samples, noise).Curves;
        var vocabulary = Make(family, seed + 1, samples, noise).Curves;
        double[][] influence =
            [.. Make(family, seed + 2, samples, noise).Curves.Select(curve => curve.Select(value => value / 40).ToArray())];
        var top = vocabulary.Max(curve => curve.Max());
        double[][] agreement = [.. vocabulary.Select(curve => curve.Select(value => 1 - value / top).ToArray())];
        return new LayerMeasurements(
            [.. Enumerable.Range(0, samples).Select(i => $"sample {i}")], trajectory[0].Length, new Dictionary<Criterion, double[][]>
            {
                [Criterion.Trajectory] = trajectory,
                [Criterion.VocabularyKl] = vocabulary,
                [Criterion.TopOneAgreement] = agreement,
                [Criterion.BlockInfluence] = influence,
            });
    }

    static (double[] Mean, int Transition) Mean(Family family, DeterministicRandom random, int? depth)
    {
        if (family == Family.Prototype) return ([10.06, 0.87, 0.51, 0.49, 0.13, 0.12, 0.12, 0], 4);
        var (layers, transition) = family switch
        {
            Family.Qwen => (80, random.NextInt(57, 60)),
            Family.Gemma or Family.GemmaJump => (48, random.NextInt(25, 27)),
            Family.Straight or Family.Flat => (depth ?? 32, 0),
            _ => (32, random.NextInt(14, 16)),
        };
        var power = family switch
        {
            Family.Llama => 1,
            Family.LlamaConvex => 1.6,
            Family.LlamaConcave => 0.7,
            _ => random.Pick<double>([0.8, 1, 1.3]),
        };
        var level = 10 + 2 * random.NextDouble();
        var mean = new double[layers];
        for (var layer = 0; layer < layers; layer++)
        {
            var decline = Math.Pow(Math.Min(1, (layers - 1 - layer) / (double)(layers - transition)), power);
            var early = layer < transition;
            var way = (layer - 7) / (transition - 7.0);
            var value = family switch
            {
                Family.Straight => 12 * (1 - layer / (layers - 1.0)),
                Family.Flat => 3,
                Family.Gemma => layer < 7 ? 13 : early ? 12 - 2 * way : 10 * decline,
                Family.GemmaJump => layer < 7 ? 13 : early ? 12 - 8 * way : 3.5 * decline,
                _ => level * decline,
            };
            var wiggle = !early && transition > 0 ? 0.02 : family is Family.Gemma or Family.GemmaJump && layer < 7 ? 0.08 : 0.04;
            mean[layer] = value * (1 + wiggle * random.NextGaussian());
        }
        if (transition > 0) mean[0] = 9 + 4 * random.NextDouble();
        mean[^1] = 0;
        return (mean, transition);
    }
}
