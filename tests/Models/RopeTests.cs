using System.Text.Json.Nodes;
using Grafting.Core.Checkpoints;
using Grafting.Core.Models.Decoders;
using Grafting.Tests.Support;
using static TorchSharp.torch;

namespace Grafting.Tests.Models;

/// <summary>
/// Kinds of rotation for which no fixture exists, in a whole model, against plain loops over doubles that take the frequencies from the
/// papers' formulas. Linear and llama3 have fixtures.
/// </summary>
[TestFixture]
sealed class RopeTests
{
    // Float32 against float64; the fixture's own float32 run of the reference differs by 2.4e-5 (fixtures README), with angles up to 40.
    const double Tolerance = 2e-4;

    const int HeadWidth = 16;
    const int Tokens = 40;
    const double Theta = 10_000;

    static double Plain(int pair) => Math.Pow(Theta, -2.0 * pair / HeadWidth);

    [Test]
    public void Dynamic_scaling_raises_the_base_once_the_sequence_is_longer_than_the_original_context()
    {
        // Peng and Quesnelle's "NTK-aware" base: θ·(factor·length/original − (factor − 1))^(d/(d−2)).
        const double Factor = 3, Original = 16;
        var theta = Theta * Math.Pow((Factor * Tokens / Original) - (Factor - 1), HeadWidth / (HeadWidth - 2.0));
        Check(
            new() { ["rope_type"] = "dynamic", ["factor"] = Factor }, pair => Math.Pow(theta, -2.0 * pair / HeadWidth), 1,
            positions: (int)Original);
        // As long as it fits, nothing is scaled.
        Check(new() { ["type"] = "dynamic", ["factor"] = Factor }, Plain, 1, positions: 512);
    }

    [TestCase(true)]
    [TestCase(false)]
    public void Yarn_divides_slow_features_and_keeps_fast_ones(bool truncate)
    {
        // YaRN (arXiv 2309.00071), section 3.2: pairs that turn more than 32 times over the original context are kept, those that turn less
        // than once are divided by the factor, with a linear ramp over the pairs between; cosines and sines grow by 0.1·ln(factor) + 1.
        const double Factor = 4, Original = 64;
        double PairThatTurns(double times) => HeadWidth * Math.Log(Original / (2 * Math.PI * times)) / (2 * Math.Log(Theta));
        var (first, last) = (Math.Max(0, PairThatTurns(32)), Math.Min(HeadWidth - 1, PairThatTurns(1)));
        if (truncate) (first, last) = (Math.Max(0, Math.Floor(PairThatTurns(32))), Math.Ceiling(PairThatTurns(1)));
        double Yarn(int pair)
        {
            var divided = Math.Clamp((pair - first) / (last - first), 0, 1);
            return Plain(pair) * (divided / Factor + 1 - divided);
        }
        var rope = new JsonObject
        {
            ["rope_type"] = "yarn",
            ["factor"] = Factor,
            ["original_max_position_embeddings"] = Original,
            ["truncate"] = truncate,
        };
        Check(rope, Yarn, (0.1 * Math.Log(Factor)) + 1, positions: 256);
    }

    [Test]
    public void Yarn_takes_its_numbers_from_the_file()
    {
        const double Factor = 8, Original = 32, Given = 1.25;
        double PairThatTurns(double times) => HeadWidth * Math.Log(Original / (2 * Math.PI * times)) / (2 * Math.Log(Theta));
        var (first, last) = (Math.Max(0, Math.Floor(PairThatTurns(2))), Math.Ceiling(PairThatTurns(0.25)));
        double Yarn(int pair)
        {
            var divided = Math.Clamp((pair - first) / (last - first), 0, 1);
            return Plain(pair) * (divided / Factor + 1 - divided);
        }
        var rope = new JsonObject
        {
            ["rope_type"] = "yarn",
            ["original_max_position_embeddings"] = Original,
            ["beta_fast"] = 2.0,
            ["beta_slow"] = 0.25,
            ["attention_factor"] = Given,
        };
        // The factor follows from the two context lengths.
        Check(rope, Yarn, Given, positions: (int)(Factor * Original));
    }

    [Test]
    public void Every_kind_is_written_and_read_again()
    {
        foreach (var rope in new RopeConfig[]
        {
            new(5e5), new(1e4, RopeScaling.Linear, 4),
            new(1e4, RopeScaling.Dynamic, 2, OriginalPositions: Tiny.LlamaConfig.Shape.MaxPositions),
            new(5e5, RopeScaling.Llama3, 8, 1, 4, 8192),
            new(1e6, RopeScaling.Yarn, 4, OriginalPositions: 32768) { BetaFast = 16, BetaSlow = 2, Truncate = false, AngleFactor = 1.5 },
        })
        {
            var json = (Tiny.LlamaConfig with { Rope = rope }).ToJson(ScalarType.Float32);
            Assert.That(
                DecoderFamilies.ReadConfig(System.Text.Json.JsonSerializer.SerializeToElement(json)),
                Is.EqualTo(Tiny.LlamaConfig with { Rope = rope }));
        }
    }

    static void Check(JsonObject scaling, Func<int, double> frequency, double angleFactor, int positions)
    {
        using var folder = new TempFolder();
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var fixture = Shared.Fixture("decoders/llama_gqa");
        var json = JsonNode.Parse(File.ReadAllText(Path.Combine(fixture, Checkpoint.ConfigName)))!;
        json["rope_scaling"] = scaling;
        json["max_position_embeddings"] = positions;
        folder.Write(Checkpoint.ConfigName, json.ToJsonString());
        File.Copy(Path.Combine(fixture, Checkpoint.SingleFileName), folder[Checkpoint.SingleFileName]);

        using var model = DecoderFamilies.Load(folder.Path, CPU, ScalarType.Float32);
        using var loops = new DoubleLlama(folder.Path) { Frequency = frequency, AngleFactor = angleFactor };
        var ids = Enumerable.Range(0, Tokens).Select(i => (i * 37) % loops.Vocabulary).ToArray();
        var row = tensor(Array.ConvertAll(ids, id => (long)id)).unsqueeze(0);
        var hidden = new List<Tensor>();
        model.forward(model.embed(row), arange(Tokens, ScalarType.Int64).unsqueeze(0), null, hiddenStates: hidden);
        var expected = loops.Borders(ids);
        for (var border = 0; border <= loops.Layers; border++)
        {
            var values = tensor(expected[border].SelectMany(state => state).ToArray()).reshape(1, Tokens, -1);
            Compare.Close(hidden[border], values, Tolerance, $"after {border} layers");
        }
    }
}
