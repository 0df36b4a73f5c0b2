using System.Text.Json;
using Grafting.Core;
using Grafting.Core.Checkpoints;
using Grafting.Core.Imaging;
using Grafting.Core.Models.Adapters;
using Grafting.Core.Models.Llava;
using Grafting.Core.Text;
using Grafting.Core.Transfer.Export;
using Grafting.Tests.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Grafting.Tests.Transfer.Export;

/// <summary>LLaVA folders: what they hold, and that they compute what the graft does.</summary>
public sealed class HuggingFaceExportTests : InExportShop
{
    [TestCase(-2, false, false, true, "LlavaForConditionalGeneration", 4, TestName = "A_hidden_state_without_class_token_is_a_Llava")]
    [TestCase(-2, false, true, true, "LlavaForConditionalGeneration", 5,
        TestName = "A_hidden_state_with_its_class_token_is_a_Llava_that_takes_all")]
    [TestCase(1, false, false, false, "LlavaForConditionalGeneration", 4, TestName = "An_encoder_without_boundary_is_a_Llava")]
    [TestCase(-1, true, false, true, "VipLlavaForConditionalGeneration", 4, TestName = "The_last_norm_makes_a_VipLlava")]
    [TestCase(
        2, true, false, false, "VipLlavaForConditionalGeneration", 4, TestName = "The_last_norm_on_an_earlier_state_makes_a_VipLlava")]
    public void What_can_be_expressed_computes_the_same_when_it_is_read_back(
        int layer, bool postNorm, bool keepClass, bool boundary, string architecture, int tokens)
    {
        var export = shop.Export(shop.Graft(new(layer, postNorm, keepClass), boundary: boundary));
        var config = Json(export.Output, "config.json");
        Assert.Multiple(() =>
        {
            Assert.That(config.GetProperty("architectures")[0].GetString(), Is.EqualTo(architecture));
            Assert.That(config.GetProperty("image_seq_length").GetInt32(), Is.EqualTo(tokens));
            // Both sides do the same sums; what remains is nothing, and 1e-6 leaves room for a library that sums otherwise the second time.
            Assert.That(export.Comparison!.Features, Is.LessThanOrEqualTo(1e-6));
            Assert.That(export.Comparison.Logits, Is.Not.Null.And.LessThanOrEqualTo(1e-6));
            Assert.That(export.Comparison.Rounding, Is.Zero);
        });
    }

    /// <summary>
    /// Independent of the check that the export makes of itself: the tower's class is told what the file says, and its last norm is applied
    /// by hand.
    /// </summary>
    [Test]
    public void A_VipLlavas_features_are_those_of_the_graft()
    {
        var graft = shop.Graft(Normed);
        var export = shop.Export(graft);
        using var _ = no_grad();
        var pixels = torch.rand([2, 3, 16, 16]);
        using var encoder = graft.LoadEncoder(CPU, ScalarType.Float32);
        using var llava = Llava.Load(export.Output, CPU, ScalarType.Float32);
        Compare.Close(llava.image_features(pixels), encoder.forward(pixels).narrow(1, 1, 4), 1e-6, "features");
        Assert.That(llava.Config.ProjectorNormEpsilon, Is.EqualTo(1e-4), "the tower's own");
        var reader = Json(export.Output, "config.json");
        Assert.That(reader.GetProperty("vision_feature_layers").EnumerateArray().Select(l => l.GetInt32()), Is.EqualTo(new[] { -1 }));
    }

