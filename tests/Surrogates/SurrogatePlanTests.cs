using System.Text.Json;
using System.Text.Json.Nodes;
using Grafting.Core;
using Grafting.Core.Checkpoints;
using Grafting.Surrogates;
using Grafting.Tests.Support;

namespace Grafting.Tests.Surrogates;

public class SurrogatePlanTests
{
    static SurrogatePlan Plan(JsonObject config, CutRequest cut) => SurrogatePlan.Create(TinyTarget.Element(config), cut);

    static JsonElement RealConfig(string model) => JsonElement.Parse(File.ReadAllText(Shared.Real($"configs/{model}/config.json")));

    [TestCase("meta-llama-3.1-70B-Instruct", "llama-3.1-70b")]
    [TestCase("meta-llama-3.1-8B-Instruct", "llama-3.1-8b")]
    [TestCase("meta-llama-3.2-1B-Instruct", "llama-3.2-1b")]
    [TestCase("meta-llama-3.2-3B-Instruct", "llama-3.2-3b")]
    public void Sizes_of_real_models_are_those_of_their_published_tensors(string config, string sizes)
    {
        using var all = JsonDocument.Parse(File.ReadAllText(Shared.Real("configs/expected_sizes.json")));
        var expected = all.RootElement.GetProperty(sizes);
        var plan = SurrogatePlan.Create(RealConfig(config), CutRequest.Layers(4));
        Assert.Multiple(() =>
        {
            Assert.That(plan.TargetParameters.Total, Is.EqualTo(expected.GetProperty("params_listed").GetInt64()));
            Assert.That(plan.TargetParameters.Layers, Is.EqualTo(expected.GetProperty("layers").GetInt32()));
            Assert.That(plan.TargetParameters.Embedding, Is.EqualTo(expected.GetProperty("embed").GetInt64()));
            Assert.That(plan.Parameters.Layer, Is.EqualTo(expected.GetProperty("per_layer").GetInt64()));
            Assert.That(plan.TargetBytes, Is.EqualTo(expected.GetProperty("bf16_bytes").GetInt64()));
            // The list counts the first k layers without the head.
            foreach (var first in expected.GetProperty("surrogate_first_k_params").EnumerateObject())
            {
                var layers = int.Parse(first.Name, System.Globalization.CultureInfo.InvariantCulture);
                Assert.That(plan.Target.Parameters(layers) - plan.Parameters.Head, Is.EqualTo(first.Value.GetInt64()), first.Name);
            }
        });
    }

    [TestCase("llama-3.1-70b", "meta-llama-3.1-70B-Instruct")]
    [TestCase("llama-3.1-8b", "meta-llama-3.1-8B-Instruct")]
    [TestCase("llama-3.2-3b", "meta-llama-3.2-3B-Instruct")]
    [TestCase("llama-3.2-1b", "meta-llama-3.2-1B-Instruct")]
    public void Names_and_shapes_of_real_models_are_those_of_their_published_tensors(string shapes, string config)
    {
        var layout = new TargetLayout(TargetShape.ReadConfig(RealConfig(config), "config.json"));
        var expected = layout.Outer.Concat(Enumerable.Range(0, layout.Layers).SelectMany(
                layer => layout.Layer.Select(tensor => (Name: $"model.layers.{layer}.{tensor.Name}", tensor.Shape))))
            .Select(tensor => $"{tensor.Name} shape: [{string.Join(", ", tensor.Shape)}]");
        var lines = File.ReadAllLines(Shared.Real($"configs/shapes/{shapes}.txt"))
            .Where(line => line.Contains("shape:", StringComparison.Ordinal))
            .Select(line => line[(line.IndexOf(':', StringComparison.Ordinal) + 2)..])
            // Tied heads are listed as well.
            .Where(line => !layout.Config.TieEmbeddings || !line.StartsWith("lm_head", StringComparison.Ordinal));
        Assert.That(lines, Is.EquivalentTo(expected));
    }

