using Grafting.Core;
using Grafting.Core.Running;
using Grafting.Tests.Support;

namespace Grafting.Tests.Cli;

public class WorkspaceTests
{
    [Test]
    public void The_last_artefact_of_each_kind_is_found_again()
    {
        using var folder = new TempFolder();
        var workspace = new Workspace(folder["grafts"]);
        var first = Made(workspace, ArtefactKind.Surrogate, "toy-4");
        var bundle = Made(workspace, ArtefactKind.Bundle, "toy-4");
        var second = Made(workspace, ArtefactKind.Surrogate, "toy-6");

        var again = new Workspace(folder["grafts"]);
        Assert.Multiple(() =>
        {
            Assert.That(again.Last(ArtefactKind.Surrogate), Is.EqualTo(second).And.Not.EqualTo(first));
            Assert.That(again.Last(ArtefactKind.Bundle), Is.EqualTo(bundle));
            Assert.That(again.Last(ArtefactKind.Run), Is.Null);
        });
    }

    [Test]
    public void A_workspace_that_was_moved_still_finds_its_artefacts_and_those_outside()
    {
        using var folder = new TempFolder();
        var workspace = new Workspace(folder["a"]);
        Made(workspace, ArtefactKind.Surrogate, "toy-4");
        Directory.CreateDirectory(folder["elsewhere"]);
        workspace.Remember(ArtefactKind.Run, folder["elsewhere"]);
        Directory.Move(folder["a"], folder["b"]);

        var moved = new Workspace(folder["b"]);
        Assert.Multiple(() =>
        {
            Assert.That(moved.Last(ArtefactKind.Surrogate), Is.EqualTo(Path.Combine(folder["b"], "surrogates", "toy-4")));
            Assert.That(moved.Last(ArtefactKind.Run), Is.EqualTo(folder["elsewhere"]));
        });
    }

    [Test]
    public void A_new_path_never_lies_on_an_old_artefact()
    {
        using var folder = new TempFolder();
        var workspace = new Workspace(folder.Path);
        var names = Enumerable.Range(0, 3).Select(_ => Path.GetFileName(Made(workspace, ArtefactKind.Graft, "toy")));
        Assert.That(names, Is.EqualTo(new[] { "toy", "toy-2", "toy-3" }));
    }

    [Test]
    public void Asking_creates_nothing()
    {
        using var folder = new TempFolder();
        var workspace = new Workspace(folder["grafts"]);
        Assert.Throws<GraftException>(() => workspace.Resolve(ArtefactKind.Surrogate, null, "--surrogate", "graft build-surrogate"));
        Assert.That(folder.Entries(), Is.Empty);
    }

    [Test]
    public void Where_nothing_was_made_the_error_names_the_command_that_makes_it()
    {
        using var folder = new TempFolder();
        var workspace = new Workspace(folder.Path);
        var none = Assert.Throws<GraftException>(
            () => workspace.Resolve(ArtefactKind.Surrogate, null, "--surrogate", "graft build-surrogate"));
        var wrong = Assert.Throws<GraftException>(
            () => workspace.Resolve(ArtefactKind.Surrogate, "nowhere", "--surrogate", "graft build-surrogate"));
        Assert.Multiple(() =>
        {
            Assert.That(none!.Kind, Is.EqualTo(ErrorKind.Input));
            Assert.That(none.Message, Does.Contain(folder.Path).And.Contain("surrogate"));
            Assert.That(none.Remedy, Does.Contain("graft build-surrogate").And.Contain("--surrogate"));
            Assert.That(wrong!.Message, Does.Contain("nowhere").And.Contain("--surrogate"));
        });
    }

    [Test]
    public void A_path_that_was_given_wins()
    {
        using var folder = new TempFolder();
        var workspace = new Workspace(folder["grafts"]);
        Made(workspace, ArtefactKind.Surrogate, "toy-4");
        Directory.CreateDirectory(folder["mine"]);
        Assert.That(workspace.Resolve(ArtefactKind.Surrogate, folder["mine"], "--surrogate", "x"), Is.EqualTo(folder["mine"]));
    }

    [TestCase("")]
    [TestCase("[]")]
    [TestCase("{\"schema\": \"graft.workspace/2\", \"last\": {}}")]
    [TestCase("{\"schema\": 7}")]
    public void A_damaged_memory_is_named(string text)
    {
        using var folder = new TempFolder();
        var file = folder.Write(Workspace.FileName, text);
        var error = Assert.Throws<GraftException>(() => new Workspace(folder.Path).Last(ArtefactKind.Run));
        Assert.That(error!.Message, Does.Contain(file));
    }

    static string Made(Workspace workspace, ArtefactKind kind, string name)
    {
        var path = workspace.NewPath(kind, name);
        Directory.CreateDirectory(path);
        workspace.Remember(kind, path);
        return path;
    }
}
