using System.Text.Json.Nodes;
using Grafting.Core;
using Grafting.Core.Checkpoints;
using Grafting.Core.Models.Towers;
using Grafting.Tests.Support;
using static TorchSharp.torch;

namespace Grafting.Tests.Models.Towers;

/// <summary>Where in a checkpoint a tower may stand, and what may stand beside it.</summary>
[TestFixture]
sealed class TowerPlaceTests : InScope
{
    const string Vision = "vision_model.";

    TempFolder _folder = null!;

    [SetUp]
    public void Open() => _folder = new();

    [TearDown]
    public void Close() => _folder.Dispose();

    [Test]
    public void A_tower_is_found_below_every_spelling(
        [Values("clip_vision", "siglip_vision")] string model,
        [Values("", "vision_model.", "vision_tower.", "vision_tower.vision_model.", "model.vision_tower.",
            "model.vision_tower.vision_model.")] string prefix)
    {
        var places = new KeyValuePair<string, string>[]
        {
            new("language_model.model.norm.weight", "a decoder"), new("model.language_model.norm.weight", "a decoder"),
            new("lm_head.weight", "its head"),
            new("multi_modal_projector.linear_1.weight", "a projector"), new("model.multi_modal_projector.linear_1.bias", "a projector"),
            new($"{prefix}embeddings.position_ids", "a buffer"),
        };
        var folder = TowerFiles.Copy(
            _folder, Shared.Fixture($"vision/{model}"), name =>
                prefix + name[Vision.Length..], null, [.. places.Select(place => TowerFiles.Zeros(place.Key, 2))]);
        Same(Shared.Fixture($"vision/{model}"), folder);
    }

    [TestCase("clip_full")]
    [TestCase("siglip_full")]
    public void A_full_model_may_leave_the_type_of_its_tower_unsaid(string model)
    {
        var json = JsonNode.Parse(File.ReadAllText(Path.Combine(Shared.Fixture($"vision/{model}"), Checkpoint.ConfigName)))!.AsObject();
        json["vision_config"]!.AsObject().Remove("model_type");
        Same(
            Shared.Fixture($"vision/{model}"),
            TowerFiles.Copy(_folder, Shared.Fixture($"vision/{model}"), name => name, json.ToJsonString()));
    }

    [Test]
    public void An_early_CLIP_that_says_its_tower_twice_has_to_say_the_same()
    {
        var json = JsonNode.Parse(File.ReadAllText(Path.Combine(Shared.Fixture("vision/clip_full"), Checkpoint.ConfigName)))!.AsObject();
        json["vision_config_dict"] = json["vision_config"]!.DeepClone();
        var element = System.Text.Json.JsonElement.Parse(json.ToJsonString());
        Assert.That(TowerFamilies.ReadConfig(element).Shape.Layers, Is.EqualTo(6));
        json["vision_config_dict"]!["num_hidden_layers"] = 5;
        Assert.That(
            () => TowerFamilies.ReadConfig(System.Text.Json.JsonElement.Parse(json.ToJsonString())),
            Throws.TypeOf<GraftException>().With.Message.Contains("vision_config_dict"));
    }

    [Test]
    public void An_adapter_s_tower_does_without_the_pooling_head_whether_it_is_there_or_not([Values] bool there)
    {
        var source = Shared.Fixture("vision/siglip_vision");
        var folder = TowerFiles.Copy(
            _folder, source, name => there || !name.StartsWith("vision_model.head.", StringComparison.Ordinal) ? name : null);
        using var tower = TowerFamilies.Load(folder, new(KeepClass: false), CPU, ScalarType.Float32);
        Assert.That(tower.named_parameters().Select(p => p.name), Has.None.StartsWith("head."));
        Assert.That(tower.Config.ToJson(ScalarType.Float32)["vision_use_head"]!.GetValue<bool>(), Is.False);
        Assert.That(tower.pool(zeros(1, 16, 64)), Is.Null);
        if (!there)
        {
            Assert.That(
                () => TowerFamilies.LoadWhole(folder, CPU, ScalarType.Float32),
                Throws.TypeOf<GraftException>().With.Message.Contains("vision_model.head."));
        }
    }

