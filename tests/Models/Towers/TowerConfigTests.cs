using System.Text.Json;
using System.Text.Json.Nodes;
using Grafting.Core;
using Grafting.Core.Models;
using Grafting.Core.Models.Layers;
using Grafting.Core.Models.Llava;
using Grafting.Core.Models.Towers;
using Grafting.Core.Models.Towers.Clip;
using Grafting.Core.Models.Towers.Dinov2;
using Grafting.Core.Models.Towers.Siglip;
using Grafting.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace Grafting.Tests.Models.Towers;

/// <summary>What a tower's configuration may say.</summary>
[TestFixture]
sealed class TowerConfigTests : InScope
{
    static readonly SiglipVisionConfig Siglip = new(Width: 12, FeedForwardWidth: 20, Layers: 2, Heads: 3, ImageSize: 8, PatchSize: 4);
    static readonly Dinov2Config Dinov2 = new(Width: 12, Layers: 2, Heads: 3, ImageSize: 8, PatchSize: 4);

    static readonly VisionTowerConfig[] Configs =
    [
        Tiny.TowerConfig, Siglip, Siglip with { Head = false, Activation = Activation.Gelu, NormEpsilon = 1e-5 }, Dinov2,
        Dinov2 with { Gated = true, QkvBias = false, MlpRatio = 2.5, LayerScale = 1e-5 }, Dinov2 with { Registers = 3 },
    ];

    [Test]
    public void What_is_written_is_read_again([ValueSource(nameof(Configs))] VisionTowerConfig config) =>
        Assert.That(TowerFamilies.ReadConfig(Element(config.ToJson(ScalarType.Float32))), Is.EqualTo(config));

    [Test]
    public void A_fresh_tower_of_every_family_is_finite_and_depends_on_its_seed([ValueSource(nameof(Configs))] VisionTowerConfig config)
    {
        var pixels = torch.rand(1, 3, 8, 8);
        Tensor Of(ulong seed)
        {
            using var tower = TowerFamilies.Create(config, new(KeepClass: false), seed, CPU, ScalarType.Float32);
            return tower.forward(pixels);
        }
        Assert.That(Of(1).isfinite().all().item<bool>(), Is.True);
        Compare.Close(Of(1), Of(1), 0, "one seed");
        Assert.That(Compare.MaxDifference(Of(1), Of(2)), Is.GreaterThan(1e-3));
    }

    [Test]
    public void Absent_fields_have_the_values_that_transformers_gives_them()
    {
        Assert.That(
            TowerFamilies.ReadConfig(JsonElement.Parse("""{"model_type": "siglip", "vision_config": {"model_type": "siglip_vision_model"}}""")),
            Is.EqualTo(new SiglipVisionConfig(768, 3072, 12, 12, 224, 16, Activation.GeluTanh, 1e-6, Head: true)));
        Assert.That(
            TowerFamilies.ReadConfig(JsonElement.Parse("""{"model_type": "dinov2"}""")),
            Is.EqualTo(new Dinov2Config(768, 12, 12, 224, 14, 4, Activation.Gelu, 1e-6)));
        Assert.That(
            TowerFamilies.ReadConfig(JsonElement.Parse("""{"model_type": "dinov2_with_registers"}""")),
            Is.EqualTo(new Dinov2Config(768, 12, 12, 224, 16, 4, Activation.Gelu, 1e-6, Registers: 4)));
        Assert.That(
            TowerFamilies.ReadConfig(JsonElement.Parse("""{"model_type": "llava", "vision_config": {"hidden_size": 768}}""")),
            Is.EqualTo(new ClipVisionConfig(768, 3072, 12, 12, 224, 32)));
    }

    [TestCase("hidden_act", "\"swish2\"", "swish2")]
    [TestCase("num_channels", "4", "num_channels")]
    [TestCase("num_patches", "256", "num_patches")]
    [TestCase("vision_use_head", "\"yes\"", "vision_use_head")]
    [TestCase("patch_size", "9", "9")]
    [TestCase("num_attention_heads", "5", "5")]
    [TestCase("attention_bias", "false", "attention_bias")]
    public void A_SigLIP_that_is_not_supported_is_refused_by_name(string field, string value, string named) =>
        Refused(Siglip, field, value, named);

    [TestCase("use_swiglu_ffn", "1", "use_swiglu_ffn")]
    [TestCase("mlp_ratio", "1000", "1000")]
    [TestCase("mlp_ratio", "0", "FeedForwardWidth")]
    [TestCase("num_register_tokens", "4", "num_register_tokens")]
    [TestCase("image_size", "[518, 518]", "image_size")]
    [TestCase("rope_theta", "100.0", "rope_theta")]
    public void A_DINOv2_that_is_not_supported_is_refused_by_name(string field, string value, string named) =>
        Refused(Dinov2, field, value, named);

