using System.Text.Json.Nodes;
using Grafting.Cli;
using Grafting.Core.Checkpoints;
using Grafting.Core.Training;
using Grafting.Tests.Checkpoints;
using Grafting.Tests.Cli;

namespace Grafting.Tests.Regression;

/// <summary><c>graft verify</c> on all that a training makes, whole and damaged.</summary>
public class VerifyTests
{
    ToyWorkshop shop = null!;

    [OneTimeSetUp]
    public void Train_and_graft()
    {
        shop = new ToyWorkshop();
        Must(shop.Train("good"));
        Copy(Path.Combine(AppContext.BaseDirectory, "Toy", "target"), Target);
        Must(
            CliRun.Of(
                "transfer", "--bundle", shop.Bundle("good"), "--target", Target, "--output", Graft, "--workspace",
                shop.Workspace("graft")));
    }

    [OneTimeTearDown]
    public void Remove() => shop.Dispose();

    string Target => Path.Combine(shop.Folder, "target");

    string Graft => Path.Combine(shop.Folder, "graft");

    string Artefact(string kind) => kind switch
    {
        "surrogate" => shop.Surrogate,
        "run" => shop.Run("good"),
        "bundle" => shop.Bundle("good"),
        "graft" => Graft,
        _ => Target,
    };

    [TestCase("surrogate")]
    [TestCase("run")]
    [TestCase("bundle")]
    [TestCase("graft")]
    [TestCase("target")]
    public void What_was_made_holds(string kind)
    {
        var run = CliRun.Of("verify", Artefact(kind), "--json");
        var json = run.Json();
        Assert.Multiple(() =>
        {
            Assert.That(run.Code, Is.Zero, run.Output);
            Assert.That(json.GetProperty("schema").GetString(), Is.EqualTo("graft.verify/1"));
            Assert.That(json.GetProperty("kind").GetString(), Is.EqualTo(kind));
            Assert.That(json.GetProperty("checks").EnumerateArray().All(check => check.GetProperty("ok").GetBoolean()));
            Assert.That(json.GetProperty("checks").GetArrayLength(), Is.GreaterThan(3));
            // The built-in target is of a version that stamped no tensors.
            Assert.That(json.GetProperty("notes").GetArrayLength(), Is.EqualTo(kind == "target" ? 1 : 0), run.Output);
        });
    }

    [TestCase("surrogate", "inherited tensors", "target tensors")]
    [TestCase("bundle", "fingerprint", "surrogate identity", "surrogate fingerprint")]
    [TestCase("graft", "bundle identity", "encoder", "bundle fingerprint", "surrogate identity", "surrogate fingerprint", "target tensors")]
    [TestCase("run", "request", "recipe", "metrics", "checkpoint")]
    public void The_artefacts_are_proved_to_belong_together(string kind, params string[] expected)
    {
        var checks = CliRun.Of("verify", Artefact(kind), "--json").Json().GetProperty("checks").EnumerateArray().Select(
            check => check.GetProperty("what").GetString()!).ToList();
        Assert.That(checks, Is.SupersetOf(expected));
    }

