using System.Text.Json;
using System.Text.Json.Nodes;
using Grafting.Core;
using Grafting.Core.Models.Decoders;
using Grafting.Core.Models.Decoders.Llama;
using Grafting.Core.Models.Towers;
using Grafting.Core.Models.Towers.Clip;
using static TorchSharp.torch;

namespace Grafting.Tests.Models;

[TestFixture]
sealed class ConfigTests
{
    [Test]
    public void What_is_written_is_read_again()
    {
        var rope = new RopeConfig(5e5, RopeScaling.Llama3, 8, 1, 4, 8192);
        foreach (
            var config in new[] { Tiny.LlamaConfig, Tiny.LlamaConfig with { Rope = rope },
                Tiny.LlamaConfig with { Rope = new(1e4, RopeScaling.Linear, 4) } })
            Assert.That(DecoderFamilies.ReadConfig(Element(config.ToJson(ScalarType.Float32))), Is.EqualTo(config));
        Assert.That(TowerFamilies.ReadConfig(Element(Tiny.TowerConfig.ToJson(ScalarType.Float32))), Is.EqualTo(Tiny.TowerConfig));
    }

    [Test]
    public void Absent_fields_have_the_values_that_transformers_gives_them()
    {
        // As in llava-1.5-7b's text_config.
        var config = (LlamaConfig)DecoderFamilies.ReadConfig(
            JsonElement.Parse("""{"model_type": "llama", "max_position_embeddings": 4096, "rms_norm_eps": 1e-05, "vocab_size": 32064}"""));
        Assert.That(config, Is.EqualTo(new LlamaConfig(new(4096, 11008, 32, 32, 32, 128, 32064, 4096), 1e-5, new RopeConfig(10_000))));
    }

    [TestCase("model_type", "\"mamba\"", "mamba")]
    [TestCase("hidden_act", "\"relu\"", "relu")]
    [TestCase("hidden_act", "\"gelu\"", "gelu")]
    [TestCase("rope_scaling", """{"rope_type": "longrope", "short_factor": [1.0], "long_factor": [2.0]}""", "longrope")]
    [TestCase("rope_scaling", """{"rope_type": "linear"}""", "factor")]
    [TestCase("rope_scaling", """{"rope_type": "linear", "factor": 4.0, "beta_fast": 32}""", "beta_fast")]
    [TestCase("rope_parameters", """{"rope_type": "default", "rope_theta": 7.0}""", "disagree")]
    [TestCase("logit_scale", "0.5", "logit_scale")]
    [TestCase("quantization_config", """{"bits": 4}""", "quantised")]
    [TestCase("quantization_config", """{"quant_method": "gptq", "bits": 4}""", "GPTQ")]
    [TestCase("quantization_config", """{"quant_method": "awq", "bits": 4}""", "AWQ")]
    [TestCase("quantization_config", """{"load_in_4bit": true}""", "bitsandbytes")]
    [TestCase("quantization_config", """{"quant_method": "fp8"}""", "fp8")]
    [TestCase("sliding_window", "4096", "sliding_window")]
    [TestCase("layer_types", """["full_attention"]""", "layer_types")]
    [TestCase("num_key_value_heads", "3", "3")]
    [TestCase("hidden_size", "\"16\"", "hidden_size")]
    [TestCase("num_hidden_layers", "2.5", "num_hidden_layers")]
    [TestCase("tie_word_embeddings", "1", "tie_word_embeddings")]
    [TestCase("num_attention_heads", "0", "num_attention_heads")]
    public void What_would_change_the_numbers_is_refused_by_name(string field, string value, string named)
    {
        var json = Tiny.LlamaConfig.ToJson(ScalarType.Float32);
        json[field] = JsonNode.Parse(value);
        var error = Assert.Throws<GraftException>(() => DecoderFamilies.ReadConfig(Element(json), "/models/x/config.json"))!;
        Assert.That(error.Kind, Is.EqualTo(ErrorKind.Input));
        Assert.That(error.Message, Does.Contain(named).And.Contain("/models/x/config.json"));
    }

    [Test]
    public void Layers_with_a_window_are_those_that_the_file_names()
    {
        const string Sizes = "\"num_hidden_layers\": 4, \"sliding_window\": 8, ";
        Assert.Multiple(() =>
        {
            Assert.That(Windows("""{"model_type": "mistral", """ + "\"num_hidden_layers\": 4, \"sliding_window\": 8}"), Is.EqualTo("8 8 8 8"));
            Assert.That(Windows("""{"model_type": "mistral", "num_hidden_layers": 4, "sliding_window": null}"""), Is.EqualTo("- - - -"));
            Assert.That(Windows("""{"model_type": "qwen2", """ + Sizes + "\"max_window_layers\": 2, \"use_sliding_window\": true}"), Is.EqualTo("- - 8 8"));
            Assert.That(Windows("""{"model_type": "qwen2", """ + Sizes + "\"max_window_layers\": 2, \"use_sliding_window\": false}"), Is.EqualTo("- - - -"));
            Assert.That(Windows("""{"model_type": "gemma2", """ + Sizes + "\"head_dim\": 8}"), Is.EqualTo("8 - 8 -"));
            Assert.That(Windows("""{"model_type": "gemma3_text", """ + Sizes + "\"sliding_window_pattern\": 3}"), Is.EqualTo("8 8 - 8"));
            Assert.That(
                Windows("""{"model_type": "gemma3_text", """ + Sizes + """ "layer_types": ["full_attention", "sliding_attention", "full_attention", "full_attention"]}"""),
                Is.EqualTo("- 8 - -"));
        });

        static string Windows(string json)
        {
            var config = DecoderFamilies.ReadConfig(JsonElement.Parse(json));
            return string.Join(' ', Enumerable.Range(0, 4).Select(i =>
            {
                using var layer = config.BuildLayer(i, META, ScalarType.Float32);
                return layer.Kind.Window?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "-";
            }));
        }
    }

