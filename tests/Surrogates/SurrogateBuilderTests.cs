using System.Text.Json;
using System.Text.Json.Nodes;
using Grafting.Core;
using Grafting.Core.Checkpoints;
using Grafting.Core.Running;
using Grafting.Surrogates;
using Grafting.Tests.Support;

namespace Grafting.Tests.Surrogates;

public class SurrogateBuilderTests
{
    static SurrogateFolder Build(
        string target, CutRequest cut, string destination, BuildOptions? options = null, IProgress<ProgressReport>? progress = null,
        CancellationToken cancellation = default)
    {
        using var checkpoint = Checkpoint.Open(target);
        return SurrogateBuilder.Build(checkpoint, SurrogatePlan.Create(checkpoint, cut), destination, options, progress, cancellation);
    }

    [Test]
    public void Shards_and_a_single_file_of_the_same_model_give_the_same_surrogate()
    {
        using var folder = new TempFolder();
        var sharded = Shared.Real("models/stories260K-bf16-3shards");
        using (var checkpoint = Checkpoint.Open(sharded))
        {
            Directory.CreateDirectory(folder["single"]);
            SafetensorsWriter.Write(
                folder["single/model.safetensors"], checkpoint.Tensors.Values.Select(tensor => TensorSource.FromFile(tensor)));
            foreach (
                var file in Directory.EnumerateFiles(sharded, "*.json").Where(
                    path => !path.EndsWith(ShardIndex.FileName, StringComparison.Ordinal)))
                File.WriteAllBytes(folder[$"single/{Path.GetFileName(file)}"], File.ReadAllBytes(file));
        }
        var fromShards = Build(sharded, CutRequest.Layers(4), folder["a"]);
        var fromSingle = Build(folder["single"], CutRequest.Layers(4), folder["b"]);
        Assert.Multiple(() =>
        {
            Assert.That(File.ReadAllBytes(folder["b/model.safetensors"]), Is.EqualTo(File.ReadAllBytes(folder["a/model.safetensors"])));
            Assert.That(File.ReadAllBytes(folder["b/config.json"]), Is.EqualTo(File.ReadAllBytes(folder["a/config.json"])));
            Assert.That(fromSingle.Fingerprint, Is.EqualTo(fromShards.Fingerprint));
            Assert.That(fromSingle.Target.Identity, Is.EqualTo(fromShards.Target.Identity));
        });
    }

    [Test]
    public void A_surrogate_of_the_real_model_holds_its_tensors_bit_for_bit_and_opens_again_as_a_target()
    {
        using var folder = new TempFolder();
        var target = Shared.Real("models/stories260K-bf16-3shards");
        Build(target, CutRequest.Layers(4), folder["surrogate"]);
        using var original = Checkpoint.Open(target);
        using var surrogate = Checkpoint.Open(folder["surrogate"]);
        Assert.That(surrogate.Config.GetProperty("num_hidden_layers").GetInt32(), Is.EqualTo(4));
        Assert.That(surrogate.Tensors, Has.Count.EqualTo(2 + 4 * 9));
        foreach (var name in surrogate.Tensors.Keys)
        {
            var source = name.Replace("layers.3.", "layers.4.", StringComparison.Ordinal);
            Assert.That(surrogate.Bytes(name), Is.EqualTo(original.Bytes(source)), name);
        }
        Build(folder["surrogate"], CutRequest.Layers(3), folder["again"]);
        Assert.That(
            SurrogatePlan.Create(surrogate, CutRequest.Layers(3)).Layers.Select(layer => layer.Source), Is.EqualTo(new[] { 0, 1, 3 }));
    }