    // Parameters as the publishers and the method's description state them.
    [TestCase("meta-llama-3.1-70B-Instruct", "40-78", 42, 38.04)]
    [TestCase("meta-llama-3.1-8B-Instruct", "17-30", 19, 5.195)]
    [TestCase("meta-llama-3.2-3B-Instruct", "16-26", 18, 2.206)]
    public void The_published_cuts_have_the_published_sizes_and_no_warning(string model, string range, int layers, double billions)
    {
        var plan = SurrogatePlan.Create(RealConfig(model), CutRequest.Parse(null, range));
        Assert.Multiple(() =>
        {
            Assert.That(plan.Layers, Has.Count.EqualTo(layers));
            Assert.That(plan.Parameters.Total / 1e9, Is.EqualTo(billions).Within(0.005));
            Assert.That(plan.Warnings.Where(warning => warning.StartsWith("keeps", StringComparison.Ordinal)), Is.Empty);
            Assert.That(plan.Layers[plan.Translators[0]].Source, Is.EqualTo(plan.Replaced[0].First));
        });
    }

    [TestCase("meta-llama-3.1-70B-Instruct", 8.95)]
    [TestCase("meta-llama-3.1-8B-Instruct", 2.80)]
    [TestCase("meta-llama-3.2-3B-Instruct", 1.20)]
    public void Eight_layers_have_the_computed_sizes_and_a_warning_that_names_the_nearest_published_cut(string model, double billions)
    {
        var plan = SurrogatePlan.Create(RealConfig(model), CutRequest.Layers(8));
        Assert.That(plan.Parameters.Total / 1e9, Is.EqualTo(billions).Within(0.005));
        Assert.That(plan.Warnings, Has.One.Contains("fewer than the published surrogate of this target"));
    }

    [Test]
    public void A_warning_names_the_published_cut_of_the_same_target()
    {
        var plan = SurrogatePlan.Create(RealConfig("meta-llama-3.1-8B-Instruct"), CutRequest.Layers(18));
        Assert.That(plan.Warnings, Has.One.EqualTo(
            "keeps 18 of 32 layers (56 %), fewer than the published surrogate of this target; nothing is known about grafts from such a "
                + "cut. The nearest published one is Llama-3.1-8B-Instruct: 19 of 32 layers (59 %; --layers 19, --replace 17-30)."));
        Assert.That(
            SurrogatePlan.Create(RealConfig("meta-llama-3.1-8B-Instruct"), CutRequest.Layers(19)).Warnings, Has.None.Contains("keeps"));
    }

    [Test]
    public void Any_other_target_is_compared_with_the_deepest_published_cut()
    {
        Assert.That(Plan(TinyTarget.Config(80), CutRequest.Layers(42)).Warnings, Is.Empty);
        Assert.That(Plan(TinyTarget.Config(80), CutRequest.Layers(41)).Warnings, Has.One.Contains("fewer than any published surrogate"));
    }

    [Test]
    public void Every_cut_of_every_depth_keeps_the_front_one_translator_and_what_is_behind_the_range([Range(4, 100, 8)] int depth)
    {
        var random = new Random(depth);
        for (var trial = 0; trial < 20; trial++)
        {
            var first = random.Next(1, depth - 2);
            var last = random.Next(first + 1, depth - 1);
            var plan = Plan(TinyTarget.Config(depth), CutRequest.Replace(first, last));
            var sources = Enumerable.Range(0, first + 1).Concat(Enumerable.Range(last + 1, depth - 1 - last));
            Assert.Multiple(() =>
            {
                Assert.That(plan.Layers.Select(layer => layer.Source), Is.EqualTo(sources));
                Assert.That(plan.Layers.Select(layer => layer.Index), Is.EqualTo(Enumerable.Range(0, depth - (last - first))));
                Assert.That(plan.Translators, Is.EqualTo(new[] { first }));
                Assert.That(plan.Layers[^1].Kind, Is.EqualTo(LayerKind.Last));
                Assert.That(plan.Layers.Count(layer => layer.Kind == LayerKind.Inherited), Is.EqualTo(plan.Layers.Count - 2));
            });
            var total = random.Next(3, depth);
            var same = Plan(TinyTarget.Config(depth), CutRequest.Replace(total - 2, depth - 2));
            Assert.That(Plan(TinyTarget.Config(depth), CutRequest.Layers(total)).Layers, Is.EqualTo(same.Layers));
        }
    }

