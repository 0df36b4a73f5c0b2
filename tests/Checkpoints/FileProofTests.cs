using System.Text.Json.Nodes;
using Grafting.Core;
using Grafting.Core.Checkpoints;
using Grafting.Tests.Support;

namespace Grafting.Tests.Checkpoints;

/// <summary>A file compared with its stamp: what is wrong, and where.</summary>
public class FileProofTests
{
    static readonly byte[] Values = [.. Enumerable.Range(1, 24).Select(i => (byte)i)];

    static FileStamp Write(string path) => SafetensorsWriter.Write(
        path,
        [
            TensorSource.FromBytes("a.weight", TensorType.F32, [2, 1], Values.AsMemory(0, 8)),
            TensorSource.FromBytes("b.weight", TensorType.BF16, [4], Values.AsMemory(8, 8)),
            TensorSource.FromBytes("none", TensorType.U8, [0], Array.Empty<byte>()),
            TensorSource.FromBytes("é", TensorType.U8, [8], Values.AsMemory(16, 8)),
        ],
        new Dictionary<string, string> { ["format"] = "pt" });

    [Test]
    public void A_stamp_has_the_digest_of_every_tensor_whether_made_on_writing_or_on_reading()
    {
        using var folder = new TempFolder();
        var path = folder["m.safetensors"];
        var written = Write(path);
        Assert.Multiple(() =>
        {
            Assert.That(written, Is.EqualTo(Digests.Stamp(path)));
            Assert.That(written.Sha256, Is.EqualTo(Digests.Sha256(File.ReadAllBytes(path))));
            Assert.That(written.Tensors, Is.EquivalentTo(new Dictionary<string, string>
            {
                ["a.weight"] = Digests.Sha256(Values.AsSpan(0, 8)),
                ["b.weight"] = Digests.Sha256(Values.AsSpan(8, 8)),
                ["none"] = Digests.Sha256([]),
                ["é"] = Digests.Sha256(Values.AsSpan(16, 8)),
            }));
            Assert.That(written, Is.Not.EqualTo(written with { Tensors = null }));
            Assert.That(
                written, Is.Not.EqualTo(written with { Tensors = new Dictionary<string, string>(written.Tensors!) { ["none"] = "0" } }));
        });
    }

    [Test]
    public void Progress_counts_every_byte_once()
    {
        using var folder = new TempFolder();
        var stamp = Write(folder["m.safetensors"]);
        var (thorough, plain) = (0L, 0L);
        FileProof.Of(folder["m.safetensors"], stamp, thorough: true, bytes => thorough += bytes);
        FileProof.Of(folder["m.safetensors"], stamp, thorough: false, bytes => plain += bytes);
        Assert.That((thorough, plain), Is.EqualTo((stamp.Bytes, stamp.Bytes)));
    }

    [TestCase(true)]
    [TestCase(false)]
    public void Every_flipped_byte_is_found_and_placed(bool thorough)
    {
        using var folder = new TempFolder();
        var path = folder["m.safetensors"];
        var stamp = Write(path);
        Assert.That(FileProof.Of(path, stamp, thorough).Problems, Is.Empty);
        var whole = File.ReadAllBytes(path);
        using var file = SafetensorsFile.Open(path);
        var tensors = file.Tensors.Values.ToList();
        var start = 8 + BitConverter.ToInt32(whole, 0);
        for (var i = 0; i < whole.Length; i++)
        {
            var damaged = (byte[])whole.Clone();
            damaged[i] ^= 1;
            var copy = folder.Write("damaged.safetensors", damaged);
            var problems = FileProof.Of(copy, stamp, thorough).Problems;
            Assert.That(problems, Is.Not.Empty, $"byte {i}");
            Assert.That(problems.Select(problem => problem.Message), Has.All.StartsWith($"{copy}: "), $"byte {i}");
            if (tensors.Find(tensor => i >= start + tensor.Begin && i < start + tensor.End) is not { } hit)
            {
                // The name of a tensor stands in the header too.
                Assert.That(
                    problems.Select(problem => problem.Message),
                    Has.All.Contains("outside of its tensors").Or.All.Contains("the tensor \""), $"byte {i}");
                continue;
            }
            Assert.That(problems, Has.Count.EqualTo(1), $"byte {i}");
            Assert.That(problems[0].Tensor, Is.EqualTo(hit.Name));
            Assert.That(problems[0].Message, Is.EqualTo(
                $"{copy}: tensor \"{hit.Name}\" is damaged: its SHA-256 is {Digests.Sha256(damaged.AsSpan((int)(start + hit.Begin), 8))}, "
                + $"graft.json says {stamp.Tensors![hit.Name]}."));
        }
    }

