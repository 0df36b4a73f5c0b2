using System.Text.Json;
using Grafting.Cli;
using Grafting.Core.Checkpoints;
using Grafting.Tests.Cli;
using Grafting.Tests.Surrogates;
using Grafting.Tests.Support;

namespace Grafting.Tests.Inspection;

/// <summary><c>graft inspect</c> on files, checkpoints of every kind, artefacts, and on what is damaged.</summary>
sealed class InspectCommandTests
{
    [Test]
    public void A_decoder_is_told_part_by_part()
    {
        var json = Inspect(Shared.Fixture("decoders/llama2_mha"));
        var load = json.GetProperty("load");
        Assert.Multiple(() =>
        {
            Assert.That((Text(json, "kind"), Text(json, "modelType")), Is.EqualTo(("decoder", "llama")));
            // vocabulary x width; 4 matrices of attention, 3 of the feed-forward part and 2 norms per layer: from config.json by hand.
            Assert.That(Part(json, "embedding"), Is.EqualTo((1, 320L * 64, 320L * 64 * 4)));
            Assert.That(
                Part(json, "layers"),
                Is.EqualTo((54, 6L * ((4 * 64 * 64) + (3 * 64 * 160) + (2 * 64)), 6L * 4 * ((4 * 64 * 64) + (3 * 64 * 160) + (2 * 64)))));
            Assert.That(Part(json, "norm").Parameters, Is.EqualTo(64));
            Assert.That(Part(json, "head").Parameters, Is.EqualTo(320 * 64));
            Assert.That(Part(json, "buffers").Parameters, Is.Zero, "they follow from the configuration");
            Assert.That(json.GetProperty("tiedHead").GetBoolean(), Is.False);
            Assert.That((load.GetProperty("loadable").GetBoolean(), load.GetProperty("used").GetInt32()), Is.EqualTo((true, 57)));
            Assert.That(
                load.GetProperty("ignored").EnumerateArray().Select(i => i.GetString()),
                Is.EqualTo(Enumerable.Range(0, 6).Select(i => $"model.layers.{i}.self_attn.rotary_emb.inv_freq")));
            Assert.That(json.GetProperty("config").GetProperty("hidden_size").GetInt32(), Is.EqualTo(64));
            Assert.That(json.GetProperty("tensors").GetArrayLength(), Is.EqualTo(63));
        });
    }

    [Test]
    public void Shards_types_and_tied_weights_are_told()
    {
        var json = Inspect(Shared.Real("models/stories260K-bf16-3shards"));
        Assert.Multiple(() =>
        {
            Assert.That(json.GetProperty("files").GetArrayLength(), Is.EqualTo(3));
            Assert.That(json.GetProperty("types")[0].GetProperty("type").GetString(), Is.EqualTo("BF16"));
            Assert.That(json.GetProperty("tiedHead").GetBoolean(), Is.True);
            Assert.That(Text(json, "tokenizer"), Is.EqualTo("tokenizer.json"));
            Assert.That(json.GetProperty("parameters").GetInt64() * 2, Is.EqualTo(json.GetProperty("bytes").GetInt64()));
        });
    }

    [TestCase("vision/clip_vision", "tower", new[] { "tower embedding", "tower layers", "tower norms" })]
    [TestCase(
        "vision/clip_full", "tower", new[] { "tower embedding", "tower layers", "tower norms", "text tower and projections", "buffers" })]
    [TestCase("llava/llava_classic", "llava",
        new[] { "tower embedding", "tower layers", "tower norms", "projector", "embedding", "layers", "norm", "head" })]
    [TestCase("llava/llava_v5", "llava",
        new[] { "tower embedding", "tower layers", "tower norms", "projector", "embedding", "layers", "norm", "head" })]
    public void Every_kind_of_model_has_its_parts(string model, string kind, string[] parts)
    {
        var json = Inspect(Shared.Fixture(model));
        Assert.Multiple(() =>
        {
            Assert.That(Text(json, "kind"), Is.EqualTo(kind));
            Assert.That(json.GetProperty("parts").EnumerateArray().Select(p => Text(p, "name")), Is.EqualTo(parts));
            Assert.That(json.GetProperty("load").GetProperty("loadable").GetBoolean(), Is.True);
        });
    }