    [TestCase("surrogate")]
    [TestCase("run")]
    [TestCase("bundle")]
    [TestCase("graft")]
    [TestCase("target")]
    public void A_flipped_byte_in_any_file_is_an_input_error_that_names_the_file_and_the_tensor(string kind)
    {
        var damaged = Path.Combine(shop.Folder, $"damaged-{kind}");
        Copy(Artefact(kind), damaged);
        var files = Directory.EnumerateFiles(
            damaged, "*", SearchOption.AllDirectories).Where(path => Path.GetFileName(path)[0] != '.').ToList();
        Assert.That(files, Has.Count.GreaterThanOrEqualTo(3));
        foreach (var path in files)
        {
            var whole = File.ReadAllBytes(path);
            var changed = (byte[])whole.Clone();
            var tensor = path.EndsWith(".safetensors", StringComparison.Ordinal) ? Middle(path) : null;
            // Recipe and log of a run are read and checked for sense; the first byte opens an object or a field's name.
            var place = tensor?.Place ?? (kind == "run" && Path.GetDirectoryName(path) == damaged ? 0 : whole.Length / 2);
            changed[place] ^= 1;
            File.WriteAllBytes(path, changed);
            var run = CliRun.Of("verify", damaged, "--json");
            File.WriteAllBytes(path, whole);
            var problems = run.Json().GetProperty("checks").EnumerateArray().Where(check => !check.GetProperty("ok").GetBoolean())
                .Select(check => check.GetProperty("problem").GetString()!).ToList();
            Assert.Multiple(() =>
            {
                Assert.That(run.Code, Is.EqualTo(ExitCodes.Input), path);
                if (tensor is not null) Assert.That(problems, Has.Count.EqualTo(1), path);
                // The built-in target is of a version that had no digest of the manifest, whose damage shows at the file that it then
                // misdescribes, and that stamped no tensors.
                if (kind == "target" && Path.GetFileName(path) == ArtefactManifest.FileName) Assert.That(problems, Is.Not.Empty, path);
                else Assert.That(problems, Has.Some.StartsWith(path), path);
                if (tensor is { } hit && kind != "target")
                    Assert.That(problems, Has.Some.StartsWith($"{path}: tensor \"{hit.Name}\" is damaged: its SHA-256 is "), path);
            });
        }
        Assert.That(CliRun.Of("verify", damaged).Code, Is.Zero, "all was put back");
    }

    [Test]
    public void All_problems_are_listed_one_a_line()
    {
        var damaged = Path.Combine(shop.Folder, "many");
        Copy(shop.Surrogate, damaged);
        File.Delete(Path.Combine(damaged, "tokenizer.json"));
        File.WriteAllText(Path.Combine(damaged, "notes.txt"), "mine");
        File.AppendAllText(Path.Combine(damaged, "config.json"), " ");
        var generation = Path.Combine(damaged, "generation_config.json");
        File.WriteAllBytes(generation, File.ReadAllBytes(generation)[..^2]);
        var run = CliRun.Of("verify", damaged);
        var problems = run.Output.Split('\n').Where(line => line.StartsWith("problem  ", StringComparison.Ordinal)).ToList();
        Assert.Multiple(() =>
        {
            Assert.That(run.Code, Is.EqualTo(ExitCodes.Input));
            Assert.That(problems, Has.Count.EqualTo(4));
            Assert.That(problems, Has.Some.Contains("tokenizer.json: is missing, but graft.json lists it."));
            Assert.That(problems, Has.Some.Contains("notes.txt: is not listed in graft.json"));
            Assert.That(problems, Has.Some.Contains("/config.json: is too long"));
            Assert.That(problems, Has.Some.Contains("generation_config.json: is truncated"));
            Assert.That(run.Output, Does.Contain("surrogate: 4 problems, "));
        });
    }

    [Test]
    public void An_inherited_tensor_that_is_not_the_targets_is_named_though_its_file_is_stamped_anew()
    {
        var forged = Path.Combine(shop.Folder, "forged");
        Copy(shop.Surrogate, forged);
        var weights = Path.Combine(forged, "model.safetensors");
        var own = "model.layers.3.mlp.up_proj.weight"; // the last layer, which is layer 7 of the target
        Flip(weights, own);
        var manifest = ArtefactManifest.Read(forged);
        (manifest with { Files = manifest.Files.Where(file => file.Key != "model.safetensors").ToDictionary() }).Write(forged);
        var run = CliRun.Of("verify", forged);
        Assert.Multiple(() =>
        {
            Assert.That(run.Code, Is.EqualTo(ExitCodes.Input));
            Assert.That(
                run.Output,
                Does.Contain(
                    $"problem  {weights}: tensor \"{own}\" is not the target's \"model.layers.7.mlp.up_proj.weight\": its SHA-256 is "));
            Assert.That(run.Output.Split('\n').Count(line => line.StartsWith("problem", StringComparison.Ordinal)), Is.EqualTo(1));
        });
    }