    [Test]
    public void Two_damaged_tensors_are_two_problems()
    {
        using var folder = new TempFolder();
        var path = folder["m.safetensors"];
        var stamp = Write(path);
        var bytes = File.ReadAllBytes(path);
        bytes[^1] ^= 128;
        bytes[^9] ^= 128;
        File.WriteAllBytes(path, bytes);
        Assert.That(FileProof.Of(path, stamp).Problems.Select(problem => problem.Tensor), Is.EqualTo(new[] { "b.weight", "é" }));
    }

    [Test]
    public void A_file_that_is_missing_short_or_long_has_a_sentence_of_its_own()
    {
        using var folder = new TempFolder();
        var path = folder["m.safetensors"];
        var stamp = Write(path);
        var whole = File.ReadAllBytes(path);
        string Problem() => FileProof.Of(path, stamp).Problems.Single().Message;
        Assert.Multiple(() =>
        {
            File.WriteAllBytes(path, whole[..^3]);
            Assert.That(Problem(), Is.EqualTo($"{path}: is truncated: it has {whole.Length - 3} bytes, graft.json says {whole.Length}."));
            File.WriteAllBytes(path, [.. whole, 0]);
            Assert.That(Problem(), Is.EqualTo($"{path}: is too long: it has {whole.Length + 1} bytes, graft.json says {whole.Length}."));
            File.Delete(path);
            Assert.That(Problem(), Is.EqualTo($"{path}: is missing, but graft.json lists it."));
        });
    }

    [Test]
    public void Every_flipped_byte_of_the_manifest_is_found()
    {
        using var folder = new TempFolder();
        Write(folder["m.safetensors"]);
        new ArtefactManifest(
            "bundle", new Origin("train-encoder", "abc", 7))
        { Details = new JsonObject { ["width"] = 3 } }.Write(folder.Path);
        ArtefactManifest.Read(folder.Path).Verify(folder.Path);
        var whole = File.ReadAllBytes(folder["graft.json"]);
        foreach (var bit in new[] { 1, 2, 32 })
        {
            for (var i = 0; i < whole.Length; i++)
            {
                var damaged = (byte[])whole.Clone();
                damaged[i] ^= (byte)bit;
                folder.Write("graft.json", damaged);
                Assert.That(
                    () => ArtefactManifest.Read(folder.Path).Verify(folder.Path), Throws.TypeOf<GraftException>(), $"byte {i}, bit {bit}");
            }
        }
    }

    [Test]
    public void A_manifest_of_an_older_version_still_verifies_by_whole_files()
    {
        using var folder = new TempFolder();
        Write(folder["m.safetensors"]);
        new ArtefactManifest("bundle", new Origin("train-encoder")).Write(folder.Path);
        Assert.That(ArtefactManifest.Read(folder.Path).IsComplete(folder.Path), Is.True);
        MakeOld(folder.Path);
        var manifest = ArtefactManifest.Read(folder.Path);
        Assert.That(manifest.IsComplete(folder.Path), Is.False);
        manifest.Verify(folder.Path);
        var bytes = File.ReadAllBytes(folder["m.safetensors"]);
        bytes[^1] ^= 1;
        folder.Write("m.safetensors", bytes);
        Assert.That(
            () => manifest.Verify(folder.Path),
            Throws.TypeOf<GraftException>().With.Message.Contains("m.safetensors: is damaged: its SHA-256 is"));
    }

    [Test]
    public void The_target_that_comes_with_graft_verifies()
    {
        var target = Path.Combine(AppContext.BaseDirectory, "Toy", "target");
        ArtefactManifest.Read(target, "target").Verify(target);
    }

    /// <summary>Takes out of <c>graft.json</c> what older versions did not write.</summary>
    internal static void MakeOld(string folder)
    {
        var path = Path.Combine(folder, ArtefactManifest.FileName);
        var json = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        json.Remove("manifest_sha256");
        foreach (var (_, stamp) in json["files"]!.AsObject()) stamp!.AsObject().Remove("tensors");
        File.WriteAllText(path, json.ToJsonString());
    }
}
