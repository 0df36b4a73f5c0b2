using Grafting.Cli;
using Grafting.Tests.Support;

namespace Grafting.Tests.Cli;

/// <summary>Commands that find nothing to work on say what makes it.</summary>
public class MissingArtefactTests
{
    [TestCase("train-encoder", "graft build-surrogate")]
    [TestCase("train-encoder --resume", "graft train-encoder")]
    [TestCase("transfer --evaluate", "graft train-encoder")]
    [TestCase("chat question", "graft transfer")]
    public void An_empty_workspace_is_an_input_error_that_names_the_command_before(string line, string maker)
    {
        using var folder = new TempFolder();
        var run = CliRun.Of([.. line.Split(' '), "--workspace", folder["grafts"], "--json"]);
        var json = run.Json();
        Assert.Multiple(() =>
        {
            Assert.That(run.Code, Is.EqualTo(ExitCodes.Input));
            Assert.That(json.GetProperty("message").GetString(), Does.Contain(folder["grafts"]));
            Assert.That(json.GetProperty("remedy").GetString(), Does.Contain($"'{maker}'"));
            Assert.That(folder.Entries(), Is.Empty);
        });
    }

    [TestCase("train-encoder --surrogate nowhere", ExitCodes.Input)]
    [TestCase("train-encoder --resume --seed 2", ExitCodes.Usage)]
    [TestCase("transfer --bundle nowhere", ExitCodes.Input)]
    [TestCase("chat", ExitCodes.Usage)]
    [TestCase("chat --graft nowhere question", ExitCodes.Input)]
    [TestCase("verify", ExitCodes.Usage)]
    [TestCase("verify nowhere", ExitCodes.Input)]
    [TestCase("verify nowhere --logits --device tpu", ExitCodes.Usage)]
    [TestCase("pretrain-toy", ExitCodes.Usage)]
    [TestCase("pretrain-toy --output toy --device tpu", ExitCodes.Usage)]
    [TestCase("pretrain-toy --output toy --device cuda:99", ExitCodes.Resources)]
    [TestCase("demo --seed one", ExitCodes.Usage)]
    public void A_wrong_line_is_one_document_with_its_code(string line, int code)
    {
        using var folder = new TempFolder();
        var run = CliRun.Of([.. line.Split(' '), "--workspace", folder["grafts"], "--json"]);
        Assert.That(run.Json().GetProperty("code").GetInt32(), Is.EqualTo(code));
        Assert.That(run.Code, Is.EqualTo(code));
    }
}