    [Test]
    public void A_null_field_counts_as_absent()
    {
        var json = Tiny.LlamaConfig.ToJson(ScalarType.Float32);
        json["quantization_config"] = null;
        json["rope_parameters"] = null;
        Assert.That(DecoderFamilies.ReadConfig(Element(json)), Is.EqualTo(Tiny.LlamaConfig));
    }

    [TestCase("model_type", "\"convnext\"", "convnext")]
    [TestCase("hidden_act", "\"swish2\"", "swish2")]
    [TestCase("num_channels", "4", "num_channels")]
    [TestCase("patch_size", "9", "9")]
    [TestCase("use_head", "true", "use_head")]
    public void A_tower_that_is_not_supported_is_refused_by_name(string field, string value, string named)
    {
        var json = Tiny.TowerConfig.ToJson(ScalarType.Float32);
        json[field] = JsonNode.Parse(value);
        var error = Assert.Throws<GraftException>(() => TowerFamilies.ReadConfig(Element(json), "config.json"))!;
        Assert.That(error.Message, Does.Contain(named));
    }

    [Test]
    public void Llama3_scaling_keeps_short_waves_and_stretches_long_ones()
    {
        var plain = new RopeConfig(5e5).InverseFrequencies(128);
        var scaled = new RopeConfig(5e5, RopeScaling.Llama3, 8, 1, 4, 8192).InverseFrequencies(128);
        Assert.That(scaled[0], Is.EqualTo(plain[0]));
        Assert.That(scaled[^1], Is.EqualTo(plain[^1] / 8));
        Assert.That(scaled.Zip(plain), Has.All.Matches<(float Scaled, float Plain)>(p => p.Scaled <= p.Plain && p.Scaled >= p.Plain / 8));
        Assert.That(scaled, Is.Ordered.Descending);
    }

    [Test]
    public void An_old_file_with_all_its_defaults_is_read()
    {
        var json = Tiny.TowerConfig.ToJson(ScalarType.Float32);
        foreach (var (field, value) in new (string, string)[]
        {
            ("add_cross_attention", "false"), ("bad_words_ids", "null"), ("chunk_size_feed_forward", "0"), ("dropout", "0.0"),
            ("id2label", """{"0": "LABEL_0"}"""), ("initializer_factor", "1.0"), ("is_decoder", "false"), ("length_penalty", "1.0"),
            ("num_beams", "1"), ("pruned_heads", "{}"), ("return_dict", "true"), ("tie_word_embeddings", "true"), ("typical_p", "1.0"),
            ("use_bfloat16", "false"),
        })
            json[field] = JsonNode.Parse(value);
        var whole = new JsonObject { ["model_type"] = "clip", ["projection_dim"] = 768, ["vision_config"] = json };
        Assert.That(TowerFamilies.ReadConfig(Element(whole)), Is.EqualTo(Tiny.TowerConfig));
    }

    // Counts as the publishers give them; the outlines on the meta device take no memory.
    [TestCase(2048, 8192, 16, 32, 64, true, 1_235_814_400, TestName = "Llama 3.2 1B")]
    [TestCase(3072, 8192, 28, 24, 128, true, 3_212_749_824, TestName = "Llama 3.2 3B")]
    [TestCase(4096, 14336, 32, 32, 128, false, 8_030_261_248, TestName = "Llama 3.1 8B")]
    [TestCase(8192, 28672, 80, 64, 128, false, 70_553_706_496, TestName = "Llama 3.1 70B")]
    public void Published_sizes_have_the_published_number_of_parameters(
        int width, int feedForward, int layers, int heads, int headWidth, bool tied, long parameters)
    {
        var rope = new RopeConfig(5e5, RopeScaling.Llama3, 8, 1, 4, 8192);
        var config = new LlamaConfig(new(width, feedForward, layers, heads, 8, headWidth, 128256, 131072), 1e-5, rope, tied);
        using var outline = config.Build(META, ScalarType.BFloat16);
        Assert.That(outline.parameters().Sum(p => p.NumberOfElements), Is.EqualTo(parameters));
    }

    [Test]
    public void CLIP_ViT_L_14_at_336_pixels_has_303_million_parameters_and_577_tokens()
    {
        using var outline = new ClipVisionConfig(1024, 4096, 24, 16, 336, 14).Build(new(), META, ScalarType.Float16);
        Assert.That(outline.parameters().Sum(p => p.NumberOfElements), Is.EqualTo(303_507_456));
        Assert.That(outline.Tokens, Is.EqualTo(577));
    }

    static JsonElement Element(JsonObject json) => JsonElement.Parse(json.ToJsonString());
}