    [TestCase("clip_vision", "vision_model.pre_layrnorm.weight")]
    [TestCase("clip_vision", "vision_model.encoder.layers.3.mlp.fc2.bias")]
    [TestCase("siglip_vision", "vision_model.embeddings.position_embedding.weight")]
    [TestCase("siglip_vision", "vision_model.encoder.layers.5.self_attn.out_proj.weight")]
    public void A_missing_tensor_is_named(string model, string tensor)
    {
        var folder = TowerFiles.Copy(_folder, Shared.Fixture($"vision/{model}"), name => name == tensor ? null : name);
        Assert.That(Refused(folder, model), Does.Contain($"\"{tensor}\" is missing").And.Contain(folder));
    }

    [TestCase("clip_vision", "vision_model.encoder.layers.6.mlp.fc2.bias")]
    [TestCase("clip_vision", "vision_model.embeddings.patch_embedding.bias")]
    [TestCase("clip_vision", "vision_model.head.probe")]
    [TestCase("siglip_vision", "vision_model.embeddings.class_embedding")]
    [TestCase("siglip_vision", "vision_model.encoder.layers.0.layer_scale1.lambda1")]
    [TestCase("siglip_vision", "audio_tower.conv1.weight")]
    public void A_tensor_that_nobody_knows_is_named(string model, string tensor)
    {
        var folder = TowerFiles.Copy(_folder, Shared.Fixture($"vision/{model}"), name => name, null, TowerFiles.Zeros(tensor, 64));
        Assert.That(Refused(folder, model), Does.Contain($"\"{tensor}\"").And.Contain("has no place in the model"));
    }

    [TestCase("clip_vision", "siglip_vision", "siglip_vision_model", "embeddings.patch_embedding.bias")]
    [TestCase("siglip_vision", "clip_vision", "clip_vision_model", "embeddings.class_embedding")]
    public void Weights_of_another_family_are_refused_by_what_they_lack(string weights, string config, string type, string landmark)
    {
        var folder = TowerFiles.Copy(
            _folder, Shared.Fixture($"vision/{weights}"), name =>
                name, File.ReadAllText(Path.Combine(Shared.Fixture($"vision/{config}"), Checkpoint.ConfigName)));
        Assert.That(Refused(folder, config), Does.Contain(type).And.Contain(landmark).And.Contain("none"));
    }

    [Test]
    public void Two_towers_are_one_too_many()
    {
        var folder = TowerFiles.Copy(
            _folder, Shared.Fixture("vision/clip_vision"), name => name, null, TowerFiles.Zeros("other.embeddings.class_embedding", 64));
        Assert.That(
            Refused(folder, "clip_vision"),
            Does.Contain("other.embeddings.class_embedding").And.Contain("vision_model.embeddings.class_embedding"));
    }

    [TestCase("language_model.model.layers.9.mlp.up_proj.weight")]
    [TestCase("multi_modal_projector.linear_3.weight")]
    [TestCase("vision_tower.vision_model.encoder.layers.7.mlp.fc1.weight")]
    [TestCase("image_newline")]
    public void A_whole_LLaVA_explains_every_tensor_of_every_part(string tensor)
    {
        var folder = TowerFiles.Copy(_folder, Shared.Fixture("llava/llava_classic"), name => name, null, TowerFiles.Zeros(tensor, 8));
        Assert.That(
            () => Core.Models.Llava.Llava.Load(folder, CPU, ScalarType.Float32),
            Throws.TypeOf<GraftException>().With.Message.Contains($"\"{tensor}\"").And.Message.Contains("has no place in the model"));
    }

    static string Refused(string folder, string model)
    {
        var keepClass = model.StartsWith("clip", StringComparison.Ordinal);
        var fault = Assert.Throws<GraftException>(() => TowerFamilies.Load(folder, new(KeepClass: keepClass), CPU, ScalarType.Float32))!;
        Assert.That(fault.Kind, Is.EqualTo(ErrorKind.Input));
        return fault.Message;
    }

    static void Same(string one, string other)
    {
        var path = new Core.Models.FeaturePath(KeepClass: false);
        using var a = TowerFamilies.Load(one, path, CPU, ScalarType.Float32);
        using var b = TowerFamilies.Load(other, path, CPU, ScalarType.Float32);
        Assert.That(b.Config, Is.EqualTo(a.Config));
        foreach (var (name, parameter) in a.named_parameters()) Compare.Close(Named.Parameter(b, name), parameter, 0, name);
    }
}