    [Test]
    public void Every_set_of_ranges_keeps_what_is_outside_and_so_many_translators_inside(
        [Range(4, 100, 12)] int depth, [Values] TranslatorStart start)
    {
        var random = new Random(depth);
        for (var trial = 0; trial < 50; trial++)
        {
            var (cut, ranges) = RandomCut(random, depth);
            var plan = SurrogatePlan.Create(TinyTarget.Element(TinyTarget.Config(depth)), cut, start: start);
            var outside = Enumerable.Range(0, depth).Where(layer => !ranges.Any(range => range.Contains(layer)));
            Assert.Multiple(() =>
            {
                Assert.That(
                    plan.Layers.Where(layer => layer.Kind != LayerKind.Translator).Select(layer => layer.Source), Is.EqualTo(outside),
                    $"{cut}");
                Assert.That(plan.Layers.Select(layer => layer.Index), Is.EqualTo(Enumerable.Range(0, plan.Layers.Count)));
                Assert.That(plan.Layers.Select(layer => layer.Source), Is.Ordered.And.Unique, $"{cut}");
                Assert.That(plan.Translators, Has.Count.EqualTo(ranges.Count * cut.Translators));
                Assert.That(
                    plan.Layers.TakeLast(cut.KeepLast).Select(layer => layer.Source),
                    Is.EqualTo(Enumerable.Range(depth - cut.KeepLast, cut.KeepLast)));
                foreach (var range in ranges)
                {
                    var sources = plan.Layers.Where(layer => layer.Replaced == range).Select(layer => layer.Source).ToArray();
                    Assert.That(sources, Has.Length.EqualTo(cut.Translators).And.All.Matches<int>(range.Contains));
                    Assert.That(start == TranslatorStart.Last ? sources[^1] == range.Last : sources[0] == range.First, $"{cut} {start}");
                }
            });
        }
    }

    /// <summary>
    /// A cut that is possible: ranges longer than the translators, in order, apart from the first and the kept last layers.
    /// </summary>
    internal static (CutRequest Cut, IReadOnlyList<LayerRange> Ranges) RandomCut(Random random, int depth)
    {
        var translators = random.Next(1, Math.Max(2, Math.Min(4, depth - 2)));
        while (true)
        {
            var keepLast = random.Next(1, Math.Max(2, depth / 4));
            var ranges = new List<LayerRange>();
            for (var at = random.Next(1, depth); ; at = ranges[^1].Last + random.Next(1, 5))
            {
                var last = at + random.Next(translators, translators + Math.Max(1, depth / 3));
                if (last > depth - keepLast - 1) break;
                ranges.Add(new LayerRange(at, last));
            }
            if (ranges.Count > 0) return (CutRequest.Replace(ranges) with { Translators = translators, KeepLast = keepLast }, ranges);
            translators = 1;
        }
    }

    [Test]
    public void Biases_and_head_norms_are_counted_where_the_family_has_them()
    {
        JsonObject Qwen(string type) => new()
        {
            ["model_type"] = type,
            ["hidden_size"] = type == "qwen2" ? 3584 : 2560,
            ["intermediate_size"] = type == "qwen2" ? 18944 : 9728,
            ["num_hidden_layers"] = type == "qwen2" ? 28 : 36,
            ["num_attention_heads"] = type == "qwen2" ? 28 : 32,
            ["num_key_value_heads"] = type == "qwen2" ? 4 : 8,
            ["head_dim"] = 128,
            ["vocab_size"] = type == "qwen2" ? 152064 : 151936,
            ["tie_word_embeddings"] = type == "qwen3",
        };
        // As the publisher states them for Qwen2.5-7B and Qwen3-4B.
        Assert.Multiple(() =>
        {
            Assert.That(Plan(Qwen("qwen2"), CutRequest.Layers(20)).TargetParameters.Total, Is.EqualTo(7_615_616_512));
            Assert.That(Plan(Qwen("qwen3"), CutRequest.Layers(24)).TargetParameters.Total, Is.EqualTo(4_022_468_096));
        });
    }

