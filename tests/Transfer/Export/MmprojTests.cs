using Grafting.Core;
using Grafting.Core.Models.Adapters;
using Grafting.Core.Transfer.Export;
using Grafting.Tests.Checkpoints.Gguf;
using static TorchSharp.torch;

namespace Grafting.Tests.Transfer.Export;

/// <summary>llama.cpp's mmproj file, read by a reader of its own, against the encoder's parameters.</summary>
public sealed class MmprojTests : InExportShop
{
    [Test]
    public void Every_tensor_has_its_name_its_type_and_its_values([Values] bool postNorm, [Values] bool half)
    {
        var graft = shop.Graft(postNorm ? Normed : Hidden, boundary: false);
        var export = Mmproj.Write(
            ExportSource.Open(graft.Folder), shop["out.gguf"], half ? ScalarType.Float16 : ScalarType.Float32, null, write: true);
        var file = new GgufReader(shop["out.gguf"]);
        using var encoder = graft.LoadEncoder(CPU, ScalarType.Float32);
        // Ours beside llama.cpp's, written down by hand.
        var names = new Dictionary<string, string>
        {
            ["tower.class_token"] = "v.class_embd",
            ["tower.patches.weight"] = "v.patch_embd.weight",
            ["tower.positions"] = "v.position_embd.weight",
            ["tower.pre_norm.weight"] = "v.pre_ln.weight",
            ["tower.pre_norm.bias"] = "v.pre_ln.bias",
            ["adapter.layers.0.weight"] = "mm.0.weight",
            ["adapter.layers.0.bias"] = "mm.0.bias",
            ["adapter.layers.1.weight"] = "mm.2.weight",
            ["adapter.layers.1.bias"] = "mm.2.bias",
        };
        if (postNorm) (names["tower.post_norm.weight"], names["tower.post_norm.bias"]) = ("v.post_ln.weight", "v.post_ln.bias");
        (string Ours, string Theirs)[] parts =
        [
            ("attention_norm", "ln1"), ("query", "attn_q"), ("key", "attn_k"), ("value", "attn_v"), ("output", "attn_out"),
            ("feed_forward_norm", "ln2"), ("up", "ffn_up"), ("down", "ffn_down"),
        ];
        for (var block = 0; block < 3; block++)
            foreach (var (ours, theirs) in parts)
                foreach (var leaf in new[] { "weight", "bias" })
                    names[$"tower.blocks.{block}.{ours}.{leaf}"] = $"v.blk.{block}.{theirs}.{leaf}";

        var parameters = encoder.named_parameters().ToDictionary(p => p.name, p => p.parameter);
        Assert.Multiple(() =>
        {
            Assert.That(
                file.Tensors.Keys, Is.EquivalentTo(names.Values),
                "v.post_ln stands in the file only where the features use it: the graph applies it whenever it is there");
            Assert.That(export.Tensors, Is.EqualTo(names.Count));
            foreach (var (ours, theirs) in names)
            {
                var (tensor, parameter) = (file.Tensors[theirs], parameters[ours]);
                var matrix = parameter.shape.Length > 1;
                Assert.That(tensor.Dimensions.Reverse(), Is.EqualTo(parameter.shape.Select(size => (ulong)size)), theirs);
                Assert.That(tensor.Type, Is.EqualTo(half && matrix ? 1 : 0), theirs);
                var values = parameter.data<float>().ToArray();
                Assert.That(tensor.Values, Is.EqualTo(half && matrix ? values.Select(value => (float)(Half)value) : values), theirs);
            }
        });
    }

    [Test]
    public void Its_keys_say_what_the_loader_asserts()
    {
        var graft = shop.Graft(Normed, boundary: false);
        Mmproj.Write(ExportSource.Open(graft.Folder), shop["out.gguf"], ScalarType.Float16, null, write: true);
        var keys = new GgufReader(shop["out.gguf"]).Metadata;
        Assert.Multiple(() =>
        {
            foreach (var (key, value) in new (string, object)[]
            {
                ("general.architecture", "clip"), ("general.type", "mmproj"), ("general.file_type", 1u), ("clip.has_vision_encoder", true),
                ("clip.has_llava_projector", true),
                ("clip.has_text_encoder", false), ("clip.projector_type", "mlp"), ("clip.use_gelu", false), ("clip.use_silu", false),
                ("clip.vision.image_size", 16u),
                ("clip.vision.patch_size", 8u), ("clip.vision.embedding_length", 12u), ("clip.vision.feed_forward_length", 20u),
                ("clip.vision.block_count", 3u),
                ("clip.vision.projection_dim", 512u), ("clip.vision.attention.head_count", 3u),
                ("clip.vision.attention.layer_norm_epsilon", 1e-4f),
                ("clip.vision.feature_layer", new object[] { 3 }),
                ("clip.vision.image_mean", new object[] { 0.48145466f, 0.4578275f, 0.40821073f }),
                ("clip.vision.image_std", new object[] { 0.26862954f, 0.26130258f, 0.27577711f }),
            })
                Assert.That(keys[key], Is.EqualTo(value), key);
        });
    }