    [Test]
    public void The_target_may_change_where_nothing_was_inherited_and_nowhere_else()
    {
        var target = Path.Combine(shop.Folder, "other-target");
        Copy(Target, target);
        var graft = Path.Combine(shop.Folder, "graft-of-other");
        Must(
            CliRun.Of(
                "transfer", "--bundle", shop.Bundle("good"), "--target", target, "--output", graft, "--workspace",
                shop.Workspace("other")));
        var weights = Path.Combine(target, "model.safetensors");
        Flip(weights, "model.layers.5.mlp.up_proj.weight");
        Assert.That(CliRun.Of("verify", graft).Code, Is.Zero, "layer 5 is not in a surrogate of 4 layers");
        Flip(weights, "model.layers.0.mlp.up_proj.weight");
        var changed = CliRun.Of("verify", graft);
        Assert.That(changed.Code, Is.EqualTo(ExitCodes.Input));
        Assert.That(
            changed.Output, Does.Contain($"problem  {target} has another tensor \"model.layers.0.mlp.up_proj.weight\" (its SHA-256 is "));
        Directory.Delete(target, recursive: true);
        Assert.That(CliRun.Of("verify", graft).Output, Does.Contain($"problem  {target}: no such folder."));
    }

    [Test]
    public void Another_surrogate_in_place_of_the_one_it_was_trained_with_is_refused_by_identity_and_tensor()
    {
        var bundle = Moved("bundle", manifest => Instead(manifest, "surrogate", "surrogate-6"));
        Must(
            CliRun.Of(
                "build-surrogate", "--target", "toy", "--layers", "6", "--output", Path.Combine(shop.Folder, "surrogate-6"), "--workspace",
                shop.Workspace("six")));
        var run = CliRun.Of("verify", bundle);
        Assert.Multiple(() =>
        {
            Assert.That(run.Code, Is.EqualTo(ExitCodes.Input));
            Assert.That(
                run.Output, Does.Contain($"surrogate-6: is not the surrogate that {bundle} was made from: its identity is sha256:"));
            Assert.That(
                run.Output, Does.Contain("surrogate-6 has the tensor \"model.layers.2.mlp.up_proj.weight\", which is unknown there"));
        });
    }

    [Test]
    public void Another_bundle_in_place_of_its_own_is_refused()
    {
        var other = Path.Combine(shop.Folder, "other-bundle");
        Must(
            CliRun.Of(
                [
                    .. shop.Arguments("other").SkipLast(4), "--output", other, "--seed", "9", "--device", "cpu", "--workspace",
                    shop.Workspace("other-bundle"),
                ]));
        var graft = Moved("graft", manifest => Instead(manifest, "bundle", "other-bundle"));
        var run = CliRun.Of("verify", graft);
        Assert.Multiple(() =>
        {
            Assert.That(run.Code, Is.EqualTo(ExitCodes.Input));
            Assert.That(run.Output, Does.Contain($"other-bundle: is not the bundle that {graft} was made from"));
            Assert.That(
                run.Output, Does.Contain($"{Path.Combine(other, "encoder.safetensors")}: is not the file of that name in {graft}."));
        });
    }

    [Test]
    public void What_is_gone_is_said_and_the_graft_alone_still_proves_its_target()
    {
        var graft = Moved("alone", manifest => Instead(Instead(manifest, "bundle", "gone-bundle"), "surrogate", "gone-surrogate"));
        var json = CliRun.Of("verify", graft, "--json").Json();
        Assert.Multiple(() =>
        {
            Assert.That(json.GetProperty("ok").GetBoolean());
            Assert.That(
                json.GetProperty("notes").EnumerateArray().Select(note => note.GetString()),
                Has.Some.Contains("gone-bundle is not there").And.Some.Contains("gone-surrogate is not there"));
            Assert.That(
                json.GetProperty("checks").EnumerateArray().Select(check => check.GetProperty("what").GetString()),
                Has.Some.EqualTo("target tensors"));
        });
    }