    [Test]
    public void Everything_beside_the_weights_comes_along()
    {
        using var folder = new TempFolder();
        var target = Shared.Real("models/stories260K-bf16-3shards");
        Build(target, CutRequest.Layers(4), folder["surrogate"]);
        string[] copied = ["generation_config.json", "special_tokens_map.json", "tokenizer.json", "tokenizer_config.json"];
        Assert.Multiple(() =>
        {
            Assert.That(
                Directory.EnumerateFiles(folder["surrogate"]).Select(Path.GetFileName),
                Is.EquivalentTo(copied.Append("config.json").Append("graft.json").Append("model.safetensors")));
            foreach (var name in copied)
                Assert.That(
                    File.ReadAllBytes(folder[$"surrogate/{name}"]), Is.EqualTo(File.ReadAllBytes(Path.Combine(target, name))), name);
        });
    }

    [Test]
    public void Templates_and_licences_come_along_and_links_and_rights_do_not()
    {
        using var folder = new TempFolder();
        TinyTarget.Write(folder["target"], 6);
        folder.Write("blobs/0123", "{{ messages }}");
        File.CreateSymbolicLink(folder["target/chat_template.jinja"], "../blobs/0123");
        folder.Write("target/additional_chat_templates/tools.jinja", "t");
        folder.Write("target/LICENSE.txt", "l");
        folder.Write("target/USE_POLICY.md", "u");
        folder.Write("target/README.md", "not this");
        File.SetAttributes(folder["target/LICENSE.txt"], FileAttributes.ReadOnly);
        Build(folder["target"], CutRequest.Layers(4), folder["surrogate"]);
        Assert.Multiple(() =>
        {
            Assert.That(File.ReadAllText(folder["surrogate/chat_template.jinja"]), Is.EqualTo("{{ messages }}"));
            Assert.That(new FileInfo(folder["surrogate/chat_template.jinja"]).LinkTarget, Is.Null);
            Assert.That(File.ReadAllText(folder["surrogate/additional_chat_templates/tools.jinja"]), Is.EqualTo("t"));
            Assert.That(File.GetAttributes(folder["surrogate/LICENSE.txt"]).HasFlag(FileAttributes.ReadOnly), Is.False);
            Assert.That(File.Exists(folder["surrogate/USE_POLICY.md"]));
            Assert.That(File.Exists(folder["surrogate/README.md"]), Is.False);
        });
    }

    [Test]
    public void A_tokenizer_that_is_a_link_into_nowhere_is_named()
    {
        using var folder = new TempFolder();
        TinyTarget.Write(folder["target"], 6);
        File.CreateSymbolicLink(folder["target/tokenizer.json"], "../blobs/gone");
        Refused(folder, $"{folder["target/tokenizer.json"]}: is a link to {folder["blobs/gone"]}, which does not exist");
    }

    [Test]
    public void Any_cut_of_any_depth_gives_the_right_bytes_digests_and_order([Values(4, 7, 23, 100)] int depth, [Values(1, 3)] int shards)
    {
        using var folder = new TempFolder();
        var random = new Random(depth);
        TinyTarget.Write(folder["target"], depth, seed: depth, shards);
        var first = random.Next(1, depth - 2);
        var last = random.Next(first + 1, depth - 1);
        var built = Build(folder["target"], CutRequest.Replace(first, last), folder["surrogate"], new BuildOptions(MaxShardBytes: 20_000));

        using var target = Checkpoint.Open(folder["target"]);
        using var surrogate = Checkpoint.Open(folder["surrogate"]);
        var plan = SurrogatePlan.Create(target, CutRequest.Replace(first, last));
        var sources = plan.Layers.ToDictionary(layer => layer.Index, layer => layer);
        foreach (var (name, tensor) in surrogate.Tensors)
        {
            var parts = name.Split('.');
            var layer = parts[1] == "layers" ? sources[int.Parse(parts[2], System.Globalization.CultureInfo.InvariantCulture)] : null;
            if (layer is not null) parts[2] = $"{layer.Source}";
            var source = string.Join('.', parts);
            Assert.That(surrogate.Bytes(name), Is.EqualTo(target.Bytes(source)), name);
            if (layer?.Kind == LayerKind.Translator) Assert.That(built.Fingerprint, Does.Not.ContainKey(source));
            else Assert.That(built.Fingerprint[source], Is.EqualTo(Digests.Sha256(tensor)), name);
        }
        Assert.Multiple(() =>
        {
            Assert.That(surrogate.Tensors, Has.Count.EqualTo(3 + 9 * plan.Layers.Count));
            Assert.That(built.Fingerprint, Has.Count.EqualTo(surrogate.Tensors.Count - 9));
            Assert.That(built.Translators, Is.EqualTo(new[] { first }));
            Assert.That(surrogate.Warnings, Is.Empty);
            Assert.That(surrogate.Files.Sum(file => new FileInfo(file.Path).Length), Is.GreaterThan(plan.BytesWritten));
        });
        SurrogateFolder.Open(folder["surrogate"]);
    }