    [Test]
    public void A_quantised_model_is_told_by_its_method()
    {
        using var folder = new TempFolder();
        TinyTarget.Write(folder["model"], TinyTarget.Config(2), TinyTarget.Tensors(TinyTarget.Config(2), 1));
        var config = TinyTarget.Config(2);
        config["quantization_config"] = new System.Text.Json.Nodes.JsonObject { ["quant_method"] = "gptq" };
        folder.Write("model/config.json", config.ToJsonString());
        var json = Inspect(folder["model"]);
        Assert.That((Text(json, "kind"), Text(json, "quantisation")), Is.EqualTo(("decoder", "GPTQ")));
        Assert.That(Text(json.GetProperty("load"), "problem"), Does.Contain("GPTQ"));
        Assert.That(json.GetProperty("tensors").GetArrayLength(), Is.EqualTo(21));
    }

    [Test]
    public void A_model_of_an_unknown_type_is_told_with_the_reason_why_it_cannot_be_loaded()
    {
        using var folder = new TempFolder();
        TinyTarget.Write(folder["model"], TinyTarget.Config(2), TinyTarget.Tensors(TinyTarget.Config(2), 1));
        folder.Write("model/config.json", """{"model_type": "mamba", "hidden_size": 8}""");
        var json = Inspect(folder["model"]);
        Assert.Multiple(() =>
        {
            Assert.That(Text(json, "kind"), Is.EqualTo("model"));
            Assert.That(json.GetProperty("load").GetProperty("loadable").GetBoolean(), Is.False);
            Assert.That(Text(json.GetProperty("load"), "problem"), Does.Contain("mamba"));
            Assert.That(json.GetProperty("tensors").GetArrayLength(), Is.EqualTo(21));
        });
    }

    [Test]
    public void A_tensor_without_a_place_is_named()
    {
        using var folder = new TempFolder();
        var config = TinyTarget.Config(2);
        TinyTarget.Write(
            folder["model"], config, [.. TinyTarget.Tensors(config, 1), TensorSource.FromFloats("model.extra.weight", [2], new float[2])]);
        var json = Inspect(folder["model"]);
        Assert.That(Text(json.GetProperty("load"), "problem"), Does.Contain("model.extra.weight").And.Contain("no place"));
    }

    [Test]
    public void A_stored_copy_of_tied_weights_is_told_without_being_read()
    {
        using var folder = new TempFolder();
        var config = TinyTarget.Config(2, tied: true);
        var tensors = TinyTarget.Tensors(config, 1);
        // Of other bytes: only a load compares them.
        TinyTarget.Write(
            folder["model"], config,
            [.. tensors, tensors[0] with { Name = "lm_head.weight", Write = stream => stream.Write(new byte[16 * 8 * 2]) }]);
        var load = Inspect(folder["model"]).GetProperty("load");
        Assert.That(load.GetProperty("copies").EnumerateArray().Select(c => c.GetString()), Is.EqualTo(["lm_head.weight"]));
        Assert.That(load.GetProperty("loadable").GetBoolean(), Is.True);
    }

    [Test]
    public void A_70B_model_is_told_from_its_configuration_where_its_weights_are_not_here()
    {
        var json = Inspect(Shared.Real("configs/Reflection-Llama-3.1-70B"));
        Assert.Multiple(() =>
        {
            Assert.That(json.GetProperty("weightsHere").GetBoolean(), Is.False);
            Assert.That(json.GetProperty("files").GetArrayLength(), Is.EqualTo(162));
            Assert.That(Text(json.GetProperty("load"), "problem"), Does.Contain("none of the 162 weight files"));
            // Two more rows than Llama's 128 256 + 6 of its own: 80 layers of 855 654 400, two tables of 128 262 x 8192, a norm.
            Assert.That(json.GetProperty("parameters").GetInt64(), Is.EqualTo((80 * 855_654_400L) + (2 * 128_262L * 8192) + 8192));
        });
    }

