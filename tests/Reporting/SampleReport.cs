using Grafting.Core.Evaluation;
using Grafting.Core.Imaging;
using Grafting.Core.Numerics;
using Grafting.Core.Reporting;
using Grafting.Core.Reporting.Charts;

namespace Grafting.Tests.Reporting;

/// <summary>A made-up report with everything in it.</summary>
static class SampleReport
{
    static readonly string[] types = ["color", "count", "exists", "more", "shape"];

    public static TransferReport Make(int questions = 600)
    {
        KeyValuePair<string, SystemScore>[] systems =
        [
            new("pair", Score(questions, 0.862, 0.41, 1)), new("graft", Score(questions, 0.858, 0.44, 2)),
            new("blind", Score(questions, 0.331, 2.93, 3)), new("text", Score(questions, 0.984, 0.05, 4)),
        ];
        var (pair, graft, blind) = (systems[0].Value, systems[1].Value, systems[2].Value);
        var examples = TransferResult.ChooseExamples(systems, 9);
        var result = new TransferResult(
            "toy", "grafts/surrogate-toy-6", "grafts/bundle-toy-6", "grafts/graft-toy-6", systems,
            [new("graft-pair", graft.Minus(pair, 1)), new("graft-blind", graft.Minus(blind, 1))],
            [new("build-surrogate", 0.31), new("stage 1", 41.7), new("stage 2", 118.2), new("transfer", 0.2), new("evaluation", 37.9)],
            examples, "grafts/graft-toy-6/report.html");
        return new TransferReport(
            "Zero-shot graft onto toy", result,
            [
                new("Target", "toy: 8 decoder layers, width 64, 0.33 M parameters"),
                new("Surrogate", "6 layers, translator in place of layers 4 to 6"),
                new("Tower", "ViT from scratch: 3 layers, width 64, 24 × 24 pixels in patches of 8"),
                new("Device", "CPU, float32, 2 threads"),
                new("Tensor library", "libtorch 1.13.1 (system)"), new("Seeds", "training 1337, evaluation 7"),
            ],
            new LayerMap(8, [0, 1, 2, 3, 7], [4]), [Curve("stage 1", 150, 2.1, 5), Curve("stage 2", 4500, 3.4, 6)],
            examples.DistinctBy(example => example.Picture).ToDictionary(example => example.Picture, example => Picture(example.Picture)),
            ["3 samples were skipped: their pictures could not be read."]);
    }

    static SystemScore Score(int questions, double share, double nll, ulong seed)
    {
        var random = new DeterministicRandom(seed);
        return SystemScore.From(
        [
            .. Enumerable.Range(0, questions).Select(i =>
            {
                var correct = random.Chance(share);
                var type = types[i % types.Length];
                var expected = type is "exists" or "more" ? "yes" : type == "count" ? "three" : type == "shape" ? "square" : "blue";
                return new ScoredAnswer(
                    $"s{i / 3}", $"images/{i / 3}.png", type, $"What {type} is the thing & its <neighbour>?", expected,
                    correct ? expected : "no", correct, nll * (0.5 + random.NextDouble()));
            }),
        ], 7);
    }

    static TrainingCurve Curve(string stage, int steps, double from, ulong seed)
    {
        var random = new DeterministicRandom(seed);
        double Loss(int step) => 0.08 + from * Math.Exp(-5.0 * step / steps);
        return new TrainingCurve(
            stage,
            [.. Enumerable.Range(1, steps).Select(step => new CurvePoint(step, Loss(step) * Math.Exp(0.25 * random.NextGaussian())))],
            [.. Enumerable.Range(1, 10).Select(i => new CurvePoint(steps * i / 10.0, Loss(steps * i / 10) * 1.05))]);
    }

    /// <summary>Coloured squares on grey.</summary>
    static byte[] Picture(string name)
    {
        const int side = 24;
        var random = new DeterministicRandom((ulong)name.Length * 31 + name[^5]);
        var pixels = new byte[side * side * 3];
        Array.Fill(pixels, (byte)214);
        for (var cell = 0; cell < 9; cell++)
        {
            if (random.Chance(0.6)) continue;
            byte[] color = random.Pick<byte[]>([[200, 50, 40], [40, 90, 200], [30, 140, 70], [230, 180, 40]]);
            for (var y = 1; y < 7; y++)
                for (var x = 1; x < 7; x++)
                    color.CopyTo(pixels, 3 * ((cell / 3 * 8 + y) * side + cell % 3 * 8 + x));
        }
        return PngWriter.Encode(new RgbImage(side, side, pixels));
    }
}