    [Test]
    public void Several_ranges_and_translators_give_the_right_bytes_and_digests(
        [Values(9, 24, 100)] int depth, [Values(TranslatorStart.First, TranslatorStart.Last)] TranslatorStart start)
    {
        using var folder = new TempFolder();
        TinyTarget.Write(folder["target"], depth, seed: depth, shards: 2);
        var (cut, ranges) = SurrogatePlanTests.RandomCut(new Random(depth), depth);
        using var target = Checkpoint.Open(folder["target"]);
        var plan = SurrogatePlan.Create(target, cut, start);
        var built = SurrogateBuilder.Build(target, plan, folder["surrogate"]);
        using var surrogate = Checkpoint.Open(folder["surrogate"]);
        Assert.That(
            surrogate.Config.GetProperty("num_hidden_layers").GetInt32(),
            Is.EqualTo(depth - ranges.Sum(range => range.Count - cut.Translators)));
        foreach (var layer in plan.Layers)
        {
            foreach (
                var name in surrogate.Tensors.Keys.Where(key => key.StartsWith($"model.layers.{layer.Index}.", StringComparison.Ordinal)))
            {
                var source = name.Replace($"layers.{layer.Index}.", $"layers.{layer.Source}.", StringComparison.Ordinal);
                Assert.That(surrogate.Bytes(name), Is.EqualTo(target.Bytes(source)), name);
                Assert.That(
                    built.Fingerprint.GetValueOrDefault(source),
                    Is.EqualTo(layer.Kind == LayerKind.Translator ? null : Digests.Sha256(surrogate.Tensors[name])), name);
            }
        }
        Assert.That(built.Translators, Is.EqualTo(plan.Translators));
    }

    [Test]
    public void Large_surrogates_are_spread_over_shards_as_other_tools_name_them()
    {
        using var folder = new TempFolder();
        TinyTarget.Write(folder["target"], 6);
        Build(folder["target"], CutRequest.Layers(4), folder["surrogate"], new BuildOptions(MaxShardBytes: 3_000));
        using var index = JsonDocument.Parse(File.ReadAllText(folder[$"surrogate/{ShardIndex.FileName}"]));
        var shards = Directory.EnumerateFiles(
            folder["surrogate"], "*.safetensors").Select(path => Path.GetFileName(path)).Order().ToArray();
        using var surrogate = Checkpoint.Open(folder["surrogate"]);
        Assert.Multiple(() =>
        {
            Assert.That(shards[0], Is.EqualTo($"model-00001-of-{shards.Length:D5}.safetensors"));
            Assert.That(shards, Has.Length.GreaterThan(1));
            Assert.That(
                index.RootElement.GetProperty("metadata").GetProperty("total_size").GetInt64(),
                Is.EqualTo(surrogate.Tensors.Values.Sum(t => t.Entry.ByteCount)));
            Assert.That(
                index.RootElement.GetProperty("weight_map").EnumerateObject().Select(pair => pair.Name),
                Is.Ordered.Using((System.Collections.IComparer)StringComparer.Ordinal));
            Assert.That(surrogate.Files.All(file => file.Tensors.Values.Sum(tensor => tensor.ByteCount) <= 3_000));
            Assert.That(surrogate.Files.All(file => file.Metadata["format"] == "pt"));
        });
    }