    [TestCase(-1, true, false, LlavaArchitecture.Llava, "post-norm features cannot be expressed as LlavaForConditionalGeneration",
        "--architecture vipllava")]
    [TestCase(-1, true, true, null, "neither as LlavaForConditionalGeneration", "features.keepClass: false")]
    [TestCase(-1, true, true, LlavaArchitecture.VipLlava, "drops the class token", "features.keepClass: false")]
    [TestCase(-1, true, true, LlavaArchitecture.Llava, "post-norm features cannot be expressed as LlavaForConditionalGeneration",
        "features.postNorm: false")]
    [TestCase(-2, false, false, LlavaArchitecture.VipLlava, "without the tower's last norm", "--architecture llava")]
    public void What_cannot_be_expressed_is_refused_with_the_reason(
        int layer, bool postNorm, bool keepClass, LlavaArchitecture? asked, string reason, string remedy)
    {
        var graft = shop.Graft(new(layer, postNorm, keepClass));
        Refused(() => shop.Export(graft, request => request with { Architecture = asked }), reason, remedy);
    }

    static readonly TestCaseData[] OtherAdapters =
    [
        new(new AdapterSettings { Depth = 1 }, "linear"), new(new AdapterSettings { Depth = 3 }, "mlp3x_gelu"),
        new(new AdapterSettings { Kind = PixelShuffleConfig.Kind, Factor = 2 }, "of kind 'pixelShuffle'"),
        new(new AdapterSettings { Kind = AveragePoolConfig.Kind, Factor = 2 }, "of kind 'averagePool'"),
        new(new AdapterSettings { Kind = ResamplerConfig.Kind, Queries = 3, Heads = 2 }, "of kind 'resampler'"),
    ];

    [TestCaseSource(nameof(OtherAdapters))]
    public void An_adapter_that_is_no_projector_is_refused_by_its_name(AdapterSettings adapter, string name)
    {
        var graft = shop.Graft(Hidden, adapter: adapter);
        Refused(() => shop.Export(graft), $"the adapter is {name};", "adapter.depth: 2");
    }

    [Test]
    public void Tiles_are_refused()
    {
        var graft = shop.Graft(Hidden, tiles: new Tiling { MaxTiles = 2 });
        Refused(() => shop.Export(graft), "pictures are cut into tiles", "Train without 'tiles'");
    }

    [Test]
    public void A_tower_without_class_token_is_a_Llava_that_takes_all_its_tokens()
    {
        var export = shop.Export(shop.Graft(Hidden, tower: ExportShop.Siglip));
        var (config, processor) = (Json(export.Output, "config.json"), Json(export.Output, "processor_config.json"));
        using var written = Checkpoint.Open(export.Output);
        Assert.Multiple(() =>
        {
            Assert.That(config.GetProperty("vision_feature_select_strategy").GetString(), Is.EqualTo("full"));
            Assert.That(config.GetProperty("vision_config").GetProperty("model_type").GetString(), Is.EqualTo("siglip_vision_model"));
            Assert.That(config.GetProperty("vision_config").GetProperty("vision_use_head").GetBoolean(), Is.False);
            Assert.That(processor.GetProperty("num_additional_image_tokens").GetInt32(), Is.Zero);
            Assert.That(export.TokensPerPicture, Is.EqualTo(4), "the last two of 18 pixels are no patch of 8");
            Assert.That(written.Tensors, Contains.Key("vision_tower.vision_model.embeddings.patch_embedding.bias"));
            Assert.That(written.Tensors.Keys, Has.None.Contains(".head."));
            Assert.That(export.Comparison!.Features, Is.LessThanOrEqualTo(1e-6));
            Assert.That(export.Comparison.Logits, Is.LessThanOrEqualTo(1e-6));
        });
    }

    [Test]
    public void A_tower_without_class_token_is_no_VipLlava()
    {
        var graft = shop.Graft(Normed, tower: ExportShop.Siglip);
        Refused(() => shop.Export(graft), "drops the first token, which is a patch", "features.postNorm: false");
    }

