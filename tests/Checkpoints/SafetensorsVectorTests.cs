using System.Text.Json;
using Grafting.Core;
using Grafting.Core.Checkpoints;
using Grafting.Tests.Support;

namespace Grafting.Tests.Checkpoints;

/// <summary>The files of the reference's own tests, with what the reference says about them.</summary>
public class SafetensorsVectorTests
{
    static IEnumerable<string> Vectors()
    {
        if (!Shared.Has("real/safetensors/expected.json")) return [""];
        using var expected = JsonDocument.Parse(File.ReadAllText(Shared.Real("safetensors/expected.json")));
        return [.. expected.RootElement.EnumerateObject().Select(vector => vector.Name)];
    }

    [TestCaseSource(nameof(Vectors))]
    public void A_vector_is_read_or_refused_as_by_the_reference(string vector)
    {
        var path = Shared.Real($"safetensors/{vector}.safetensors");
        if (vector.StartsWith("invalid/", StringComparison.Ordinal))
        {
            var fault = Assert.Throws<GraftException>(() => SafetensorsFile.Open(path).Dispose())!;
            Assert.Multiple(() =>
            {
                Assert.That(fault.Kind, Is.EqualTo(ErrorKind.Input));
                Assert.That(fault.Message, Does.Contain(path));
                Assert.That(fault.Remedy, Is.Not.Null);
            });
            return;
        }
        using var file = SafetensorsFile.Open(path);
        foreach (var entry in file.Tensors.Values) file.Read(entry, new byte[entry.ByteCount]);
    }

    [TestCase("python_writer_2x2")]
    [TestCase("two_dtypes_alignment")]
    public void Rewriting_gives_the_bytes_of_the_reference(string vector)
    {
        var path = Shared.Real($"safetensors/valid/{vector}.safetensors");
        AssertRewritten(path);
    }

    [TestCase("stories260K/model.safetensors")]
    [TestCase("stories260K-bf16-3shards/model-00001-of-00003.safetensors")]
    [TestCase("stories260K-bf16-3shards/model-00002-of-00003.safetensors")]
    [TestCase("stories260K-bf16-3shards/model-00003-of-00003.safetensors")]
    public void Rewriting_a_real_model_gives_the_same_bytes(string model) => AssertRewritten(Shared.Real($"models/{model}"));

    static void AssertRewritten(string path)
    {
        using var folder = new TempFolder();
        using var file = SafetensorsFile.Open(path);
        var stamp = SafetensorsWriter.Write(
            folder["copy.safetensors"],
            file.Tensors.Values.Reverse().Select(entry => TensorSource.FromFile(new StoredTensor(entry, file))),
            file.Metadata.Count == 0 ? null : file.Metadata);
        Assert.Multiple(() =>
        {
            Assert.That(File.ReadAllBytes(folder["copy.safetensors"]), Is.EqualTo(File.ReadAllBytes(path)));
            Assert.That(stamp, Is.EqualTo(Digests.Stamp(path)));
            Assert.That(folder.Entries(), Is.EqualTo(new[] { "copy.safetensors" }));
        });
    }
}