    [Test]
    public void An_older_graft_takes_the_fingerprint_of_its_bundle_and_says_so()
    {
        var graft = Moved("old", Unfingerprinted);
        FileProofTests.MakeOld(graft);
        var run = CliRun.Of("verify", graft);
        Assert.Multiple(() =>
        {
            Assert.That(run.Code, Is.Zero, run.Output);
            Assert.That(
                run.Output,
                Does.Contain("that of the bundle was taken").And.Contain("by an older version").And.Contain("target tensors ("));
        });
        Assert.That(CliRun.Of("verify", graft, "--logits", "--device", "cpu").Code, Is.Zero);

        var alone = Moved("old-alone", manifest => Instead(Unfingerprinted(manifest), "bundle", "gone-bundle"));
        FileProofTests.MakeOld(alone);
        Assert.That(CliRun.Of("verify", alone).Output, Does.Contain("nothing can be proved about the target"));

        static ArtefactManifest Unfingerprinted(ArtefactManifest manifest)
        {
            var details = (JsonObject)manifest.Details.DeepClone();
            Assert.That(details.Remove("fingerprint"), Is.True);
            return manifest with { Details = details };
        }
    }

    [TestCase("request.json", "\"surrogate\"", "\"surrogatf\"", "surrogatf")]
    [TestCase("metrics.jsonl", "\"step\":2,", "\"step\":3,", "line 2: is of step \"3\", expected 2")]
    [TestCase("metrics.jsonl", "graft.metrics/1", "graft.metrics/0", "line 1: has the schema \"graft.metrics/0\"")]
    [TestCase("metrics.jsonl", "{\"schema\"", "1\n{\"schema\"", "line 1 is not JSON")]
    public void What_makes_no_sense_in_the_unstamped_files_of_a_run_is_named(string file, string old, string replacement, string because)
    {
        var run = Path.Combine(shop.Folder, $"senseless-{Guid.NewGuid():n}");
        Copy(shop.Run("good"), run);
        var path = Path.Combine(run, file);
        var text = File.ReadAllText(path);
        var place = text.IndexOf(old, StringComparison.Ordinal);
        File.WriteAllText(path, text[..place] + replacement + text[(place + old.Length)..]);
        var verified = CliRun.Of("verify", run);
        Assert.Multiple(() =>
        {
            Assert.That(verified.Code, Is.EqualTo(ExitCodes.Input));
            Assert.That(verified.Output, Does.Contain(path).And.Contain(because));
        });
    }

    [Test]
    public void A_surrogate_without_its_weights_is_one_problem()
    {
        var damaged = Path.Combine(shop.Folder, "weightless");
        Copy(shop.Surrogate, damaged);
        File.Delete(Path.Combine(damaged, "model.safetensors"));
        var run = CliRun.Of("verify", damaged);
        Assert.Multiple(() =>
        {
            Assert.That(run.Code, Is.EqualTo(ExitCodes.Input));
            Assert.That(
                run.Output,
                Does.Contain("model.safetensors: is missing").And.Contain(
                    "because its weight files are not whole").And.Contain("surrogate: 1 problem,"));
        });
    }

    [Test]
    public void Opening_names_the_damaged_tensor_too()
    {
        var damaged = Path.Combine(shop.Folder, "damaged-open");
        Copy(shop.Surrogate, damaged);
        Flip(Path.Combine(damaged, "model.safetensors"), "model.norm.weight");
        var run = CliRun.Of(
            [
                .. shop.Arguments("unopened").Select(word => word == shop.Surrogate ? damaged : word), "--workspace",
                shop.Workspace("unopened"),
            ]);
        Assert.That(run.Code, Is.EqualTo(ExitCodes.Input));
        Assert.That(run.Error, Does.Contain("tensor \"model.norm.weight\" is damaged: its SHA-256 is "));
    }

    [Test]
    public void Another_recipe_in_a_run_is_refused_by_its_checkpoints()
    {
        var run = Path.Combine(shop.Folder, "changed-run");
        Copy(shop.Run("good"), run);
        File.AppendAllText(Path.Combine(run, RunFolder.RecipeName), "\n");
        var metrics = Path.Combine(run, RunFolder.MetricsName);
        File.WriteAllLines(metrics, File.ReadAllLines(metrics).SkipLast(1));
        var verified = CliRun.Of("verify", run);
        Assert.Multiple(() =>
        {
            Assert.That(verified.Code, Is.EqualTo(ExitCodes.Input));
            Assert.That(verified.Output, Does.Contain("recipe.yaml: is not the recipe that the checkpoints were made with"));
            Assert.That(
                verified.Output,
                Does.Contain(
                    $"metrics.jsonl: ends at step {ToyWorkshop.Steps - 1}, though there is a checkpoint of step {ToyWorkshop.Steps}."));
        });
    }

