using Grafting.Core.Checkpoints;
using Grafting.Tests.Support;

namespace Grafting.Tests.Checkpoints;

public class HubCacheTests
{
    const string Commit = "0123456789abcdef0123456789abcdef01234567";

    static Func<string, string?> Environment(params (string Name, string Value)[] variables) =>
        name => variables.FirstOrDefault(v => v.Name == name).Value;

    /// <summary>A cache as Python tools leave it: blobs, a ref, and a snapshot of relative links.</summary>
    static string Snapshot(TempFolder folder, string repository = "models--org--name", string commit = Commit)
    {
        folder.Write($"{repository}/blobs/aaaa", "{}");
        folder.Write($"{repository}/refs/main", commit);
        var snapshot = folder[$"{repository}/snapshots/{commit}"];
        Directory.CreateDirectory(snapshot);
        File.CreateSymbolicLink(Path.Combine(snapshot, "config.json"), "../../blobs/aaaa");
        return snapshot;
    }

    static (string? Found, List<string> Looked) Find(TempFolder folder, string repository)
    {
        var looked = new List<string>();
        return (HubCache.Find(repository, looked, Environment(("HF_HUB_CACHE", folder.Path))), looked);
    }

    [TestCase("org/name")]
    [TestCase("org/name@main")]
    [TestCase("org/name@" + Commit)]
    public void A_cached_model_is_found(string repository)
    {
        using var folder = new TempFolder();
        var snapshot = Snapshot(folder);
        Assert.That(Find(folder, repository), Is.EqualTo((snapshot, Array.Empty<string>())));
    }

    [Test]
    public void A_cache_without_links_is_read_too()
    {
        using var folder = new TempFolder();
        folder.Write("models--org--name/refs/main", Commit + "\n");
        folder.Write($"models--org--name/snapshots/{Commit}/config.json", "{}");
        Assert.That(Find(folder, "org/name").Found, Is.Not.Null);
    }

    [Test]
    public void A_model_that_is_not_there_names_the_folder_looked_at()
    {
        using var folder = new TempFolder();
        var (found, looked) = Find(folder, "org/other");
        Assert.That(found, Is.Null);
        Assert.That(looked, Is.EqualTo(new[] { $"{folder["models--org--other"]} (no such folder)" }));
    }

    [Test]
    public void A_ref_to_a_missing_snapshot_is_an_unfinished_download()
    {
        using var folder = new TempFolder();
        folder.Write("models--org--name/refs/main", Commit);
        var (found, looked) = Find(folder, "org/name");
        Assert.That(found, Is.Null);
        Assert.That(looked, Has.One.Contains("no such snapshot"));
    }

    [Test]
    public void A_dangling_link_is_reported()
    {
        using var folder = new TempFolder();
        Snapshot(folder);
        File.Delete(folder["models--org--name/blobs/aaaa"]);
        var (found, looked) = Find(folder, "org/name");
        Assert.That(found, Is.Null);
        Assert.That(looked, Has.One.Contains("is a link to a file that is not there"));
    }

    [Test]
    public void A_snapshot_without_a_ref_is_offered_by_its_commit()
    {
        using var folder = new TempFolder();
        Snapshot(folder);
        File.Delete(folder["models--org--name/refs/main"]);
        var (found, looked) = Find(folder, "org/name");
        Assert.That(found, Is.Null);
        Assert.That(looked, Has.One.Contains($"org/name@{Commit}"));
    }

    [Test]
    public void A_ref_that_holds_no_commit_leads_nowhere()
    {
        using var folder = new TempFolder();
        Snapshot(folder);
        folder.Write("models--org--name/refs/main", "../../../etc");
        var (found, looked) = Find(folder, "org/name");
        Assert.That(found, Is.Null);
        Assert.That(looked, Has.One.Contains("does not hold a commit"));
    }

    [TestCase("name")]
    [TestCase("../name")]
    [TestCase("org/../name")]
    [TestCase("org/na/me")]
    [TestCase("org/name@../x")]
    [TestCase("/org/name")]
    [TestCase("")]
    public void What_is_no_repository_is_not_looked_for(string repository)
    {
        using var folder = new TempFolder();
        var (found, looked) = Find(folder, repository);
        Assert.That(found, Is.Null);
        Assert.That(looked, Is.Empty);
    }

    [Test]
    public void The_environment_is_read_in_the_order_of_the_python_tools()
    {
        var home = ("HOME", "/home/me");
        Assert.Multiple(() =>
        {
            Assert.That(HubCache.Root(Environment(home)), Is.EqualTo("/home/me/.cache/huggingface/hub"));
            Assert.That(HubCache.Root(Environment(home, ("XDG_CACHE_HOME", "/xdg"))), Is.EqualTo("/xdg/huggingface/hub"));
            Assert.That(HubCache.Root(Environment(home, ("XDG_CACHE_HOME", "/xdg"), ("HF_HOME", "/hf"))), Is.EqualTo("/hf/hub"));
            Assert.That(HubCache.Root(Environment(home, ("HF_HOME", "~/hf"))), Is.EqualTo("/home/me/hf/hub"));
            Assert.That(HubCache.Root(Environment(home, ("HF_HOME", "/hf"), ("HF_HUB_CACHE", "/c"))), Is.EqualTo("/c"));
            Assert.That(HubCache.Root(Environment(home, ("HUGGINGFACE_HUB_CACHE", "/old"))), Is.EqualTo("/old"));
            Assert.That(HubCache.Root(Environment(home, ("HF_HUB_CACHE", ""), ("HF_HOME", "/hf"))), Is.EqualTo("/hf/hub"));
        });
    }
}