    [Test]
    public void Tensors_have_the_names_that_every_version_reads_and_the_language_model_keeps_its_bytes(
        [Values] DecoderMode mode, [Values] bool tied)
    {
        var target = shop.Target(tied);
        var export = shop.Export(shop.Graft(Hidden, target, boundary: false), request => request with { Decoder = mode });
        using var from = Checkpoint.Open(target);
        using var to = Checkpoint.Open(export.Output);
        Assert.Multiple(() =>
        {
            foreach (var (name, tensor) in from.Tensors)
            {
                var theirs = name.StartsWith("lm_head", StringComparison.Ordinal)
                    ? "language_model." + name
                    : "language_model.model." + name["model.".Length..];
                Assert.That(to.Tensors, Contains.Key(theirs));
                Assert.That(Digests.Sha256(to.Tensors[theirs]), Is.EqualTo(Digests.Sha256(tensor)), theirs);
            }
            Assert.That(
                to.Tensors.Keys.Where(n => !n.StartsWith("language_model.", StringComparison.Ordinal)),
                Has.All.StartsWith("vision_tower.vision_model.").Or.StartsWith("multi_modal_projector.linear_"));
            Assert.That(
                to.Tensors, Contains.Key("vision_tower.vision_model.encoder.layers.2.mlp.fc1.weight"),
                "all layers of the tower, those behind the feature too");
            Assert.That(export.ProvedTensors, Is.EqualTo(from.Tensors.Count));
            Assert.That(Json(export.Output, "config.json").GetProperty("tie_word_embeddings").GetBoolean(), Is.EqualTo(tied));
            Assert.That(
                File.Exists(Path.Combine(export.Output, "model.safetensors.index.json")), Is.EqualTo(mode != DecoderMode.Reference),
                "an index would make others load half a model");
            if (mode == DecoderMode.Copy) Assert.That(export.Moved!.Value.Shared, Is.Zero);
            if (mode == DecoderMode.Reference) Assert.That(export.Moved, Is.Null);
        });
    }

    [Test]
    public void Vectors_around_a_picture_become_two_rows_and_a_head_of_its_own([Values] DecoderMode mode, [Values] bool tied)
    {
        var target = shop.Target(tied);
        var graft = shop.Graft(Normed, target);
        var export = shop.Export(graft, request => request with { Decoder = mode });
        var (image, start, end) = (export.Tokens.Image, export.Tokens.Start!, export.Tokens.End!);
        using var encoder = graft.LoadEncoder(CPU, ScalarType.Float32);
        using var from = Checkpoint.Open(target);
        using var to = Checkpoint.Open(export.Output);
        var (before, after) = (
            from.Tensor("model.embed_tokens.weight").ReadFloats().Chunk(16).ToArray(),
            to.Tensor("language_model.model.embed_tokens.weight").ReadFloats().Chunk(16).ToArray());
        Assert.Multiple(() =>
        {
            Assert.That(
                (image.Text, start.Text, end.Text),
                Is.EqualTo(("<|reserved_special_token_0|>", "<|reserved_special_token_1|>", "<|reserved_special_token_2|>")));
            Assert.That(after[start.Id], Is.EqualTo(encoder.Boundary!.Value.Start.data<float>().ToArray()));
            Assert.That(after[end.Id], Is.EqualTo(encoder.Boundary!.Value.End.data<float>().ToArray()));
            for (var row = 0; row < before.Length; row++)
                if (row != start.Id && row != end.Id) Assert.That(after[row], Is.EqualTo(before[row]), $"row {row}");
            Assert.That(
                to.Tensor("language_model.lm_head.weight").ReadFloats(),
                Is.EqualTo(from.Tensor(tied ? "model.embed_tokens.weight" : "lm_head.weight").ReadFloats()), "no distribution changes");
            Assert.That(
                Json(export.Output, "config.json").GetProperty("text_config").GetProperty("tie_word_embeddings").GetBoolean(), Is.False);
            Assert.That(export.Comparison!.Logits, Is.LessThanOrEqualTo(1e-6));
        });
    }