    [TestCase("float32")]
    [TestCase("bfloat16")]
    public void The_logits_of_text_are_the_targets_bit_for_bit(string type)
    {
        var run = CliRun.Of("verify", Graft, "--logits", "--device", "cpu", "--dtype", type, "--json");
        var logits = run.Json().GetProperty("logits");
        Assert.Multiple(() =>
        {
            Assert.That(run.Code, Is.Zero, run.Output);
            Assert.That(logits.GetProperty("tokens").GetInt32(), Is.EqualTo(256));
            Assert.That(logits.GetProperty("differing").GetInt32(), Is.Zero);
        });
    }

    [Test]
    public void Logits_are_not_compared_of_what_is_damaged_or_is_no_graft()
    {
        Assert.That(CliRun.Of("verify", shop.Surrogate, "--logits", "--device", "cpu").Code, Is.EqualTo(ExitCodes.Usage));
        var damaged = Path.Combine(shop.Folder, "damaged-logits");
        Copy(Graft, damaged);
        File.Delete(Path.Combine(damaged, "encoder.safetensors"));
        var run = CliRun.Of("verify", damaged, "--logits", "--device", "cpu");
        Assert.That(run.Code, Is.EqualTo(ExitCodes.Input));
        Assert.That(run.Output, Does.Contain("the logits were not compared"));
    }

    [Test]
    public void What_is_no_artefact_is_an_input_error()
    {
        var folder = Directory.CreateDirectory(Path.Combine(shop.Folder, "empty")).FullName;
        foreach (var (path, because) in new[] { (folder, "has no graft.json"), (Path.Combine(folder, "nowhere"), "no such folder") })
        {
            var run = CliRun.Of("verify", path, "--json");
            Assert.That(run.Code, Is.EqualTo(ExitCodes.Input));
            Assert.That(run.Json().GetProperty("message").GetString(), Does.Contain(because));
        }
    }

    /// <summary>A copy of the bundle or the graft, whose manifest was written anew.</summary>
    string Moved(string name, Func<ArtefactManifest, ArtefactManifest> change)
    {
        var folder = Path.Combine(shop.Folder, $"moved-{name}");
        Copy(name == "bundle" ? shop.Bundle("good") : Graft, folder);
        change(ArtefactManifest.Read(folder)).Write(folder);
        return folder;
    }

    ArtefactManifest Instead(ArtefactManifest manifest, string role, string path) => manifest with
    {
        Sources =
            [.. manifest.Sources.Select(source => source.Role == role ? source with { Path = Path.Combine(shop.Folder, path) } : source)],
    };

    static void Must(CliRun run) => Assert.That(run.Code, Is.Zero, run.Error);

    static void Flip(string path, string tensor)
    {
        var bytes = File.ReadAllBytes(path);
        bytes[Place(path, tensor)] ^= 1;
        File.WriteAllBytes(path, bytes);
    }

    /// <summary>A tensor from the middle of the file, and the place of a byte in it; null where the file has none with bytes.</summary>
    static (string Name, int Place)? Middle(string path)
    {
        using var file = SafetensorsFile.Open(path);
        string[] names = [.. file.Tensors.Values.Where(tensor => tensor.ByteCount > 0).Select(tensor => tensor.Name)];
        return names.Length == 0 ? null : (names[names.Length / 2], Place(path, names[names.Length / 2]));
    }

    static int Place(string path, string tensor)
    {
        using var file = SafetensorsFile.Open(path);
        using var stream = File.OpenRead(path);
        Span<byte> length = stackalloc byte[8];
        stream.ReadExactly(length);
        return (int)(8 + BitConverter.ToInt64(length) + file.Entry(tensor).Begin);
    }

    static void Copy(string from, string to)
    {
        foreach (var path in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(to, Path.GetRelativePath(from, path));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(path, copy);
        }
    }
}
