using System.Text.Json.Nodes;
using Grafting.Core;
using Grafting.Core.Checkpoints;
using Grafting.Core.Models;
using Grafting.Core.Models.Decoders;
using Grafting.Core.Models.Lora;
using Grafting.Core.Numerics;
using Grafting.Tests.Support;
using static TorchSharp.torch;

namespace Grafting.Tests.Models.Lora;

/// <summary>Adapters on disk: PEFT's names and fields, back again, and merged into the weights.</summary>
public class PeftAdapterTests : InScope
{
    static readonly LoraConfig Config = new() { Rank = 4, Alpha = 10, Dropout = 0.1, Targets = ["q_proj", "down_proj"] };

    [Test]
    public void Names_shapes_and_configuration_are_those_of_PEFT()
    {
        using var folder = new TempFolder();
        using var decoder = Tiny.Llama();
        PeftAdapter.Write(folder.Path, Random(decoder), "org/model");
        using var file = SafetensorsFile.Open(folder[PeftAdapter.WeightsName]);
        var json = (JsonObject)JsonNode.Parse(File.ReadAllText(folder[PeftAdapter.ConfigName]))!;
        Assert.Multiple(() =>
        {
            Assert.That(file.Tensors.Keys.Order(StringComparer.Ordinal), Is.EqualTo(
                from layer in new[] { 0, 1 }
                from matrix in new[] { "mlp.down_proj", "self_attn.q_proj" }
                from part in "AB"
                select $"base_model.model.model.layers.{layer}.{matrix}.lora_{part}.weight"));
            Assert.That(
                file.Tensors["base_model.model.model.layers.0.mlp.down_proj.lora_A.weight"].Shape, Is.EqualTo(new long[] { 4, 24 }));
            Assert.That(
                file.Tensors["base_model.model.model.layers.0.mlp.down_proj.lora_B.weight"].Shape, Is.EqualTo(new long[] { 16, 4 }));
            Assert.That(file.Tensors.Values.Select(t => t.Type), Has.All.EqualTo(TensorType.F32));
            Assert.That((string?)json["peft_type"], Is.EqualTo("LORA"));
            Assert.That((int?)json["r"], Is.EqualTo(4));
            Assert.That(json["lora_alpha"]!.ToJsonString(), Is.EqualTo("10"));
            Assert.That((double?)json["lora_dropout"], Is.EqualTo(0.1));
            Assert.That((string?)json["base_model_name_or_path"], Is.EqualTo("org/model"));
            Assert.That((string?)json["task_type"], Is.EqualTo("CAUSAL_LM"));
            Assert.That(json["target_modules"]!.AsArray().Select(n => (string?)n), Is.EqualTo(Config.Targets));
        });
    }

    [Test]
    public void Exported_read_back_and_merged_give_the_same_logits()
    {
        using var folder = new TempFolder();
        var target = WriteTarget(folder["target"], ScalarType.Float32);
        using var trained = DecoderFamilies.Load(target, CPU, ScalarType.Float32);
        var plain = Logits(trained);
        PeftAdapter.Write(folder.Path, Random(trained), target);
        using var adapter = PeftAdapter.Open(folder.Path);
        using var attached = DecoderFamilies.Load(target, CPU, ScalarType.Float32);
        adapter.AttachTo(attached);
        using var merged = Merged(target, adapter, folder["merged"], ScalarType.Float32);
        var (wanted, read, written) = (Logits(trained), Logits(attached), Logits(merged));
        Assert.Multiple(() =>
        {
            Assert.That(read.bytes.ToArray(), Is.EqualTo(wanted.bytes.ToArray()), "export and import lose no bit");
            // Logits are of the order of 1; W + BA rounds once where W x + B(A x) rounds twice.
            Assert.That(Difference(written, wanted), Is.LessThan(1e-5));
            Assert.That(Difference(plain, wanted), Is.GreaterThan(0.1), "the adapters do something");
        });
    }