    [Test]
    public void Language_models_of_other_families_keep_their_own_configuration(
        [Values("mistral_sw", "mistral_nemo", "qwen2", "qwen3", "gemma3_text", "llama3_rope", "llama_bias")] string family)
    {
        var target = shop.Target(family);
        var export = shop.Export(shop.Graft(Hidden, target));
        var (own, nested) = (Json(target, "config.json"), Json(export.Output, "config.json").GetProperty("text_config"));
        Assert.Multiple(() =>
        {
            foreach (var field in own.EnumerateObject().Where(field => field.Name != "tie_word_embeddings"))
                Assert.That(JsonElement.DeepEquals(nested.GetProperty(field.Name), field.Value), field.Name);
            Assert.That(export.Comparison!.Features, Is.LessThanOrEqualTo(1e-6));
            // Gemma multiplies the rows that it looks up, so that the rows are divided and each number is rounded twice.
            Assert.That(export.Comparison.Logits, Is.LessThanOrEqualTo(1e-5));
        });
    }

    [Test]
    public void Gemma_2_would_multiply_the_pictures_too()
    {
        var graft = shop.Graft(Hidden, shop.Target("gemma2"));
        Refused(() => shop.Export(graft), "multiplies the embeddings of pictures", "another family");
    }

    [Test]
    public void A_language_model_that_is_too_large_to_be_read_back_is_told_and_the_pictures_are_compared_still()
    {
        var export = shop.Export(shop.Graft(Hidden, shop.Target()), request => request with { CheckMemory = 1000 });
        Assert.Multiple(() =>
        {
            Assert.That(export.Comparison!.Logits, Is.Null);
            Assert.That(export.Comparison.NoLogits, Does.Contain("in float32"));
            Assert.That(export.Comparison.Features, Is.LessThanOrEqualTo(1e-6));
        });
    }