    [Test]
    public void A_mistral_has_the_published_size()
    {
        var mistral = new JsonObject
        {
            ["model_type"] = "mistral",
            ["hidden_size"] = 4096,
            ["intermediate_size"] = 14336,
            ["num_hidden_layers"] = 32,
            ["num_attention_heads"] = 32,
            ["num_key_value_heads"] = 8,
            ["vocab_size"] = 32768,
        };
        Assert.That(Plan(mistral, CutRequest.Layers(20)).TargetParameters.Total, Is.EqualTo(7_248_023_552));
    }

    [Test]
    public void Memory_counts_the_weights_and_sixteen_bytes_per_trained_parameter()
    {
        var plan = SurrogatePlan.Create(RealConfig("meta-llama-3.2-1B-Instruct"), CutRequest.Layers(8));
        Assert.Multiple(() =>
        {
            Assert.That(plan.Memory.Training, Is.EqualTo(plan.BytesWritten + 16 * plan.Parameters.Layer));
            Assert.That(plan.Memory.Building, Is.LessThan(300_000_000));
            Assert.That(plan.BytesWritten, Is.EqualTo(2 * plan.Parameters.Total));
        });
    }

    [TestCase("model_type", "mamba", "the model type \"mamba\" is not a known decoder family; known are gemma2")]
    [TestCase("hidden_size", null, "hidden_size is missing")]
    [TestCase("num_hidden_layers", 0, "num_hidden_layers is 0; a target has at least one")]
    [TestCase("num_hidden_layers", 1.5, "\"num_hidden_layers\" is 1.5; a whole number was expected")]
    [TestCase("vocab_size", -1, "vocab_size is -1; it must be between 1 and")]
    [TestCase("tie_word_embeddings", 1, "\"tie_word_embeddings\" is 1; true or false was expected")]
    [TestCase("torch_dtype", "float8_e4m3fn", "the element type \"float8_e4m3fn\" is not")]
    public void A_configuration_that_cannot_be_cut_is_refused(string field, object? value, string because)
    {
        var config = TinyTarget.Config(8);
        config[field] = JsonSerializer.SerializeToNode(value);
        Assert.That(
            () => Plan(config, CutRequest.Layers(4)),
            Throws.TypeOf<GraftException>().With.Message.Contains(because).And.Property(nameof(GraftException.Kind))
                .EqualTo(ErrorKind.Input));
    }

    [Test]
    public void Quantised_weights_are_refused()
    {
        var config = TinyTarget.Config(8);
        config["quantization_config"] = new JsonObject { ["quant_method"] = "gptq" };
        Assert.That(() => Plan(config, CutRequest.Layers(4)), Throws.TypeOf<GraftException>().With.Message.Contains("quantised"));
    }

    [Test]
    public void What_is_assumed_is_said()
    {
        var config = TinyTarget.Config(8);
        config.Remove("model_type");
        config.Remove("torch_dtype");
        Assert.That(
            Plan(config, CutRequest.Layers(6)).Warnings,
            Has.One.EqualTo("config.json names no model_type; taken as llama").And.One.EqualTo(
                "config.json names no element type; taken as bfloat16"));
    }

    [Test]
    public void The_plan_of_a_folder_counts_the_bytes_of_its_files()
    {
        using var target = Checkpoint.Open(Shared.Real("models/stories260K"));
        var plan = SurrogatePlan.Create(target, CutRequest.Layers(4));
        var other = SurrogatePlan.Create(target.Config, CutRequest.Layers(4));
        Assert.Multiple(() =>
        {
            Assert.That(plan.Measured, Is.True);
            Assert.That(plan.BytesRead, Is.EqualTo(other.BytesRead));
            Assert.That(plan.TargetBytes, Is.EqualTo(other.TargetBytes));
            Assert.That(plan.ToJson()["layers"]!.AsArray().Select(layer => (int)layer!["source"]!), Is.EqualTo(new[] { 0, 1, 2, 4 }));
        });
    }
}
