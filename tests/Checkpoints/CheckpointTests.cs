using System.Text.Json;
using Grafting.Core;
using Grafting.Core.Checkpoints;
using Grafting.Tests.Support;

namespace Grafting.Tests.Checkpoints;

public class CheckpointTests
{
    static void Shard(TempFolder folder, string name, params string[] tensors) => SafetensorsWriter.Write(
        folder[name], tensors.Select(t => TensorSource.FromFloats(t, [2], new float[] { t.Length, 1 })));

    static void Index(TempFolder folder, params (string Tensor, string File)[] map) => folder.Write(
        ShardIndex.FileName, JsonSerializer.Serialize(new { weight_map = map.ToDictionary(m => m.Tensor, m => m.File) }));

    static TempFolder TwoShards()
    {
        var folder = new TempFolder();
        folder.Write("config.json", "{}");
        Shard(folder, "model-1.safetensors", "a", "bb");
        Shard(folder, "model-2.safetensors", "ccc");
        Index(folder, ("a", "model-1.safetensors"), ("bb", "model-1.safetensors"), ("ccc", "model-2.safetensors"));
        return folder;
    }

    static void Refused(TempFolder folder, string because) => Assert.That(
        () => Checkpoint.Open(folder.Path).Dispose(),
        Throws.TypeOf<GraftException>().With.Message.Contains(because).And.Property(nameof(GraftException.Kind)).EqualTo(ErrorKind.Input));

    [Test]
    public void The_real_model_in_three_shards_holds_the_rounded_values_of_the_single_file()
    {
        using var single = Checkpoint.Open(Shared.Real("models/stories260K"));
        using var sharded = Checkpoint.Open(Shared.Real("models/stories260K-bf16-3shards"));
        Assert.Multiple(() =>
        {
            Assert.That(sharded.Files, Has.Count.EqualTo(3));
            Assert.That(sharded.Warnings, Is.Empty);
            Assert.That(sharded.Tensors.Keys, Is.EquivalentTo(single.Tensors.Keys));
            Assert.That(single.Config.GetProperty("num_hidden_layers").GetInt32(), Is.EqualTo(5));
        });
        foreach (var (name, tensor) in single.Tensors)
        {
            var rounded = tensor.ReadFloats().Select(value => FloatConversion.BF16ToF32(FloatConversion.F32ToBF16(value)));
            Assert.That(sharded.Tensor(name).ReadFloats(), Is.EqualTo(rounded), name);
        }
    }

    [Test]
    public void Shards_are_read_through_their_index()
    {
        using var folder = TwoShards();
        using var checkpoint = Checkpoint.Open(folder.Path);
        Assert.Multiple(() =>
        {
            Assert.That(checkpoint.Tensors.Keys, Is.EqualTo(new[] { "a", "bb", "ccc" }));
            Assert.That(checkpoint.Tensor("ccc").ReadFloats(), Is.EqualTo(new[] { 3f, 1f }));
            Assert.That(checkpoint.Warnings, Is.Empty);
        });
    }

    [Test]
    public void A_truncated_shard_is_named()
    {
        using var folder = TwoShards();
        File.WriteAllBytes(folder["model-2.safetensors"], File.ReadAllBytes(folder["model-2.safetensors"])[..^3]);
        Refused(
            folder, $"{folder["model-2.safetensors"]}: \"ccc\" ends at byte 8 of the data section, but the file has only 5 bytes there");
    }

    [Test]
    public void A_missing_shard_is_named()
    {
        using var folder = TwoShards();
        File.Delete(folder["model-1.safetensors"]);
        Refused(folder, $"{folder["model-1.safetensors"]}: no such file, but 2 tensors of");
    }

    [Test]
    public void A_dangling_shard_is_named()
    {
        using var folder = TwoShards();
        File.Delete(folder["model-1.safetensors"]);
        File.CreateSymbolicLink(folder["model-1.safetensors"], "../../blobs/0123");
        Refused(folder, $"{folder["model-1.safetensors"]}: is a link to");
    }

    [Test]
    public void A_tensor_that_the_index_promises_in_vain_is_named()
    {
        using var folder = TwoShards();
        Index(folder, ("a", "model-1.safetensors"), ("d", "model-2.safetensors"));
        Refused(folder, "model-2.safetensors: has no tensor \"d\"");
    }

    [TestCase("../model.safetensors")]
    [TestCase("/etc/model.safetensors")]
    [TestCase("sub/model.safetensors")]
    [TestCase("sub\\model.safetensors")]
    [TestCase("C:model.safetensors")]
    [TestCase("..")]
    [TestCase("")]
    public void An_index_that_points_elsewhere_is_refused(string file)
    {
        using var folder = TwoShards();
        Index(folder, ("a", file));
        Refused(folder, "is not a plain file name in the same folder");
    }