    [Test]
    public void The_configuration_is_the_targets_with_layers_counted_anew()
    {
        using var folder = new TempFolder();
        var config = TinyTarget.Config(6, type: "qwen2");
        config["layer_types"] = Types("full", "full", "sliding", "full", "full", "sliding");
        config["max_window_layers"] = 5;
        config["use_sliding_window"] = true;
        config["rope_theta"] = 1000000.0;
        config["sliding_window"] = 4;
        config["eos_token_id"] = new JsonArray(1, 2, 3, 4, 5, 6);
        TinyTarget.Write(folder["target"], config, TinyTarget.Tensors(config, 1));
        File.WriteAllText(folder["target/config.json"], config.ToJsonString().Replace("1E-05", "1e-5", StringComparison.Ordinal));
        Build(folder["target"], CutRequest.Replace(2, 3), folder["surrogate"]);

        var expected = config.DeepClone().AsObject();
        expected["num_hidden_layers"] = 5;
        expected["max_window_layers"] = 4;
        expected["layer_types"] = Types("full", "full", "sliding", "full", "sliding");
        var text = File.ReadAllText(folder["surrogate/config.json"]);
        Assert.Multiple(() =>
        {
            Assert.That(JsonNode.DeepEquals(JsonNode.Parse(text), expected), text);
            Assert.That(text, Does.Contain("\"rms_norm_eps\": 1e-5,"), "numbers keep their spelling");
            Assert.That(text, Does.StartWith("{\n  \"architectures\"").And.EndsWith("}\n"));
        });
    }

    static JsonArray Types(params string[] kinds) => new([.. kinds.Select(kind => (JsonNode)$"{kind}_attention")]);

    [Test]
    public void Stored_rotary_buffers_are_renumbered_and_a_repeated_head_is_kept()
    {
        using var folder = new TempFolder();
        var config = TinyTarget.Config(6, tied: true);
        List<TensorSource> tensors = TinyTarget.Tensors(config, 1);
        for (var layer = 0; layer < 6; layer++)
            tensors.Add(TensorSource.FromFloats($"model.layers.{layer}.self_attn.rotary_emb.inv_freq", [2], new float[] { layer, 1 }));
        tensors.Add(TensorSource.FromBytes("lm_head.weight", TensorType.BF16, [16, 8], new byte[256]));
        TinyTarget.Write(folder["target"], config, tensors);
        Build(folder["target"], CutRequest.Layers(4), folder["surrogate"]);
        using var surrogate = Checkpoint.Open(folder["surrogate"]);
        Assert.Multiple(() =>
        {
            Assert.That(surrogate.Tensor("model.layers.3.self_attn.rotary_emb.inv_freq").ReadFloats(), Is.EqualTo(new[] { 5f, 1f }));
            Assert.That(surrogate.Tensors, Contains.Key("lm_head.weight"));
            Assert.That(surrogate.Config.GetProperty("tie_word_embeddings").GetBoolean());
        });
    }

    static void Refused(TempFolder folder, string because) => Assert.That(
        () => Build(folder["target"], CutRequest.Layers(4), folder["surrogate"]),
        Throws.TypeOf<GraftException>().With.Message.Contains(because).And.Property(nameof(GraftException.Kind)).EqualTo(ErrorKind.Input));

    [TestCase("model.norm.weight")]
    [TestCase("lm_head.weight")]
    [TestCase("model.embed_tokens.weight")]
    [TestCase("model.layers.0.mlp.up_proj.weight")]
    [TestCase("model.layers.4.input_layernorm.weight")]
    public void A_missing_tensor_is_named_even_in_a_layer_that_is_not_kept(string name)
    {
        using var folder = new TempFolder();
        var config = TinyTarget.Config(6);
        TinyTarget.Write(folder["target"], config, [.. TinyTarget.Tensors(config, 1).Where(tensor => tensor.Name != name)]);
        Refused(folder, $"has no tensor \"{name}\", which its config.json promises");
    }

