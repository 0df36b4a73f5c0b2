using System.Diagnostics;
using Grafting.Core;
using Grafting.Core.Checkpoints;
using Grafting.Tests.Support;

namespace Grafting.Tests.Checkpoints;

public class SafetensorsFileTests
{
    const string Header = """
        {"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"b":{"dtype":"I64","shape":[1],"data_offsets":[24,32]}}
        """;

    [Test]
    public void Part_of_a_tensor_can_be_read()
    {
        using var folder = new TempFolder();
        var bytes = Bytes.File(Header, 32);
        using var file = SafetensorsFile.Open(folder.Write("a.safetensors", bytes));
        var part = new byte[8];
        file.Read(file.Entry("a"), part, offset: 16);
        Assert.That(part, Is.EqualTo(bytes[^16..^8]));
    }

    [TestCase(-1, 1)]
    [TestCase(0, 25)]
    [TestCase(24, 1)]
    [TestCase(25, 0)]
    public void Reading_outside_of_the_tensor_is_a_mistake_of_the_caller(long offset, int count)
    {
        using var folder = new TempFolder();
        using var file = SafetensorsFile.Open(folder.Write("a.safetensors", Bytes.File(Header, 32)));
        Assert.Throws<ArgumentOutOfRangeException>(() => file.Read(file.Entry("a"), new byte[count], offset));
    }

    [Test]
    public void Floats_of_a_type_without_floats_are_refused()
    {
        using var folder = new TempFolder();
        using var file = SafetensorsFile.Open(folder.Write("a.safetensors", Bytes.File(Header, 32)));
        Assert.That(
            () => file.ReadFloats("b"), Throws.TypeOf<GraftException>().With.Message.Contains("\"b\" I64 [1] does not hold floats"));
    }

    [Test]
    public void Floats_longer_than_the_buffer_are_read_whole()
    {
        using var folder = new TempFolder();
        var values = Enumerable.Range(0, 700_001).Select(i => (float)(i % 251)).ToArray();
        SafetensorsWriter.Write(folder["a.safetensors"], [TensorSource.FromFloats("a", [values.Length], values, TensorType.BF16)]);
        using var file = SafetensorsFile.Open(folder["a.safetensors"]);
        Assert.That(file.ReadFloats("a"), Is.EqualTo(values));
    }

    [Test]
    public void A_tensor_that_is_not_there_is_named()
    {
        using var folder = new TempFolder();
        using var file = SafetensorsFile.Open(folder.Write("a.safetensors", Bytes.File(Header, 32)));
        Assert.That(
            () => file.ReadFloats("c"), Throws.TypeOf<GraftException>().With.Message.Contains("has no tensor \"c\"; it has 2 others"));
    }

    [Test]
    public void A_file_cut_short_while_it_is_open_is_an_error_and_no_crash()
    {
        using var folder = new TempFolder();
        var path = folder.Write("a.safetensors", Bytes.File(Header, 32));
        using var file = SafetensorsFile.Open(path);
        using (var other = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite)) other.SetLength(other.Length - 20);
        var fault = Assert.Throws<GraftException>(() => file.ReadFloats("a"))!;
        Assert.Multiple(() =>
        {
            Assert.That(fault.Kind, Is.EqualTo(ErrorKind.Input));
            Assert.That(fault.Message, Does.Contain(path).And.Contain("inside \"a\"").And.Contain("became shorter"));
        });
    }

    [Test]
    public void Links_are_followed()
    {
        using var folder = new TempFolder();
        folder.Write("blobs/0123", Bytes.File(Header, 32));
        Directory.CreateDirectory(folder["snapshot"]);
        File.CreateSymbolicLink(folder["snapshot/a.safetensors"], "../blobs/0123");
        File.CreateSymbolicLink(folder["again.safetensors"], "snapshot/a.safetensors");
        using var file = SafetensorsFile.Open(folder["again.safetensors"]);
        Assert.That(file.Tensors, Has.Count.EqualTo(2));
    }

    [Test]
    public void A_dangling_link_names_its_aim()
    {
        using var folder = new TempFolder();
        File.CreateSymbolicLink(folder["a.safetensors"], "../blobs/gone");
        Refused(folder["a.safetensors"], "is a link to");
        Refused(folder["a.safetensors"], "blobs/gone");
    }

    [Test]
    public void A_link_to_itself_is_refused()
    {
        using var folder = new TempFolder();
        File.CreateSymbolicLink(folder["a.safetensors"], "a.safetensors");
        Refused(folder["a.safetensors"], "could not be opened");
    }

    [Test]
    public void A_folder_is_refused()
    {
        using var folder = new TempFolder();
        Refused(folder.Path, "is a folder");
    }

    [Test]
    public void A_missing_file_is_refused()
    {
        using var folder = new TempFolder();
        Refused(folder["a.safetensors"], "no such file");
    }

    [Test, CancelAfter(10_000)]
    public void A_pipe_is_refused_without_waiting_for_a_writer()
    {
        using var folder = new TempFolder();
        using (var mkfifo = Process.Start("mkfifo", folder["a.safetensors"])) mkfifo.WaitForExit();
        Refused(folder["a.safetensors"], "not a regular file");
    }

    [TestCase("/dev/zero")]
    [TestCase("/dev/null")]
    public void A_device_is_refused(string path) => Refused(path, "not a regular file");

    [Test]
    public void Threads_can_share_a_file()
    {
        using var folder = new TempFolder();
        var values = Enumerable.Range(0, 100_000).Select(i => (float)i).ToArray();
        SafetensorsWriter.Write(
            folder["a.safetensors"], Enumerable.Range(0, 8).Select(i => TensorSource.FromFloats($"{i}", [values.Length], values)));
        using var file = SafetensorsFile.Open(folder["a.safetensors"]);
        Parallel.For(0, 64, i =>
        {
            if (!file.ReadFloats($"{i % 8}").AsSpan().SequenceEqual(values)) throw new InvalidDataException();
        });
    }

    static void Refused(string path, string because) => Assert.That(
        () => SafetensorsFile.Open(path).Dispose(),
        Throws.TypeOf<GraftException>().With.Message.Contains(because).And.Property(nameof(GraftException.Kind)).EqualTo(ErrorKind.Input));
}