    [Test]
    public void Licence_chat_template_and_preprocessing_are_found()
    {
        using var folder = new TempFolder();
        var config = TinyTarget.Config(1);
        TinyTarget.Write(folder["model"], config, TinyTarget.Tensors(config, 1));
        Assert.That(Text(Inspect(folder["model"]).GetProperty("licence"), "name"), Is.Null);
        folder.Write("model/LICENSE", "# MIT License\n\nPermission");
        Assert.That(Text(Inspect(folder["model"]).GetProperty("licence"), "name"), Is.EqualTo("MIT License"));
        folder.Write("model/README.md", "---\nlanguage: en\nlicense: other\nlicense_name: llama3.1\n---\n# Card\n");
        folder.Write("model/tokenizer_config.json", """{"chat_template": "{{ messages }}"}""");
        folder.Write("model/preprocessor_config.json", "{}");
        folder.Write("model/any.tiktoken", "");
        var json = Inspect(folder["model"]);
        Assert.That(
            (Text(json.GetProperty("licence"), "name"), Text(json, "chatTemplate"), Text(json, "preprocessor"), Text(json, "tokenizer")),
            Is.EqualTo(("llama3.1", "tokenizer_config.json", "preprocessor_config.json", "any.tiktoken")));
    }

    [Test]
    public void A_file_by_itself_is_told_with_its_metadata_and_filtered_tensors()
    {
        var file = Shared.Fixture("vision/clip_vision/model.safetensors");
        var json = Inspect(file, "--filter", "*layers.0.mlp.fc?.bias");
        Assert.That(Text(json, "kind"), Is.EqualTo("safetensors"));
        Assert.That(json.GetProperty("metadata").GetProperty("format").GetString(), Is.EqualTo("pt"));
        Assert.That(json.GetProperty("tensors").EnumerateArray().Select(t => Text(t, "name")),
            Is.EquivalentTo(["vision_model.encoder.layers.0.mlp.fc1.bias", "vision_model.encoder.layers.0.mlp.fc2.bias"]));
        var people = CliRun.Of("inspect", file, "--tensors");
        Assert.That(people.Output, Does.Contain("vision_model.embeddings.class_embedding").And.Contain("tower layers (6)"));
    }

    static IEnumerable<string> Invalid() => Shared.Has("real/safetensors/invalid")
        ? Directory.EnumerateFiles(
            Path.Combine(Shared.RepositoryRoot(), "..", "shared", "real", "safetensors", "invalid")).Select(f =>
                Path.GetFileName(f)).Order()
        : ["own_seven_bytes.safetensors"];

    [TestCaseSource(nameof(Invalid))]
    public void A_malformed_file_is_one_error(string file)
    {
        var run = CliRun.Of("inspect", Shared.Real($"safetensors/invalid/{file}"), "--json");
        var json = run.Json();
        Assert.That((run.Code, Text(json, "kind")), Is.EqualTo((ExitCodes.Input, "input")));
        Assert.That(Text(json, "message"), Does.Contain(file));
        Assert.That(run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries), Has.Length.LessThanOrEqualTo(2));
    }

    [Test]
    public void What_is_not_there_and_what_is_no_model_are_named()
    {
        using var folder = new TempFolder();
        foreach (var (what, says) in new[] { (folder["none"], "none"), (folder.Path, "config.json") })
        {
            var run = CliRun.Of("inspect", what);
            Assert.That(run.Code, Is.EqualTo(ExitCodes.Input));
            Assert.That(run.Error, Does.Contain(says));
        }
    }

    [Test]
    public void A_missing_shard_is_named()
    {
        using var folder = new TempFolder();
        var config = TinyTarget.Config(4);
        TinyTarget.Write(folder["model"], config, TinyTarget.Tensors(config, 1), shards: 3);
        File.Delete(folder["model/part-1.safetensors"]);
        var run = CliRun.Of("inspect", folder["model"]);
        Assert.That(run.Code, Is.EqualTo(ExitCodes.Input));
        Assert.That(run.Error, Does.Contain("part-1.safetensors"));
    }

    static JsonElement Inspect(string what, params string[] options)
    {
        var run = CliRun.Of(["inspect", what, "--json", .. options]);
        Assert.That(run.Code, Is.Zero, run.Error);
        return run.Json();
    }

    static string? Text(JsonElement json, string name) => json.GetProperty(name).GetString();

    static (int Tensors, long Parameters, long Bytes) Part(JsonElement json, string name)
    {
        var part = json.GetProperty("parts").EnumerateArray().Single(p => Text(p, "name") == name);
        return (part.GetProperty("tensors").GetInt32(), part.GetProperty("parameters").GetInt64(), part.GetProperty("bytes").GetInt64());
    }
}