    [TestCase("something.else", "is not a part of a llama model")]
    [TestCase("model.layers.2.mlp.up_proj.weight_scale", "is not a part of a llama model")]
    [TestCase("model.layers.6.input_layernorm.weight", "belongs to none of the 6 layers")]
    [TestCase("model.layers.02.input_layernorm.weight", "belongs to none of the 6 layers")]
    [TestCase("model.layers.norm", "belongs to none of the 6 layers")]
    public void An_unexpected_tensor_inside_the_layers_is_named(string name, string because)
    {
        using var folder = new TempFolder();
        var config = TinyTarget.Config(6);
        TinyTarget.Write(folder["target"], config, [.. TinyTarget.Tensors(config, 1), TensorSource.FromFloats(name, [1], new float[1])]);
        Refused(folder, because);
    }

    [Test]
    public void A_tensor_of_another_shape_is_named()
    {
        using var folder = new TempFolder();
        var config = TinyTarget.Config(6);
        var tensors = TinyTarget.Tensors(config, 1);
        config["vocab_size"] = 17;
        TinyTarget.Write(folder["target"], config, tensors);
        Refused(folder, "\"model.embed_tokens.weight\" BF16 [16, 8] does not fit config.json, which makes it [17, 8]");
    }

    [Test]
    public void A_quantised_tensor_is_named()
    {
        using var folder = new TempFolder();
        var config = TinyTarget.Config(6);
        var tensors = TinyTarget.Tensors(config, 1)
            .Select(
                t => t.Name == "model.layers.1.mlp.up_proj.weight"
                    ? TensorSource.FromBytes(t.Name, TensorType.I8, t.Shape, new byte[128])
                    : t);
        TinyTarget.Write(folder["target"], config, [.. tensors]);
        Refused(folder, "is quantised");
    }

    [Test]
    public void A_truncated_shard_is_named_and_leaves_nothing()
    {
        using var folder = new TempFolder();
        TinyTarget.Write(folder["target"], 6, shards: 3);
        var shard = folder["target/part-1.safetensors"];
        File.WriteAllBytes(shard, File.ReadAllBytes(shard)[..^100]);
        Refused(folder, $"{shard}: ");
        Assert.That(folder.Entries(), Is.EqualTo(new[] { "target" }));
    }