    [Test]
    public void A_merged_matrix_is_rounded_once_from_float32_and_the_others_are_the_targets_byte_for_byte()
    {
        using var folder = new TempFolder();
        var target = WriteTarget(folder["target"], ScalarType.BFloat16);
        using (var decoder = DecoderFamilies.Load(target, CPU, ScalarType.BFloat16))
            PeftAdapter.Write(folder.Path, Random(decoder), target);
        using var adapter = PeftAdapter.Open(folder.Path);
        using (Merged(target, adapter, folder["merged"], ScalarType.BFloat16)) { }
        using var before = Checkpoint.Open(target);
        using var after = Checkpoint.Open(folder["merged"]);
        using var stored = SafetensorsFile.Open(folder[PeftAdapter.WeightsName]);
        Assert.Multiple(() =>
        {
            foreach (var (name, tensor) in before.Tensors)
            {
                var found = after.Tensors[name];
                Assert.That(found.Entry.Type, Is.EqualTo(TensorType.BF16), name);
                if (!name.Contains("q_proj") && !name.Contains("down_proj"))
                {
                    Assert.That(Digests.Sha256(found), Is.EqualTo(Digests.Sha256(tensor)), name);
                    continue;
                }
                var module = "base_model.model." + name[..^".weight".Length];
                float[] a = Floats(module + ".lora_A.weight"), b = Floats(module + ".lora_B.weight"), w = tensor.ReadFloats();
                var (rows, columns, rank) = ((int)tensor.Entry.Shape[0], (int)tensor.Entry.Shape[1], 4);
                var values = found.ReadFloats();
                for (var i = 0; i < rows; i++)
                {
                    for (var j = 0; j < columns; j++)
                    {
                        double sum = w[i * columns + j];
                        for (var r = 0; r < rank; r++) sum += 2.5 * b[i * rank + r] * a[r * columns + j];
                        // bfloat16 has 8 binary digits: half of the last place; the sum itself is rounded to float32, 1e-7 of some 2
                        // before.
                        var half = Math.Pow(2, Math.Floor(Math.Log2(Math.Abs(sum))) - 8);
                        Assert.That(values[i * columns + j], Is.EqualTo(sum).Within(half + 1e-6), $"{name} [{i}, {j}]");
                    }
                }
            }
        });

        float[] Floats(string name) => new StoredTensor(stored.Tensors[name], stored).ReadFloats();
    }

    [TestCase("use_dora", "true")]
    [TestCase("use_rslora", "true")]
    [TestCase("bias", "\"all\"")]
    [TestCase("rank_pattern", """{ "q_proj": 2 }""")]
    [TestCase("modules_to_save", """[ "lm_head" ]""")]
    [TestCase("init_lora_weights", "\"pissa\"")]
    [TestCase("of_a_later_version", "7")]
    public void A_field_that_would_change_the_numbers_is_refused_by_name(string field, string value)
    {
        using var folder = Written(json => json[field] = JsonNode.Parse(value));
        var fault = Assert.Throws<GraftException>(() => PeftAdapter.Open(folder.Path).Dispose());
        Assert.Multiple(() =>
        {
            Assert.That(fault!.Kind, Is.EqualTo(ErrorKind.Input));
            Assert.That(fault.Message, Does.Contain(field).And.Contain(PeftAdapter.ConfigName));
        });
    }

    [Test]
    public void A_configuration_of_a_newer_PEFT_whose_new_fields_are_unused_is_read()
    {
        using var folder = Written(json =>
        {
            (json["lora_bias"], json["eva_config"], json["peft_version"], json["target_parameters"]) = (false, null, "0.18.0", null);
            (json["lora_alpha"], json["layer_replication"], json["alora_invocation_tokens"]) = (64.0, null, null);
            json["target_modules"] = "all-linear";
        });
        using var adapter = PeftAdapter.Open(folder.Path);
        Assert.That(adapter.Config.Alpha, Is.EqualTo(64));
        Assert.That(adapter.Matrices, Has.Count.EqualTo(4));
    }

    [Test]
    public void An_adapter_of_another_model_is_refused_by_the_matrix_that_does_not_fit()
    {
        using var folder = Written(_ => { });
        using var adapter = PeftAdapter.Open(folder.Path);
        using var wider = Tiny.Llama(config: Tiny.WithShape(shape => shape with { FeedForwardWidth = 32 }));
        using var shallow = Tiny.Llama(config: Tiny.WithShape(shape => shape with { Layers = 1 }));
        Assert.Multiple(() =>
        {
            Assert.That(
                Assert.Throws<GraftException>(() => adapter.AttachTo(wider))!.Message,
                Does.Contain("model.layers.0.mlp.down_proj").And.Contain("[4, 32]"));
            Assert.That(Assert.Throws<GraftException>(() => adapter.AttachTo(shallow))!.Message, Does.Contain("model.layers.1"));
        });
    }

