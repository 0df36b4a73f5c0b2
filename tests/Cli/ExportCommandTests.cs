using Grafting.Cli;
using Grafting.Core.Models;
using Grafting.Core.Running;
using Grafting.Core.Transfer;
using Grafting.Tests.Transfer.Export;

namespace Grafting.Tests.Cli;

/// <summary><c>graft export</c> and <c>graft import</c> as a user types them.</summary>
public class ExportCommandTests
{
    ExportShop _shop = null!;
    GraftArtefact _graft = null!;

    string Workspace => _shop["workspace"];

    [SetUp]
    public void Make_a_graft()
    {
        _shop = new ExportShop();
        _graft = _shop.Graft(new FeaturePath(Layer: -1, PostNorm: true, KeepClass: false));
        new Workspace(Workspace).Remember(ArtefactKind.Graft, _graft.Folder);
    }

    [TearDown]
    public void Remove() => _shop.Dispose();

    [Test]
    public void The_last_graft_is_exported_verified_imported_and_grafted_again()
    {
        var exported = Graft("export");
        var json = exported.Json();
        Assert.That(exported.Code, Is.Zero, exported.Output);
        var folder = json.GetProperty("output").GetString()!;
        Assert.Multiple(() =>
        {
            Assert.That(json.GetProperty("schema").GetString(), Is.EqualTo("graft.export/1"));
            Assert.That(json.GetProperty("architecture").GetString(), Is.EqualTo("vipLlava"));
            Assert.That(json.GetProperty("tokensPerPicture").GetInt32(), Is.EqualTo(4));
            Assert.That(json.GetProperty("comparison").GetProperty("logits").GetDouble(), Is.LessThanOrEqualTo(1e-5));
            Assert.That(Path.GetDirectoryName(folder), Is.EqualTo(Path.Combine(Workspace, "exports")));
            Assert.That(Graft("verify", folder).Code, Is.Zero);
        });
        var imported = Graft("import", folder);
        Assert.That(imported.Code, Is.Zero, imported.Output);
        Assert.That(imported.Json().GetProperty("boundary").GetBoolean());
        var grafted = Graft("transfer");
        Assert.That(grafted.Code, Is.Zero, grafted.Output);
        Assert.That(Graft("verify", grafted.Json().GetProperty("graft").GetString()!).Code, Is.Zero);
        Assert.That(Graft("chat", "--max-tokens", "2", "What is it?").Code, Is.Zero);
    }

    [Test]
    public void A_surrogate_of_the_same_language_model_can_be_given_to_an_import()
    {
        var surrogate = _shop["surrogate"];
        Assert.That(Graft("build-surrogate", "--target", "toy", "--layers", "4", "--output", surrogate).Code, Is.Zero);
        var folder = Graft("export").Json().GetProperty("output").GetString()!;
        var imported = Graft("import", folder, "--surrogate", surrogate);
        Assert.That(imported.Code, Is.Zero, imported.Output);
        var bundle = EncoderBundle.Open(imported.Json().GetProperty("bundle").GetString()!);
        Assert.That(bundle.TrainedWith?.Path, Is.EqualTo(surrogate));
        Assert.That(Graft("verify", bundle.Folder).Code, Is.Zero);

        var other = _shop.Graft(new FeaturePath(Layer: -2, PostNorm: false, KeepClass: false), _shop.Target());
        var refused = Graft("import", Graft("export", other.Folder).Json().GetProperty("output").GetString()!, "--surrogate", surrogate);
        Assert.That(refused.Code, Is.EqualTo(ExitCodes.Input));
        Assert.That(refused.Json().GetProperty("message").GetString(), Does.Contain("was cut from another one"));
    }

    [Test]
    public void A_referenced_export_is_verified_against_its_target()
    {
        var target = _shop.Target();
        var graft = _shop.Graft(new FeaturePath(Layer: -2, PostNorm: false, KeepClass: false), target);
        var folder = Graft("export", graft.Folder, "--reference").Json().GetProperty("output").GetString()!;
        var verified = Graft("verify", folder);
        Assert.That(verified.Code, Is.Zero, verified.Output);
        Assert.That(verified.Output, Does.Contain("target tensors"));
        var shard = Directory.EnumerateFiles(target, "*.safetensors").Order().Last();
        var bytes = File.ReadAllBytes(shard);
        bytes[^1] ^= 1;
        File.WriteAllBytes(shard, bytes);
        Assert.That(Graft("verify", folder).Code, Is.EqualTo(ExitCodes.Input));
    }

    [TestCase("--format", "hf", "--architecture", "llava", ExitCodes.Input, "use --architecture vipllava",
        TestName = "A_wrong_class_ends_with_3")]
    [TestCase("--format", "gguf", "--dtype", "float16", ExitCodes.Input, "--boundary-tokens", TestName = "Vectors_in_an_mmproj_end_with_3")]
    [TestCase("--format", "gguf", "--image-token", "<image>", ExitCodes.Usage, "Leave it out",
        TestName = "An_option_of_another_format_ends_with_2")]
    [TestCase("--format", "onnx", "--dtype", "float16", ExitCodes.Usage, "", TestName = "An_unknown_format_ends_with_2")]
    [TestCase("--boundary-tokens", "one", "--dtype", "float32", ExitCodes.Usage, "", TestName = "One_token_for_two_vectors_ends_with_2")]
    public void What_cannot_be_done_is_one_document(string a, string b, string c, string d, int code, string remedy)
    {
        var run = Graft("export", a, b, c, d);
        Assert.Multiple(() =>
        {
            Assert.That(run.Code, Is.EqualTo(code));
            Assert.That(run.Output, Does.Contain(remedy).IgnoreCase);
            Assert.That(Directory.Exists(Path.Combine(Workspace, "exports")), Is.False, "nothing is left behind");
        });
    }

    [TestCase("hf")]
    [TestCase("native")]
    public void A_dry_run_says_what_it_would_do_and_writes_nothing(string format)
    {
        var run = Graft("export", "--format", format, "--dry-run");
        Assert.That(run.Code, Is.Zero, run.Output);
        Assert.That(run.Json().GetProperty("dryRun").GetBoolean());
        Assert.That(Directory.Exists(Path.Combine(Workspace, "exports")), Is.False);
    }

    [Test]
    public void A_native_copy_is_the_graft_itself()
    {
        var run = Graft("export", _graft.Folder, "--format", "native", "--output", _shop["copy"]);
        Assert.That(run.Code, Is.Zero, run.Output);
        Assert.That(GraftArtefact.Open(_shop["copy"]).Encoder.Features, Is.EqualTo(_graft.Encoder.Features));
        Assert.That(Graft("chat", "--graft", _shop["copy"], "--max-tokens", "2", "What is it?").Code, Is.Zero);
    }

    [Test]
    public void The_table_says_what_was_proved()
    {
        var run = CliRun.Of("export", "--workspace", Workspace);
        Assert.That(run.Code, Is.Zero, run.Error);
        Assert.That(
            run.Output,
            Does.Contain(
                "VipLlavaForConditionalGeneration").And.Contain("shared with the target").And.Contain("embeddings differ by 0")
                    .And.Contain("export: "));
    }

    [Test]
    public void An_empty_workspace_names_the_command_before()
    {
        var run = CliRun.Of("export", "--workspace", _shop["empty"], "--json");
        Assert.That(run.Code, Is.EqualTo(ExitCodes.Input));
        Assert.That(run.Json().GetProperty("remedy").GetString(), Does.Contain("'graft transfer'"));
    }

    CliRun Graft(params string[] words) => CliRun.Of([.. words, "--workspace", Workspace, "--json"]);
}