    [Test]
    public void A_shard_truncated_while_it_is_copied_is_named_and_leaves_nothing()
    {
        using var folder = new TempFolder();
        TinyTarget.Write(folder["target"], 6, shards: 3);
        var shard = folder["target/part-2.safetensors"];
        var cut = new OnProgress(_ =>
        {
            using var other = new FileStream(shard, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            if (other.Length > 2_000) other.SetLength(2_000);
        });
        Assert.That(
            () => Build(folder["target"], CutRequest.Layers(4), folder["surrogate"], progress: cut),
            Throws.TypeOf<GraftException>().With.Message.Contains(shard).And.Message.Contains("became shorter"));
        Assert.That(folder.Entries(), Is.EqualTo(new[] { "target" }));
    }

    [Test]
    public void A_cancelled_build_leaves_nothing([Values(0, 1, 20, 39)] int reports)
    {
        using var folder = new TempFolder();
        TinyTarget.Write(folder["target"], 6);
        using var source = new CancellationTokenSource();
        var seen = 0;
        if (reports == 0) source.Cancel();
        var counter = new OnProgress(_ => { if (++seen == reports) source.Cancel(); });
        Assert.That(
            () => Build(folder["target"], CutRequest.Layers(4), folder["surrogate"], progress: counter, cancellation: source.Token),
            Throws.InstanceOf<OperationCanceledException>());
        Assert.That(folder.Entries(), Is.EqualTo(new[] { "target" }));
    }

    [Test]
    public void Progress_ends_at_the_planned_bytes()
    {
        using var folder = new TempFolder();
        TinyTarget.Write(folder["target"], 6);
        var reports = new List<ProgressReport>();
        Build(folder["target"], CutRequest.Layers(4), folder["surrogate"], progress: new OnProgress(reports.Add));
        using var target = Checkpoint.Open(folder["target"]);
        var plan = SurrogatePlan.Create(target, CutRequest.Layers(4));
        Assert.Multiple(() =>
        {
            Assert.That(reports.Select(report => report.Done), Is.Ordered);
            Assert.That((reports[^1].Done, reports[^1].Total), Is.EqualTo((plan.BytesRead, plan.BytesRead)));
        });
    }

    [Test]
    public void A_disk_that_is_too_small_is_named_before_anything_is_written()
    {
        using var folder = new TempFolder();
        using var disk = new SmallDisk(16);
        TinyTarget.Write(folder["target"], 30);
        var fault = Assert.Throws<GraftException>(() => Build(folder["target"], CutRequest.Layers(20), disk["deep/surrogate"]))!;
        Assert.Multiple(() =>
        {
            Assert.That(fault.Kind, Is.EqualTo(ErrorKind.Resources));
            Assert.That(fault.Message, Does.Match("needs [0-9,]+ bytes, and the disk has 16,384 free"));
            Assert.That(disk.Entries(), Is.Empty);
        });
    }

    [Test]
    public void A_disk_that_fills_up_while_copying_leaves_nothing()
    {
        using var folder = new TempFolder();
        using var disk = new SmallDisk(64);
        TinyTarget.Write(folder["target"], 30);
        var fault = Assert.Throws<GraftException>(() => Build(
            folder["target"], CutRequest.Layers(20), disk["surrogate"],
            progress: new OnProgress(_ => File.WriteAllBytes(disk["other"], new byte[40_000]))))!;
        Assert.Multiple(() =>
        {
            Assert.That(fault.Kind, Is.EqualTo(ErrorKind.Resources));
            Assert.That(disk.Entries(), Is.EqualTo(new[] { "other" }));
        });
    }

    [Test]
    public void Memory_does_not_grow_with_the_model()
    {
        using var folder = new TempFolder();
        var config = TinyTarget.Config(12, width: 512, tied: true);
        var shape = TargetShape.Read(TinyTarget.Element(config), "config.json", []);
        var layout = new TargetLayout(TargetShape.ReadConfig(TinyTarget.Element(config), "config.json"));
        var block = new byte[1 << 16];
        TensorSource Zeros(string name, long[] sizes)
        {
            var source = new TensorSource(name, shape.Type, sizes, _ => { });
            return source with
            {
                Write = stream =>
                {
                    for (var left = source.ByteCount; left > 0; left -= block.Length)
                        stream.Write(block.AsSpan(0, (int)Math.Min(left, block.Length)));
                },
            };
        }
        TinyTarget.Write(folder["target"], config,
        [
            .. layout.Outer.Select(tensor => Zeros(tensor.Name, tensor.Shape)),
            .. Enumerable.Range(0, 12)
            .SelectMany(layer => layout.Layer.Select(tensor => Zeros($"model.layers.{layer}.{tensor.Name}", tensor.Shape))),
        ], shards: 2);

        using var target = Checkpoint.Open(folder["target"]);
        var plan = SurrogatePlan.Create(target, CutRequest.Layers(11));
        Assert.That(plan.BytesRead, Is.GreaterThan(45_000_000));
        var before = GC.GetTotalAllocatedBytes(precise: true);
        SurrogateBuilder.Build(target, plan, folder["surrogate"]);
        Assert.That(
            GC.GetTotalAllocatedBytes(precise: true) - before, Is.LessThan(12_000_000), "one buffer of 4 MB, one for the file, and names");
    }

    [Test]
    public void An_existing_destination_is_kept_unless_replacement_is_asked_for()
    {
        using var folder = new TempFolder();
        TinyTarget.Write(folder["target"], 6);
        Build(folder["target"], CutRequest.Layers(4), folder["surrogate"]);
        Assert.That(
            () => Build(folder["target"], CutRequest.Layers(5), folder["surrogate"]),
            Throws.TypeOf<GraftException>().With.Message.Contains("exists already"));
        Build(folder["target"], CutRequest.Layers(5), folder["surrogate"], new BuildOptions(Replace: true));
        using var surrogate = Checkpoint.Open(folder["surrogate"]);
        Assert.That(surrogate.Config.GetProperty("num_hidden_layers").GetInt32(), Is.EqualTo(5));
    }

    [Test]
    public void Building_twice_gives_the_same_bytes()
    {
        using var folder = new TempFolder();
        TinyTarget.Write(folder["target"], 6);
        Build(folder["target"], CutRequest.Layers(4), folder["a"]);
        Build(folder["target"], CutRequest.Layers(4), folder["b"]);
        foreach (var file in Directory.EnumerateFiles(folder["a"]).Select(path => Path.GetFileName(path)))
            Assert.That(File.ReadAllBytes(folder[$"b/{file}"]), Is.EqualTo(File.ReadAllBytes(folder[$"a/{file}"])), file);
    }

    [Test]
    public void The_identity_of_a_target_does_not_depend_on_the_cut_but_on_its_weights()
    {
        using var folder = new TempFolder();
        TinyTarget.Write(folder["target"], 8);
        TinyTarget.Write(folder["other"], 8, seed: 2);
        var a = Build(folder["target"], CutRequest.Layers(4), folder["a"]).Target;
        var b = Build(folder["target"], CutRequest.Replace(3, 5), folder["b"]).Target;
        var c = Build(folder["other"], CutRequest.Layers(4), folder["c"]).Target;
        Assert.Multiple(() =>
        {
            Assert.That(b.Identity, Is.EqualTo(a.Identity).And.Match("^sha256:[0-9a-f]{64}$"));
            Assert.That(c.Identity, Is.Not.EqualTo(a.Identity));
            Assert.That(a.Path, Is.EqualTo(folder["target"]));
        });
    }

    [Test]
    public void A_changed_byte_of_a_surrogate_is_found_when_it_is_opened()
    {
        using var folder = new TempFolder();
        TinyTarget.Write(folder["target"], 6);
        Build(folder["target"], CutRequest.Layers(4), folder["surrogate"]);
        var weights = folder["surrogate/model.safetensors"];
        var bytes = File.ReadAllBytes(weights);
        bytes[^1] ^= 1;
        File.WriteAllBytes(weights, bytes);
        Assert.That(
            () => SurrogateFolder.Open(folder["surrogate"]),
            Throws.TypeOf<GraftException>().With.Message.Contains($"{weights}: tensor \"model.norm.weight\" is damaged"));
    }

    [TestCase("\"translators\": [", "\"translatots\": [", "has no translators")]
    [TestCase("\"translators\": [", "\"translators\": [{}, ", "has a malformed translators")]
    [TestCase("\"role\": \"target\"", "\"role\": \"other\"", "names no target")]
    public void A_manifest_that_describes_no_surrogate_is_refused(string old, string replacement, string because)
    {
        using var folder = new TempFolder();
        TinyTarget.Write(folder["target"], 6);
        Build(folder["target"], CutRequest.Layers(4), folder["surrogate"]);
        var manifest = folder["surrogate/graft.json"];
        File.WriteAllText(manifest, File.ReadAllText(manifest).Replace(old, replacement, StringComparison.Ordinal));
        Assert.That(
            () => SurrogateFolder.Open(folder["surrogate"], verify: false), Throws.TypeOf<GraftException>().With.Message.Contains(because));
    }
}