    [Test]
    public void A_hidden_state_is_named_by_its_number_from_the_front()
    {
        var graft = shop.Graft(Hidden, boundary: false);
        Mmproj.Write(ExportSource.Open(graft.Folder), shop["out.gguf"], ScalarType.Float32, null, write: true);
        var keys = new GgufReader(shop["out.gguf"]).Metadata;
        Assert.That((keys["clip.vision.feature_layer"], keys["general.file_type"]), Is.EqualTo((new object[] { 2 }, (object)0u)));
    }

    [Test]
    public void Vectors_around_a_picture_need_rows_of_the_language_model()
    {
        var source = ExportSource.Open(shop.Graft(Hidden).Folder);
        var error = Assert.Throws<GraftException>(() => Mmproj.Write(source, shop["out.gguf"], ScalarType.Float16, null, write: true))!;
        Assert.Multiple(() =>
        {
            Assert.That(error.Kind, Is.EqualTo(ErrorKind.Input));
            Assert.That(error.Message, Does.Contain("vectors before and after a picture"));
            Assert.That(error.Remedy, Does.Contain("graft export --format hf").And.Contain("--boundary-tokens START,END"));
            Assert.That(File.Exists(shop["out.gguf"]), Is.False);
        });
        var export = Mmproj.Write(source, shop["out.gguf"], ScalarType.Float16, ("<a>", "<b>"), write: true);
        var file = new GgufReader(shop["out.gguf"]);
        Assert.Multiple(() =>
        {
            Assert.That(
                (file.Metadata["graft.boundary.start"], file.Metadata["graft.boundary.end"]), Is.EqualTo(((object)"<a>", (object)"<b>")));
            Assert.That(file.Tensors.Keys, Has.None.Contains("boundary"));
            Assert.That(export.Notes, Has.Some.Contains("<a>").And.Some.Contains("tanh"));
        });
    }

    [Test]
    public void A_SigLIP_has_no_class_token_and_the_other_GELU()
    {
        var graft = shop.Graft(Hidden, boundary: false, tower: ExportShop.Siglip);
        Mmproj.Write(ExportSource.Open(graft.Folder), shop["out.gguf"], ScalarType.Float32, null, write: true);
        var file = new GgufReader(shop["out.gguf"]);
        using var encoder = graft.LoadEncoder(CPU, ScalarType.Float32);
        var parameters = encoder.named_parameters().ToDictionary(p => p.name, p => p.parameter);
        Assert.Multiple(() =>
        {
            Assert.That(
                (file.Metadata["clip.use_gelu"], file.Metadata["clip.vision.projection_dim"]), Is.EqualTo(((object)true, (object)64u)));
            Assert.That(file.Tensors.Keys, Has.None.EqualTo("v.class_embd").And.None.Contains("pre_ln").And.None.Contains("head"));
            Assert.That(file.Tensors["v.patch_embd.bias"].Values, Is.EqualTo(parameters["tower.patches.bias"].data<float>().ToArray()));
            Assert.That(
                file.Tensors["v.blk.1.ffn_up.weight"].Values, Is.EqualTo(parameters["tower.blocks.1.up.weight"].data<float>().ToArray()));
        });
    }

    [TestCase(-2, false, true, 2, "rows of the patches", TestName = "A_class_token_that_is_kept_is_refused")]
    [TestCase(-1, true, true, 2, "rows of the patches", TestName = "The_published_features_are_refused")]
    [TestCase(-2, false, false, 1, "the adapter is linear", TestName = "A_linear_adapter_is_refused")]
    public void What_the_graph_cannot_do_is_refused(int layer, bool postNorm, bool keepClass, int depth, string reason)
    {
        var graft = shop.Graft(new(layer, postNorm, keepClass), boundary: false, adapter: new AdapterSettings { Depth = depth });
        var error = Assert.Throws<GraftException>(
            () => Mmproj.Write(ExportSource.Open(graft.Folder), shop["out.gguf"], ScalarType.Float16, null, write: true))!;
        Assert.That(error.Kind, Is.EqualTo(ErrorKind.Input));
        Assert.That(error.Message, Does.Contain(reason));
    }

    [Test]
    public void A_folder_gets_a_file_of_the_rules_name([Values] bool half)
    {
        var target = shop.Target();
        var named = Path.Combine(Path.GetDirectoryName(target)!, "Llama-3.1-70B-Instruct");
        Directory.Move(target, named);
        var graft = shop.Graft(Hidden, named, boundary: false);
        var export = Mmproj.Write(
            ExportSource.Open(graft.Folder), shop["models"], half ? ScalarType.Float16 : ScalarType.Float32, null, write: true);
        Assert.That(
            export.Output, Is.EqualTo(Path.Combine(shop["models"], $"mmproj-Llama-3.1-70B-Instruct-v1.0-{(half ? "F16" : "F32")}.gguf")));
        Assert.That(File.Exists(export.Output));
        Assert.That(
            Assert.Throws<GraftException>(
                () => Mmproj.Write(
                    ExportSource.Open(graft.Folder), export.Output, ScalarType.Float16, null,
                    write: true))!.Kind, Is.EqualTo(ErrorKind.Usage));
    }
}
