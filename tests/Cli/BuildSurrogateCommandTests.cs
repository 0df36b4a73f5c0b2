using Grafting.Cli;
using Grafting.Core.Running;
using Grafting.Tests.Support;

namespace Grafting.Tests.Cli;

public class BuildSurrogateCommandTests
{
    const string Model = "models/stories260K";

    [Test]
    public void A_surrogate_lands_in_the_workspace_and_is_remembered()
    {
        using var folder = new TempFolder();
        var run = CliRun.Of("build-surrogate", "--target", Shared.Real(Model), "--layers", "4", "--workspace", folder.Path, "--json");
        var json = run.Json();
        var made = json.GetProperty("surrogate").GetString();
        Assert.Multiple(() =>
        {
            Assert.That(run.Code, Is.Zero, run.Error);
            Assert.That(json.GetProperty("schema").GetString(), Is.EqualTo("graft.build-surrogate/1"));
            Assert.That(made, Is.EqualTo(Path.Combine(folder.Path, "surrogates", "stories260K-4")));
            Assert.That(new Workspace(folder.Path).Last(ArtefactKind.Surrogate), Is.EqualTo(made));
            Assert.That(json.GetProperty("plan").GetProperty("layers").GetArrayLength(), Is.EqualTo(4));
            Assert.That(json.GetProperty("plan").GetProperty("bytesRead").GetInt64(), Is.Positive);
            Assert.That(json.GetProperty("identity").GetString(), Does.StartWith("sha256:"));
        });
    }

    [Test]
    public void An_existing_folder_is_replaced_only_by_force()
    {
        using var folder = new TempFolder();
        string[] line =
        [
            "build-surrogate", "--target", Shared.Real(Model), "--layers", "4", "--workspace", folder.Path, "--output", folder["mine"],
        ];
        Assert.Multiple(() =>
        {
            Assert.That(CliRun.Of(line).Code, Is.Zero);
            Assert.That(CliRun.Of(line).Code, Is.EqualTo(ExitCodes.Usage));
            Assert.That(CliRun.Of([.. line, "--force"]).Code, Is.Zero);
        });
    }

    [Test]
    public void A_dry_run_needs_no_weights_and_makes_nothing()
    {
        using var folder = new TempFolder();
        var run = CliRun.Of("build-surrogate", "--target", "llama70b", "--replace", "40-78", "--dry-run", "--workspace", folder["grafts"]);
        Assert.Multiple(() =>
        {
            Assert.That(run.Code, Is.Zero, run.Error);
            Assert.That(
                run.Output,
                Does.Contain("layers 0-39").And.Contain("translator for layers 40-78").And.Contain("42 of 80 layers")
                    .And.Contain("estimated"));
            Assert.That(run.Error, Is.Empty, "the paper's own cut needs no warning");
            Assert.That(folder.Entries(), Is.Empty);
        });
    }

    [Test]
    public void A_cut_deeper_than_any_published_one_warns()
    {
        var run = CliRun.Of("build-surrogate", "--target", "llama70b", "--layers", "8", "--dry-run", "--json");
        Assert.Multiple(() =>
        {
            Assert.That(run.Error, Does.StartWith("warning: llama70b: keeps 8 of 80 layers"));
            Assert.That(run.Json().GetProperty("plan").GetProperty("warnings").GetArrayLength(), Is.EqualTo(1));
        });
    }

    [Test]
    public void A_target_that_is_not_here_says_where_it_was_looked_for_and_how_to_get_it()
    {
        var run = CliRun.Of("build-surrogate", "--target", "llama70b", "--layers", "42", "--json");
        var json = run.Json();
        Assert.Multiple(() =>
        {
            Assert.That(run.Code, Is.EqualTo(ExitCodes.Input));
            Assert.That(json.GetProperty("message").GetString(), Does.Contain("models--meta-llama--Llama-3.1-70B-Instruct"));
            Assert.That(json.GetProperty("remedy").GetString(), Does.Contain("hf download meta-llama/Llama-3.1-70B-Instruct"));
        });
    }

    [TestCase("build-surrogate --layers 4")]
    [TestCase("build-surrogate --target llama8b")]
    [TestCase("build-surrogate --target llama8b --layers 4 --replace 2-3")]
    [TestCase("build-surrogate --target llama8b --layers four")]
    [TestCase("build-surrogate --target llama8b --layers 99")]
    [TestCase("build-surrogate --target llama8b --replace 5")]
    public void A_wrong_cut_is_a_usage_error_in_one_document(string line)
    {
        var run = CliRun.Of([.. line.Split(' '), "--json"]);
        Assert.That(run.Json().GetProperty("code").GetInt32(), Is.EqualTo(ExitCodes.Usage));
        Assert.That(run.Code, Is.EqualTo(ExitCodes.Usage));
    }

    [Test]
    public void Targets_lists_the_catalogue_with_sizes()
    {
        var targets = CliRun.Of("targets", "--json").Json().GetProperty("targets").EnumerateArray().ToArray();
        var large = targets.Single(t => t.GetProperty("alias").GetString() == "llama70b");
        Assert.Multiple(() =>
        {
            Assert.That(large.GetProperty("layers").GetInt32(), Is.EqualTo(80));
            Assert.That(large.GetProperty("parameters").GetInt64(), Is.EqualTo(70_553_706_496));
            Assert.That(large.GetProperty("looked").GetArrayLength(), Is.Positive);
            Assert.That(CliRun.Of("targets").Output, Does.Contain("llama70b").And.Contain("70.6 G"));
        });
    }
}