    [TestCase("multi_modal_projector.linear_2.bias", "embeddings of three fixed pictures")]
    [TestCase("language_model.model.norm.weight", "logits of a prompt with a picture")]
    public void An_export_that_computes_something_else_is_not_let_through(string tensor, string what)
    {
        var graft = shop.Graft(Hidden, shop.Target(), boundary: false);
        var export = shop.Export(graft);
        string path;
        long place;
        using (var checkpoint = Checkpoint.Open(export.Output))
        {
            var stored = checkpoint.Tensor(tensor);
            (path, place) = (stored.File.Path, stored.File.DataStart + stored.Entry.Begin);
        }
        using (var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite))
            RandomAccess.Write(file, BitConverter.GetBytes(3f), place);
        int[] prompt = [3, EncodedChat.ImageSlot, 4];
        var written = Array.ConvertAll(prompt, id => id == EncodedChat.ImageSlot ? export.Tokens.Image.Id : id);
        Refused(
            () => new ExportCheck(
                ExportSource.Open(graft.Folder), ScalarType.Float32, null).Run(export.Output, prompt, written, export.Tokens),
            what, "defect");
    }

    [Test]
    public void Rounding_is_told_and_only_the_mapping_is_held_against_the_tolerance()
    {
        var export = shop.Export(
            shop.Graft(Hidden, shop.Target(dtype: ScalarType.BFloat16)), request => request with { DType = ScalarType.Float16 });
        using var written = Checkpoint.Open(export.Output);
        Assert.Multiple(() =>
        {
            Assert.That(written.Tensor("multi_modal_projector.linear_1.weight").Entry.Type, Is.EqualTo(TensorType.F16));
            Assert.That(written.Tensor("language_model.lm_head.weight").Entry.Type, Is.EqualTo(TensorType.BF16));
            Assert.That(export.Comparison!.Rounding, Is.InRange(1e-6, 1e-2));
            Assert.That(export.Comparison.Features, Is.LessThanOrEqualTo(1e-6));
            Assert.That(export.Comparison.Logits, Is.LessThanOrEqualTo(1e-6));
            Assert.That(export.Notes, Has.Some.Contains("float16").And.Some.Contains("bfloat16"));
        });
    }

    [Test]
    public void The_processors_files_say_what_the_encoder_was_trained_with()
    {
        var graft = shop.Graft(Hidden);
        var export = shop.Export(graft);
        var processor = Json(export.Output, "processor_config.json");
        Assert.Multiple(() =>
        {
            Assert.That(processor.GetProperty("image_token").GetString(), Is.EqualTo("<|reserved_special_token_0|>"));
            Assert.That(processor.GetProperty("patch_size").GetInt32(), Is.EqualTo(8));
            Assert.That(processor.GetProperty("vision_feature_select_strategy").GetString(), Is.EqualTo("default"));
            Assert.That(processor.GetProperty("num_additional_image_tokens").GetInt32(), Is.EqualTo(1));
            Assert.That(
                PreprocessorConfig.Read(export.Output),
                Is.EqualTo(Grafting.Core.Transfer.EncoderFiles.Preprocessing(graft.Folder, graft.Encoder)));
            Assert.That(
                Json(export.Output, "preprocessor_config.json").GetProperty("processor_class").GetString(), Is.EqualTo("LlavaProcessor"));
            Assert.That(
                Json(export.Output, "generation_config.json").GetProperty("eos_token_id").EnumerateArray().Select(id => id.GetInt32()),
                Is.EqualTo(new[] { 332, 335 }));
            Assert.That(Json(export.Output, "tokenizer_config.json").TryGetProperty("chat_template", out var _), Is.False);
            Assert.That(
                Tokenizer.Load(export.Output).VocabularySize, Is.EqualTo(Tokenizer.Load(ExportShop.Toy).VocabularySize),
                "the vocabulary is not enlarged");
            Assert.That(
                File.ReadAllText(Path.Combine(export.Output, "README.md")),
                Does.Contain("AutoProcessor").And.Contain("LlavaForConditionalGeneration"));
        });
    }

    [Test]
    public void Preprocessing_that_makes_other_tokens_than_the_tower_is_refused_with_both_numbers()
    {
        var graft = shop.Graft(Hidden);
        // The manifest is sealed, so that a bundle can only be like that from the start.
        using var encoder = graft.LoadEncoder(CPU, ScalarType.Float32);
        var path = FeaturePathValue.Of(encoder);
        var tokens = new PictureTokens(new("<image>", 1), null, null);
        Refused(
            () => HuggingFaceFiles.ProcessorConfig(path, LlavaArchitecture.Llava, patchSize: 8, imageSize: 24, tokens), "9 image tokens",
            "tower", "4 features");
    }

    [Test]
    public void A_referenced_folder_needs_its_target_where_it_was()
    {
        var target = shop.Target();
        var export = shop.Export(shop.Graft(Hidden, target), request => request with { Decoder = DecoderMode.Reference });
        using (Llava.Load(export.Output, CPU, ScalarType.Float32)) Directory.Move(target, target + "-elsewhere");
        Refused(() => Llava.Load(export.Output, CPU, ScalarType.Float32), "refers to the model", "--copy");
    }

    [Test]
    public void A_target_that_was_changed_is_refused_and_nothing_is_left()
    {
        var target = shop.Target();
        var graft = shop.Graft(Hidden, target);
        var shard = Directory.EnumerateFiles(target, "*.safetensors").Order().First();
        var bytes = File.ReadAllBytes(shard);
        bytes[^1] ^= 1;
        File.WriteAllBytes(shard, bytes);
        var output = shop["refused"];
        Refused(
            () => shop.Export(graft, request => request with { Output = output }), "it is not the model that the encoder", "grafted onto");
        Assert.That(Path.Exists(output), Is.False);
    }

    static JsonElement Json(string folder, string name) => JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, name))).RootElement;

    static void Refused(Action write, string reason, string remedy, string? also = null)
    {
        var error = Assert.Throws<GraftException>(() => write())!;
        Assert.Multiple(() =>
        {
            Assert.That(error.Kind, Is.EqualTo(ErrorKind.Input), "exit code 3");
            Assert.That(error.Message, Does.Contain(reason).And.Contain(also ?? ""));
            Assert.That(error.Remedy, Does.Contain(remedy));
        });
    }
}