    [Test]
    public void A_tensor_that_is_no_adapter_of_a_matrix_is_refused()
    {
        using var folder = Written(_ => { });
        var file = SafetensorsFile.Open(folder[PeftAdapter.WeightsName]);
        var tensors = file.Tensors.Values.Select(t => TensorSource.FromFile(new StoredTensor(t, file))).ToList();
        var extra = TensorSource.FromFloats("base_model.model.model.embed_tokens.lora_embedding_A", [1, 1], new float[1]);
        SafetensorsWriter.Write(folder["more"], [.. tensors, extra]);
        SafetensorsWriter.Write(
            folder["fewer"], tensors.Where(t => !t.Name.EndsWith("layers.1.self_attn.q_proj.lora_B.weight", StringComparison.Ordinal)));
        file.Dispose();
        File.Move(folder["more"], folder[PeftAdapter.WeightsName], overwrite: true);
        Assert.That(
            Assert.Throws<GraftException>(() => PeftAdapter.Open(folder.Path).Dispose())!.Message, Does.Contain("lora_embedding_A"));
        File.Move(folder["fewer"], folder[PeftAdapter.WeightsName], overwrite: true);
        Assert.That(
            Assert.Throws<GraftException>(() => PeftAdapter.Open(folder.Path).Dispose())!.Message,
            Does.Contain("model.layers.1.self_attn.q_proj"));
    }

    static TempFolder Written(Action<JsonObject> edit)
    {
        var folder = new TempFolder();
        using (var decoder = Tiny.Llama()) PeftAdapter.Write(folder.Path, Random(decoder), "m");
        var json = (JsonObject)JsonNode.Parse(File.ReadAllText(folder[PeftAdapter.ConfigName]))!;
        edit(json);
        File.WriteAllText(folder[PeftAdapter.ConfigName], json.ToJsonString());
        return folder;
    }

    /// <summary>Adapters with values as training might leave them.</summary>
    static LoraAdapters Random(Decoder decoder)
    {
        var adapters = LoraAdapters.Attach(decoder, Config, 5);
        var initialiser = new Initialiser(8);
        foreach (var (name, adapter) in adapters.Members) initialiser.Normal(name, adapter.Up, 0.2);
        return adapters;
    }

    static string WriteTarget(string folder, ScalarType dtype)
    {
        Directory.CreateDirectory(folder);
        using var decoder = Tiny.Llama(dtype: dtype);
        CheckpointWriter.Write(folder, [.. Weights.Sources(decoder, decoder.Keys)]);
        File.WriteAllText(Path.Combine(folder, "config.json"), decoder.Config.ToJson(dtype).ToJsonString());
        return folder;
    }

    static Decoder Merged(string target, PeftAdapter adapter, string folder, ScalarType dtype)
    {
        Directory.CreateDirectory(folder);
        using var checkpoint = Checkpoint.Open(target);
        // In shards of a few tensors, as a large model would be.
        CheckpointWriter.Write(folder, LoraMerge.Sources(checkpoint, adapter), maxShardBytes: 4000);
        File.Copy(Path.Combine(target, "config.json"), Path.Combine(folder, "config.json"));
        Assert.That(File.Exists(Path.Combine(folder, ShardIndex.FileName)));
        return DecoderFamilies.Load(folder, CPU, dtype);
    }

    static Tensor Logits(Decoder decoder)
    {
        using var _ = no_grad();
        var random = new DeterministicRandom(3);
        long[] ids = [.. Enumerable.Range(0, 24).Select(_ => (long)random.NextInt(30))];
        return decoder.head(decoder.forward(decoder.embed(tensor(ids, [1, 24])), Tiny.Positions(1, 24), null).view(24, -1)).contiguous();
    }

    static double Difference(Tensor a, Tensor b) =>
        a.data<float>().ToArray().Zip(b.data<float>().ToArray(), (x, y) => Math.Abs((double)x - y)).Max();
}
