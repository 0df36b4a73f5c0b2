using Grafting.Core;
using Grafting.Recipes;
using Grafting.Surrogates;
using Grafting.Tests.Support;

namespace Grafting.Tests.Recipes;

public class TargetResolverTests
{
    const string Commit = "0123456789abcdef0123456789abcdef01234567";

    static TargetResolver Resolver(TempFolder cache, string program = "/none") =>
        new(name => name == "HF_HUB_CACHE" ? cache.Path : null, program);

    static string Cached(TempFolder cache, string repository, string config = """{"num_hidden_layers":5}""")
    {
        var folder = "models--" + repository.Replace("/", "--", StringComparison.Ordinal);
        cache.Write($"{folder}/refs/main", Commit);
        cache.Write($"{folder}/snapshots/{Commit}/config.json", config);
        return cache[$"{folder}/snapshots/{Commit}"];
    }

    static GraftException Refused(Func<object> resolve)
    {
        var fault = Assert.Throws<GraftException>(() => resolve())!;
        Assert.That(
            (fault.Kind, fault.Remedy), Is.EqualTo((ErrorKind.Input, fault.Remedy)).And.Not.EqualTo((ErrorKind.Input, (string?)null)));
        return fault;
    }

    [Test]
    public void A_folder_is_a_target()
    {
        using var folder = new TempFolder();
        folder.Write("my-model/config.json", """{"num_hidden_layers":5}""");
        var target = Resolver(folder).Find(folder["my-model"] + "/");
        Assert.Multiple(() =>
        {
            Assert.That(target.Name, Is.EqualTo("my-model"));
            Assert.That(target.RequireFolder(), Is.EqualTo(folder["my-model"] + "/"));
            Assert.That(target.Config.GetProperty("num_hidden_layers").GetInt32(), Is.EqualTo(5));
        });
    }

    [TestCase("meta-llama/Llama-3.1-8B-Instruct")]
    [TestCase("meta-llama/Meta-Llama-3.1-8B-Instruct")]
    public void An_alias_is_found_in_the_cache_under_any_of_its_repositories(string repository)
    {
        using var cache = new TempFolder();
        var snapshot = Cached(cache, repository);
        var target = Resolver(cache).Find("Llama8B");
        Assert.That((target.Name, target.RequireFolder()), Is.EqualTo(("llama8b", snapshot)));
    }

    [Test]
    public void A_cached_repository_is_a_target()
    {
        using var cache = new TempFolder();
        var snapshot = Cached(cache, "someone/Some-Model");
        Assert.Multiple(() =>
        {
            Assert.That(Resolver(cache).Find("someone/Some-Model").Folder, Is.EqualTo(snapshot));
            Assert.That(Resolver(cache).Find("someone/Some-Model").Name, Is.EqualTo("Some-Model"));
            Assert.That(Resolver(cache).Find($"someone/Some-Model@{Commit}").Folder, Is.EqualTo(snapshot));
        });
    }

    [TestCase("llama70b")]
    [TestCase("meta-llama/Llama-3.1-70B-Instruct")]
    public void A_known_target_that_is_not_here_can_be_planned_and_building_it_says_how_to_get_it(string name)
    {
        using var cache = new TempFolder();
        var target = Resolver(cache).Find(name);
        var plan = SurrogatePlan.Create(target.Config, CutRequest.Layers(8), target.ConfigSource);
        var fault = Refused(target.RequireFolder);
        Assert.Multiple(() =>
        {
            Assert.That(plan.TargetParameters.Total, Is.EqualTo(70_553_706_496));
            Assert.That(target.Folder, Is.Null);
            Assert.That(
                fault.Message,
                Does.StartWith("llama70b is not on this machine").And.Contain(cache["models--meta-llama--Llama-3.1-70B-Instruct"]));
            Assert.That(
                fault.Remedy,
                Does.Contain(
                    "hf download meta-llama/Llama-3.1-70B-Instruct").And.Contain("accept the licence").And.Contain("give the folder"));
        });
    }

    [Test]
    public void Every_place_looked_at_is_listed()
    {
        using var cache = new TempFolder();
        var fault = Refused(Resolver(cache).Find("llama70b").RequireFolder);
        foreach (var repository in Catalogue.Find("llama70b")!.Repositories)
            Assert.That(fault.Message, Does.Contain(cache["models--" + repository.Replace("/", "--", StringComparison.Ordinal)]));
    }

    [Test]
    public void An_unknown_repository_says_how_to_get_it()
    {
        using var cache = new TempFolder();
        var fault = Refused(() => Resolver(cache).Find("someone/Some-Model"));
        Assert.Multiple(() =>
        {
            Assert.That(fault.Message, Does.Contain(cache["models--someone--Some-Model"]));
            Assert.That(fault.Remedy, Does.Contain("hf download someone/Some-Model").And.Not.Contain("licence"));
        });
    }

    [Test]
    public void A_misspelt_alias_names_the_nearest_and_all_others()
    {
        using var cache = new TempFolder();
        var fault = Refused(() => Resolver(cache).Find("lama70b"));
        Assert.Multiple(() =>
        {
            Assert.That(
                fault.Message, Does.Contain("\"lama70b\" is neither a known name nor a folder").And.Contain(Path.GetFullPath("lama70b")));
            Assert.That(fault.Remedy, Does.StartWith("Did you mean llama70b? Known names are toy, llama70b, llama8b"));
        });
    }

    [TestCase("./nowhere")]
    [TestCase("/nowhere/at/all")]
    [TestCase("../nowhere")]
    public void A_path_that_is_not_there_is_no_repository(string path)
    {
        using var cache = new TempFolder();
        var fault = Refused(() => Resolver(cache).Find(path));
        Assert.That(fault.Remedy, Does.Not.Contain("hf download"));
    }

    [Test]
    public void The_toy_stands_beside_the_program()
    {
        using var program = new TempFolder();
        program.Write("Toy/target/config.json", "{}");
        Assert.That(Resolver(program, program.Path).Find("toy").Folder, Is.EqualTo(program["Toy/target"]));
    }

    [Test]
    public void A_folder_without_a_configuration_is_no_target()
    {
        using var folder = new TempFolder();
        Assert.That(() => Resolver(folder).Find(folder.Path), Throws.TypeOf<GraftException>().With.Message.Contains("has no config.json"));
    }

    [Test]
    public void A_tower_is_a_folder_or_a_cached_repository()
    {
        using var cache = new TempFolder();
        var snapshot = Cached(cache, "openai/clip-vit-large-patch14-336");
        Assert.Multiple(() =>
        {
            Assert.That(Resolver(cache).FindTower(snapshot), Is.EqualTo(snapshot));
            Assert.That(Resolver(cache).FindTower("openai/clip-vit-large-patch14-336"), Is.EqualTo(snapshot));
            Assert.That(Resolver(cache).FindTower("clip-vit-l-336"), Is.EqualTo(snapshot));
            Assert.That(
                Refused(() => Resolver(cache).FindTower("siglip2-so400m-384")).Remedy,
                Does.Contain("hf download google/siglip2-so400m-patch14-384"));
            Assert.That(
                Refused(() => Resolver(cache).FindTower("siglip")).Remedy, Does.Contain("siglip-so400m-384").And.Contain("dinov2-large"));
            Assert.That(Refused(() => Resolver(cache).FindTower("openai/other")).Remedy, Does.Contain("hf download openai/other"));
            Assert.That(Refused(() => Resolver(cache).FindTower("clip")).Remedy, Does.Contain("openai/clip-vit-large-patch14-336"));
        });
    }
}