    [TestCase("[]", "expected an object")]
    [TestCase("{}", "has no object \"weight_map\"")]
    [TestCase("""{"weight_map":{}}""", "is empty")]
    [TestCase("""{"weight_map":{"a":1}}""", "expected a string")]
    [TestCase("""{"weight_map":{"a":"x","a":"y"}}""", "is not valid JSON")]
    [TestCase("""{"weight_map":""", "is not valid JSON")]
    public void A_malformed_index_is_refused(string index, string because)
    {
        using var folder = TwoShards();
        folder.Write(ShardIndex.FileName, index);
        Refused(folder, because);
    }

    [Test]
    public void The_index_of_a_real_model_of_70_billion_parameters_is_read()
    {
        var index = ShardIndex.Read(Shared.Real($"configs/Reflection-Llama-3.1-70B/{ShardIndex.FileName}"));
        Assert.Multiple(() =>
        {
            Assert.That(index.Files, Has.Count.EqualTo(723));
            Assert.That(index.TotalSize, Is.EqualTo(4 * 70_553_706_496), "F32");
        });
    }

    [Test]
    public void Tensors_beside_the_index_and_a_wrong_total_are_reported()
    {
        using var folder = TwoShards();
        folder.Write(ShardIndex.FileName, """{"metadata":{"total_size":5},"weight_map":{"a":"model-1.safetensors"}}""");
        using var checkpoint = Checkpoint.Open(folder.Path);
        Assert.That(
            checkpoint.Warnings,
            Has.Some.Contains("1 of its tensors are not in").And.Some.Contains("total_size is 5, but the tensors have 8 bytes"));
    }

    [Test]
    public void A_single_file_that_agrees_with_the_index_may_stand_beside_it()
    {
        using var folder = TwoShards();
        Shard(folder, "model.safetensors", "a", "bb", "ccc");
        using var checkpoint = Checkpoint.Open(folder.Path);
        Assert.That(checkpoint.Tensors["a"].File.Path, Does.EndWith("model-1.safetensors"));
    }

    [Test]
    public void A_single_file_that_disagrees_with_the_index_stops_everything()
    {
        using var folder = TwoShards();
        Shard(folder, "model.safetensors", "a", "bb", "d");
        Refused(folder, "are both there and disagree, first about \"ccc\"");
    }

    [Test]
    public void Weights_in_another_format_are_named()
    {
        using var folder = new TempFolder();
        folder.Write("config.json", "{}");
        folder.Write("pytorch_model.bin", "x");
        Refused(folder, "only pytorch_model.bin");
    }

    [TestCase("[1]", "expected an object")]
    [TestCase("""{"a":1,"a":2}""", "is not valid JSON")]
    [TestCase("{", "is not valid JSON")]
    public void A_malformed_config_is_refused(string config, string because)
    {
        using var folder = TwoShards();
        folder.Write("config.json", config);
        Refused(folder, because);
    }

    [Test]
    public void A_config_with_a_byte_order_mark_is_read()
    {
        using var folder = TwoShards();
        folder.Write("config.json", "\uFEFF{}");
        using var checkpoint = Checkpoint.Open(folder.Path);
        Assert.That(checkpoint.Config.ValueKind, Is.EqualTo(JsonValueKind.Object));
    }

    [Test]
    public void A_folder_that_is_no_model_is_refused()
    {
        using var folder = new TempFolder();
        Refused(folder, "has no config.json");
        Assert.That(() => Checkpoint.Open(folder["none"]), Throws.TypeOf<GraftException>().With.Message.Contains("no such folder"));
    }

    [Test]
    public void A_digest_of_a_tensor_is_that_of_its_bytes_wherever_it_stands()
    {
        using var single = Checkpoint.Open(Shared.Real("models/stories260K"));
        using var folder = new TempFolder();
        var tensor = single.Tensor("model.norm.weight");
        SafetensorsWriter.Write(folder["a.safetensors"], [TensorSource.FromFile(tensor, "other name")]);
        using var file = SafetensorsFile.Open(folder["a.safetensors"]);
        var bytes = new byte[tensor.Entry.ByteCount];
        tensor.Read(bytes);
        Assert.Multiple(() =>
        {
            Assert.That(Digests.Sha256(tensor), Is.EqualTo(Digests.Sha256(bytes)));
            Assert.That(Digests.Sha256(new StoredTensor(file.Entry("other name"), file)), Is.EqualTo(Digests.Sha256(bytes)));
        });
    }
}
