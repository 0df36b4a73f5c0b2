using System.Text.Json;
using System.Text.Json.Nodes;
using Grafting.Core;
using Grafting.Core.Models.Decoders;
using Grafting.Core.Models.Decoders.Llama;
using Grafting.Core.Models.Towers;
using static TorchSharp.torch;

namespace Grafting.Tests.Models;

[TestFixture]
sealed class ConfigTests
{
    [Test]
    public void What_is_written_is_read_again()
    {
        var rope = new RopeConfig(5e5, RopeScaling.Llama3, 8, 1, 4, 8192);
        foreach (var config in new[] { Tiny.LlamaConfig, Tiny.LlamaConfig with { Rope = rope }, Tiny.LlamaConfig with { Rope = new(1e4, RopeScaling.Linear, 4) } })
            Assert.That(DecoderFamilies.ReadConfig(Element(config.ToJson(ScalarType.Float32))), Is.EqualTo(config));
        Assert.That(TowerFamilies.ReadConfig(Element(Tiny.TowerConfig.ToJson(ScalarType.Float32))), Is.EqualTo(Tiny.TowerConfig));
    }

    [Test]
    public void Absent_fields_have_the_values_that_transformers_gives_them()
    {
        // As in llava-1.5-7b's text_config.
        var config = (LlamaConfig)DecoderFamilies.ReadConfig(
            JsonElement.Parse("""{"model_type": "llama", "max_position_embeddings": 4096, "rms_norm_eps": 1e-05, "vocab_size": 32064}"""));
        Assert.That(config, Is.EqualTo(new LlamaConfig(4096, 11008, 32, 32, 32, 128, 32064, 4096, 1e-5, new RopeConfig(10_000))));
    }

    [TestCase("model_type", "\"mamba\"", "mamba")]
    [TestCase("hidden_act", "\"relu\"", "relu")]
    [TestCase("hidden_act", "\"gelu\"", "gelu")]
    [TestCase("rope_scaling", """{"rope_type": "yarn", "factor": 4.0}""", "yarn")]
    [TestCase("rope_scaling", """{"type": "dynamic", "factor": 4.0}""", "dynamic")]
    [TestCase("rope_scaling", """{"rope_type": "linear"}""", "factor")]
    [TestCase("rope_scaling", """{"rope_type": "linear", "factor": 4.0, "beta_fast": 32}""", "beta_fast")]
    [TestCase("rope_parameters", """{"rope_type": "default", "rope_theta": 7.0}""", "disagree")]
    [TestCase("logit_scale", "0.5", "logit_scale")]
    [TestCase("quantization_config", """{"bits": 4}""", "quantization_config")]
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
    [TestCase("patch_size", "3", "3")]
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

    static JsonElement Element(JsonObject json) => JsonElement.Parse(json.ToJsonString());
}
