using System.Text.Json.Nodes;
using Grafting.Core;
using Grafting.Core.Checkpoints;
using Grafting.Tests.Support;

namespace Grafting.Tests.Checkpoints;

public class ArtefactManifestTests
{
    static TempFolder Artefact()
    {
        var folder = new TempFolder();
        folder.Write("a.txt", "aaa");
        folder.Write("sub/b.bin", [1, 2, 3]);
        folder.Write(".hidden", "x");
        new ArtefactManifest("surrogate", new Origin("build-surrogate --target \"é\"", "abc", 7))
        {
            Sources = [new ArtefactSource("target", "/models/x", "sha256:0123")],
            Details = new JsonObject { ["layers"] = new JsonArray(0, 1, 4) },
        }.Write(folder.Path);
        return folder;
    }

    [Test]
    public void What_is_written_is_read()
    {
        using var folder = Artefact();
        var read = ArtefactManifest.Read(folder.Path, "surrogate");
        Assert.Multiple(() =>
        {
            Assert.That(read.Schema, Is.EqualTo("graft.surrogate/1"));
            Assert.That(read.MadeBy with { Versions = null }, Is.EqualTo(new Origin("build-surrogate --target \"é\"", "abc", 7)));
            Assert.That(read.MadeBy.Versions, Contains.Key("graft"));
            Assert.That(read.Sources, Is.EqualTo(new[] { new ArtefactSource("target", "/models/x", "sha256:0123") }));
            Assert.That(read.Files.Keys, Is.EqualTo(new[] { "a.txt", "sub/b.bin" }));
            Assert.That(read.Files["a.txt"], Is.EqualTo(new FileStamp(3, Digests.Sha256("aaa"u8))));
            Assert.That(read.Details["layers"]!.AsArray().Select(n => n!.GetValue<int>()), Is.EqualTo(new[] { 0, 1, 4 }));
        });
    }

    [Test]
    public void Writing_twice_gives_the_same_bytes()
    {
        using var folder = Artefact();
        var first = File.ReadAllText(folder["graft.json"]);
        ArtefactManifest.Read(folder.Path).Write(folder.Path);
        Assert.That(File.ReadAllText(folder["graft.json"]), Is.EqualTo(first));
    }

    [Test]
    public void Any_flipped_byte_names_its_file()
    {
        using var folder = Artefact();
        var manifest = ArtefactManifest.Read(folder.Path);
        manifest.Verify(folder.Path);
        folder.Write("sub/b.bin", [1, 2, 2]);
        Assert.That(() => manifest.Verify(folder.Path), Throws.TypeOf<GraftException>().With.Message.Contains("sub/b.bin: is damaged"));
        folder.Write("sub/b.bin", [1, 2]);
        Assert.That(
            () => manifest.Verify(folder.Path),
            Throws.TypeOf<GraftException>().With.Message.Contains("sub/b.bin: is truncated: it has 2 bytes, graft.json says 3"));
        File.Delete(folder["a.txt"]);
        Assert.That(() => manifest.Verify(folder.Path), Throws.TypeOf<GraftException>().With.Message.Contains("a.txt: is missing"));
    }

    [TestCase("graft.surrogate/1", "graft.surrogate/2", "is malformed|newer version|reads version 1")]
    [TestCase("graft.surrogate/1", "graft.bundle/1", "holds a bundle, expected a surrogate")]
    [TestCase("graft.surrogate/1", "other/1", "unknown schema")]
    [TestCase("\"sources\"", "\"source\"", "is malformed")]
    [TestCase("\"a.txt\"", "\"../a.txt\"", "is outside of the folder")]
    [TestCase("\"bytes\": 3", "\"bytes\": \"3\"", "is malformed")]
    public void A_manifest_that_does_not_fit_is_refused(string old, string replacement, string because)
    {
        using var folder = Artefact();
        folder.Write("graft.json", File.ReadAllText(folder["graft.json"]).Replace(old, replacement, StringComparison.Ordinal));
        Assert.That(() => ArtefactManifest.Read(folder.Path, "surrogate"), Throws.TypeOf<GraftException>().With.Message.Matches(because));
    }

    [Test]
    public void A_folder_without_a_manifest_is_no_artefact()
    {
        using var folder = new TempFolder();
        Assert.That(
            () => ArtefactManifest.Read(folder.Path, "bundle"), Throws.TypeOf<GraftException>().With.Message.Contains("is not a bundle"));
    }
}
