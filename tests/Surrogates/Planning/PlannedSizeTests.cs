using System.Globalization;
using System.Text.Json;
using Grafting.Surrogates.Planning;
using Grafting.Tests.Support;

namespace Grafting.Tests.Surrogates.Planning;

public class PlannedSizeTests
{
    static JsonElement Config(int width, int inner, int layers, int heads, int vocabulary) =>
        JsonSerializer.SerializeToElement(new Dictionary<string, object>
        {
            ["model_type"] = "llama",
            ["hidden_size"] = width,
            ["intermediate_size"] = inner,
            ["num_hidden_layers"] = layers,
            ["num_attention_heads"] = heads,
            ["num_key_value_heads"] = 8,
            ["vocab_size"] = vocabulary,
            ["torch_dtype"] = "bfloat16",
        });

    static IEnumerable<TestCaseData> Models()
    {
        foreach (var (folder, sizes) in new[]
        {
            ("meta-llama-3.1-70B-Instruct", "llama-3.1-70b"), ("meta-llama-3.1-8B-Instruct", "llama-3.1-8b"),
            ("meta-llama-3.2-3B-Instruct", "llama-3.2-3b"), ("meta-llama-3.2-1B-Instruct", "llama-3.2-1b"),
        })
        {
            yield return new TestCaseData(() => PlanTarget.Real(folder), sizes).SetArgDisplayNames(sizes);
        }
        // Listed without a configuration; these are the sizes in the publishers' own.
        yield return new TestCaseData(() => Config(16384, 53248, 126, 128, 128256), "llama-3.1-405b").SetArgDisplayNames("llama-3.1-405b");
        yield return new TestCaseData(() => Config(4096, 14336, 32, 32, 32768), "mistral-7b-v0.3").SetArgDisplayNames("mistral-7b-v0.3");
    }

    [TestCaseSource(nameof(Models))]
    public void Every_candidate_and_the_whole_target_have_the_sizes_of_the_published_tensors(Func<JsonElement> config, string sizes)
    {
        using var all = JsonDocument.Parse(File.ReadAllText(Shared.Real("configs/expected_sizes.json")));
        var expected = all.RootElement.GetProperty(sizes);
        var (embed, layer) = (expected.GetProperty("embed").GetInt64(), expected.GetProperty("per_layer").GetInt64());
        var survey = PlanTarget.Survey(config());
        var whole = survey.Baseline.Parameters;
        var head = whole - (embed + survey.Target.Width + expected.GetProperty("layers").GetInt32() * layer);
        Assert.Multiple(() =>
        {
            Assert.That(whole, Is.EqualTo(expected.GetProperty("params_listed").GetInt64()));
            Assert.That(survey.Baseline.Layers, Is.EqualTo(expected.GetProperty("layers").GetInt32()));
            Assert.That(head, Is.AnyOf(0L, embed));
            Assert.That(
                survey.Candidates.Zip(survey.Candidates.Skip(1), (a, b) => b.Cost.Parameters - a.Cost.Parameters), Is.All.EqualTo(layer));
            Assert.That(
                survey.Candidates.Select(candidate => candidate.KeptPrefix), Is.EqualTo(Enumerable.Range(1, survey.Baseline.Layers - 3)));
            // The list counts the first k layers without the head.
            foreach (var first in expected.GetProperty("surrogate_first_k_params").EnumerateObject())
            {
                var layers = int.Parse(first.Name, CultureInfo.InvariantCulture);
                var cost = TrainingCost.Of(new DecoderLayout(survey.Target, new bool[layers]), survey.Request);
                Assert.That(cost.Parameters - head, Is.EqualTo(first.Value.GetInt64()), first.Name);
                if (layers >= 3) Assert.That(survey.Candidates[layers - 3].Cost.Parameters, Is.EqualTo(cost.Parameters));
            }
        });
    }

    // Its configuration has six rows more than its index (128,262 and 128,256), in the embedding and in the head.
    [Test]
    public void Reflection_has_the_size_that_its_index_states_and_the_rows_that_its_configuration_adds()
    {
        using var index = JsonDocument.Parse(
            File.ReadAllText(Shared.Real("configs/Reflection-Llama-3.1-70B/model.safetensors.index.json")));
        var survey = PlanTarget.Survey(PlanTarget.Real("Reflection-Llama-3.1-70B"));
        Assert.That(
            4 * (survey.Baseline.Parameters - 2 * 6 * 8192),
            Is.EqualTo(index.RootElement.GetProperty("metadata").GetProperty("total_size").GetInt64()));
    }

    // Parameters as the publisher's checkpoint lists them.
    [Test]
    public void Qwen2_with_its_biases_has_the_published_size() =>
        Assert.That(PlanTarget.Survey(PlanTarget.Real("Qwen2-72B-Instruct")).Baseline.Parameters, Is.EqualTo(72_706_203_648));

    [Test]
    public void The_published_tower_has_its_known_size_and_the_shape_that_is_counted_is_the_module_that_is_built()
    {
        var vision = VisionShape.Of(VisionShape.ClipLarge336, 4096);
        using var tower = VisionShape.ClipLarge336.Build(
            new Core.Models.FeaturePath(), TorchSharp.torch.META, TorchSharp.torch.ScalarType.BFloat16);
        using var adapter = new Core.Models.Adapters.MlpAdapter(
            new(1024, 4096), TorchSharp.torch.META, TorchSharp.torch.ScalarType.BFloat16);
        Assert.Multiple(() =>
        {
            Assert.That(vision.TowerParameters, Is.EqualTo(303_507_456));
            Assert.That(tower.parameters().Sum(parameter => parameter.NumberOfElements), Is.EqualTo(vision.TowerParameters));
            Assert.That(adapter.parameters().Sum(parameter => parameter.NumberOfElements), Is.EqualTo(vision.AdapterParameters));
            Assert.That(vision.Tokens, Is.EqualTo(577));
        });
    }

    static readonly Core.Models.VisionTowerConfig[] Towers =
    [
        VisionShape.ClipLarge336,
        new Core.Models.Towers.Siglip.SiglipVisionConfig(1152, 4304, 27, 16, 384, 14, Head: false),
        new Core.Models.Towers.Dinov2.Dinov2Config(1024, 24, 16, 224, 14),
        new Core.Models.Towers.Dinov2.Dinov2Config(1536, 40, 24, 224, 14, Gated: true, Registers: 4),
    ];

    [Test]
    public void The_matrices_of_a_block_are_those_of_the_module_that_is_built(
        [ValueSource(nameof(Towers))] Core.Models.VisionTowerConfig config)
    {
        var vision = VisionShape.Of(config, 4096) with { Path = new(KeepClass: config.Shape.ClassTokens > 0) };
        using var tower = config.Build(vision.Path, TorchSharp.torch.META, TorchSharp.torch.ScalarType.BFloat16);
        Assert.Multiple(() =>
        {
            foreach (var block in tower.Blocks)
            {
                Assert.That(
                    block.parameters().Where(p => p.shape.Length == 2).Sum(p => p.NumberOfElements), Is.EqualTo(vision.BlockMatrices));
            }
            Assert.That(tower.parameters().Single(p => p.shape.Length == 4).NumberOfElements, Is.EqualTo(vision.PatchMatrix));
            Assert.That(vision.Features, Is.EqualTo(tower.Tokens));
        });
    }

    [Test]
    public void A_tower_is_not_a_target() =>
        Assert.That(
            () => PlanTarget.Survey(PlanTarget.Real("clip-vit-large-patch14")),
            Throws.TypeOf<Core.GraftException>().With.Message.Contains("\"clip\" is not a known decoder family"));
}