    [TestCase("""{"model_type": "siglip2", "vision_config": {"num_patches": 256}}""", TestName = "the full model")]
    [TestCase("""{"model_type": "siglip2", "vision_config": {"model_type": "siglip2_vision_model", "num_patches": 256}}""", TestName = "the full model with a typed tower")]
    [TestCase("""{"model_type": "siglip2_vision_model", "num_patches": 256}""", TestName = "the tower alone")]
    public void A_SigLIP_2_for_any_shape_is_refused_with_what_to_use_instead(string json)
    {
        var fault = Assert.Throws<GraftException>(() => TowerFamilies.ReadConfig(JsonElement.Parse(json), "x/config.json"))!;
        Assert.That(fault.Message, Does.Contain("NaFlex").And.Contain("siglip2").And.Contain("x/config.json"));
        Assert.That(fault.Remedy, Does.Contain("fixed resolution"));
    }

    [TestCase("""{"model_type": "clip_vision_model", "quantization_config": {"quant_method": "awq"}}""", "AWQ")]
    [TestCase("""{"model_type": "siglip", "vision_config": {}, "quantization_config": {"load_in_4bit": true}}""", "bitsandbytes")]
    public void A_quantised_checkpoint_is_refused_by_its_method(string json, string method) => Assert.That(
        () => TowerFamilies.ReadConfig(JsonElement.Parse(json), "x/config.json"),
        Throws.TypeOf<GraftException>().With.Message.Contains(method).And.Message.Contains("x/config.json"));

    [Test]
    public void A_class_token_that_a_tower_does_not_have_cannot_be_kept()
    {
        var fault = Assert.Throws<GraftException>(() => Siglip.Build(new(), META, ScalarType.Float32))!;
        Assert.That(fault.Message, Does.Contain("features.keepClass").And.Contain("siglip_vision_model"));
        Assert.That(fault.Remedy, Does.Contain("features.keepClass"));
    }

    // Counts as the publishers give them, DINOv2's less its mask token, which only pre-training uses.
    [Test]
    public void Published_sizes_have_the_published_number_of_parameters()
    {
        var so400m = new SiglipVisionConfig(1152, 4304, 27, 16, 384, 14);
        var large = new Dinov2Config(1024, 24, 16, 518, 14);
        var giant = new Dinov2Config(1536, 40, 24, 518, 14, Gated: true);
        Assert.Multiple(() =>
        {
            Assert.That(so400m.CountParameters(), Is.EqualTo(428_225_600));
            Assert.That(so400m.Shape.Tokens, Is.EqualTo(729));
            Assert.That(large.CountParameters(), Is.EqualTo(304_368_640 - 1024));
            Assert.That(giant.CountParameters(), Is.EqualTo(1_136_480_768 - 1536));
            Assert.That(giant.FeedForwardWidth, Is.EqualTo(4096));
        });
    }

    [Test]
    public void A_LLaVA_reads_all_tokens_of_a_SigLIP_and_refuses_to_drop_a_patch()
    {
        Assert.That(LlavaConfig.Read(Llava(Siglip, "full")).Path, Is.EqualTo(new FeaturePath(-2, PostNorm: false, KeepClass: false)));
        Assert.That(((SiglipVisionConfig)LlavaConfig.Read(Llava(Siglip, "full")).Tower).Head, Is.False);
        Assert.That(LlavaConfig.Read(Llava(Dinov2, "full")).Path.KeepClass, Is.True);
        Assert.That(
            () => LlavaConfig.Read(Llava(Siglip, "default")),
            Throws.TypeOf<GraftException>().With.Message.Contains(
                "vision_feature_select_strategy").And.Message.Contains("siglip_vision_model"));
        Assert.That(
            () => LlavaConfig.Read(Llava(Dinov2 with { Registers = 2 }, "default")),
            Throws.TypeOf<GraftException>().With.Message.Contains("dinov2_with_registers"));
    }

    [Test]
    public void The_configuration_of_the_first_large_CLIP_is_read_with_all_that_it_says()
    {
        var path = Shared.Real("configs/clip-vit-large-patch14/config.json");
        var config = TowerFamilies.ReadConfig(JsonElement.Parse(File.ReadAllText(path)), path);
        Assert.That(config, Is.EqualTo(new ClipVisionConfig(1024, 4096, 24, 16, 224, 14, ProjectionWidth: 768)));
        Assert.That(config.CountParameters(), Is.EqualTo(303_179_776));
    }

    static JsonElement Llava(VisionTowerConfig tower, string strategy) => Element(new()
    {
        ["model_type"] = "llava",
        ["image_token_index"] = 5,
        ["vision_feature_layer"] = -2,
        ["vision_feature_select_strategy"] = strategy,
        ["text_config"] = Tiny.LlamaConfig.ToJson(ScalarType.Float32),
        ["vision_config"] = tower.ToJson(ScalarType.Float32),
    });

    static void Refused(VisionTowerConfig config, string field, string value, string named)
    {
        var json = config.ToJson(ScalarType.Float32);
        json[field] = JsonNode.Parse(value);
        var fault = Assert.Throws<GraftException>(() => TowerFamilies.ReadConfig(Element(json), "/models/x/config.json"))!;
        Assert.That(fault.Kind, Is.EqualTo(ErrorKind.Input));
        Assert.That(fault.Message, Does.Contain(named).And.Contain("/models/x/config.json"));
    }

    static JsonElement Element(JsonObject json) => JsonElement.Parse(json.ToJsonString());
}
