using Grafting.Core;
using Grafting.Core.Checkpoints;
using Grafting.Core.Models;
using Grafting.Core.Models.Decoders;
using Grafting.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace Grafting.Tests.Models;

[TestFixture]
sealed class WeightsTests
{
    DisposeScope _scope = null!;
    TempFolder _folder = null!;

    [SetUp]
    public void Open()
    {
        _scope = NewDisposeScope();
        _folder = new();
    }

    [TearDown]
    public void Close()
    {
        _folder.Dispose();
        _scope.Dispose();
    }

    [Test]
    public void A_saved_model_loads_again_bit_for_bit(
        [Values(ScalarType.Float32, ScalarType.BFloat16, ScalarType.Float16)] ScalarType dtype)
    {
        using var model = Tiny.Llama(dtype: dtype);
        Save(model, Weights.Sources(model, model.Keys));
        using var loaded = DecoderFamilies.Load(_folder.Path, CPU, dtype);
        Assert.That(loaded.Config, Is.EqualTo(model.Config));
        foreach (var (name, parameter) in model.named_parameters()) Compare.Close(Named.Parameter(loaded, name), parameter, 0, name);
    }

    [Test]
    public void Values_are_converted_where_the_dtype_differs()
    {
        using var model = Tiny.Llama();
        Save(model, Weights.Sources(model, model.Keys));
        using var half = DecoderFamilies.Load(_folder.Path, CPU, ScalarType.BFloat16);
        foreach (var (name, parameter) in model.named_parameters())
            Compare.Close(Named.Parameter(half, name), parameter.to(ScalarType.BFloat16), 0, name);
    }

    [Test]
    public void A_missing_tensor_is_named() => Assert.That(
        Refusal(sources => sources.Where(s => s.Name != "model.layers.1.mlp.up_proj.weight")),
        Does.Contain("\"model.layers.1.mlp.up_proj.weight\" is missing").And.Contain(_folder.Path));

    [Test]
    public void A_wrong_shape_is_named_with_both_shapes_and_the_file() => Assert.That(
        Refusal(sources => sources.Select(s => s.Name == "model.norm.weight" ? TensorSource.FromFloats(s.Name, [4, 4], new float[16]) : s)),
        Does.Contain("\"model.norm.weight\"").And.Contain("[4, 4]").And.Contain("[16]").And.Contain("model.safetensors"));

    [Test]
    public void A_tensor_that_nobody_knows_is_refused() => Assert.That(
        Refusal(sources => sources.Append(TensorSource.FromFloats("model.layers.2.mlp.up_proj.weight", [24, 16], new float[24 * 16]))),
        Does.Contain("\"model.layers.2.mlp.up_proj.weight\"").And.Contain("no place"));

    [Test]
    public void A_head_beside_a_tied_table_must_repeat_it()
    {
        Assert.That(
            Refusal(sources => sources.Append(TensorSource.FromFloats("lm_head.weight", [30, 16], new float[480]))),
            Does.Contain("\"lm_head.weight\"").And.Contain("tied"));

        using var model = Tiny.Llama();
        Save(
            model,
            Weights.Sources(model, model.Keys).Append(TensorLoading.Source("lm_head.weight", Named.Parameter(model, "embedding.weight"))));
        using var loaded = DecoderFamilies.Load(_folder.Path, CPU, ScalarType.Float32);
        Assert.That(loaded.named_parameters().Count(), Is.EqualTo(model.named_parameters().Count()));
    }

    [Test]
    public void Integers_are_no_weights() => Assert.That(
        Refusal(sources => sources.Select(s =>
            s.Name == "model.norm.weight" ? TensorSource.FromBytes(s.Name, TensorType.I32, [16], new byte[64]) : s)),
        Does.Contain("\"model.norm.weight\"").And.Contain("I32"));

    [Test]
    public void A_failed_load_leaves_no_tensor_behind()
    {
        Refusal(sources => sources.Skip(1));
        var before = LiveTensors.Count;
        Assert.Throws<GraftException>(() => DecoderFamilies.Load(_folder.Path, CPU, ScalarType.Float32));
        Assert.That(LiveTensors.Count, Is.EqualTo(before));
    }

    [Test]
    public void A_configuration_that_asks_for_terabytes_is_refused_before_it_gets_any()
    {
        using var model = Tiny.Llama();
        Save(model, Weights.Sources(model, model.Keys));
        _folder.Write(
            "config.json",
            Tiny.WithShape(shape => shape with { Vocabulary = 1 << 24, Width = 1 << 20 }).ToJson(model.DType).ToJsonString());
        var error = Assert.Throws<GraftException>(() => DecoderFamilies.Load(_folder.Path, CPU, ScalarType.Float32))!;
        Assert.That(error.Message, Does.Contain("[16777216, 1048576] was expected"));
    }

    [Test]
    public void An_encoder_is_saved_under_the_names_of_llava()
    {
        using var encoder = Tiny.Encoder();
        var names = Weights.Sources(encoder, encoder.Keys).Select(s => s.Name).ToArray();
        Assert.That(names, Has.Length.EqualTo(encoder.named_parameters().Count()).And.Unique);
        Assert.That(names, Does.Contain("vision_tower.vision_model.encoder.layers.1.self_attn.q_proj.weight")
            .And.Contain("vision_tower.vision_model.embeddings.class_embedding")
            .And.Contain("vision_tower.vision_model.pre_layrnorm.bias")
            .And.Contain("multi_modal_projector.linear_2.weight")
            .And.Contain("image_boundary.start"));
        foreach (var (name, _) in encoder.named_parameters())
            Assert.That(encoder.Keys.ToOurs(encoder.Keys.ToTheirs(name)!), Is.EqualTo(name));
    }

    // What GPTQ, AWQ, bitsandbytes and FP8 checkpoints store in place of a weight.
    [TestCase("qweight", "GPTQ or AWQ")]
    [TestCase("weight.absmax", "bitsandbytes")]
    [TestCase("SCB", "bitsandbytes")]
    [TestCase("weight_scale_inv", "FP8")]
    public void A_quantised_checkpoint_is_named_even_where_its_configuration_does_not_say_so(string ending, string method) =>
        Assert.That(
            Refusal(tensors => tensors.Append(TensorSource.FromFloats($"model.layers.0.mlp.up_proj.{ending}", [1], new float[1]))),
            Does.Contain("quantised").And.Contain(method).And.Contain(ending));

    /// <summary>The message about a checkpoint of the tiny model with its tensors changed.</summary>
    string Refusal(Func<IEnumerable<TensorSource>, IEnumerable<TensorSource>> change)
    {
        using var model = Tiny.Llama();
        Save(model, change(Weights.Sources(model, model.Keys)));
        var error = Assert.Throws<GraftException>(() => DecoderFamilies.Load(_folder.Path, CPU, ScalarType.Float32).Dispose())!;
        Assert.That(error.Kind, Is.EqualTo(ErrorKind.Input));
        return error.Message;
    }

    void Save(Decoder model, IEnumerable<TensorSource> sources)
    {
        _folder.Write("config.json", model.Config.ToJson(model.DType).ToJsonString());
        SafetensorsWriter.Write(_folder["model.safetensors"], sources);
    }
}
