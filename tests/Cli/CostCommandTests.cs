using Grafting.Recipes.Costs;
using Grafting.Tests.Regression;

namespace Grafting.Tests.Cli;

public class CostCommandTests
{
    ToyWorkshop _shop = null!;

    string Workspace => _shop.Workspace("cost");

    [OneTimeSetUp]
    public void Train_and_graft()
    {
        _shop = new ToyWorkshop();
        foreach (var line in new string[][]
        {
            ["build-surrogate", "--target", "toy", "--layers", "5"],
            [
                "train-encoder", "--recipe", Path.Combine(_shop.Folder, "tiny.yaml"), "--data", Path.Combine(_shop.Data, "train.json"),
                "--images", _shop.Data, "--text", Path.Combine(_shop.Data, "text.json"),
            ],
            ["transfer", "--evaluate", "--max-questions", "6", "--data", Path.Combine(_shop.Data, "test.json"), "--images", _shop.Data],
        })
        {
            var run = Graft([.. line, "--device", "cpu"]);
            Assert.That(run.Code, Is.Zero, run.Error);
        }
    }

    [OneTimeTearDown]
    public void Remove() => _shop.Dispose();

    [Test]
    public void The_last_run_is_shown_with_three_routes_and_what_each_figure_rests_on()
    {
        var run = Graft("cost");
        Assert.Multiple(() =>
        {
            Assert.That(run.Code, Is.Zero, run.Error);
            Assert.That(
                run.Output, Does.Contain("align").And.Contain("see").And.Contain("used").And.Contain("measured").And.Contain("estimated"));
            Assert.That(run.Output, Does.Contain("no surrogate, all data").And.Contain("no surrogate, our data"));
            Assert.That(
                run.Output.Split('\n').Where(
                    line => !line.StartsWith("run:", StringComparison.Ordinal)).Select(line => line.TrimEnd().Length),
                Has.All.LessThanOrEqualTo(110));
            Assert.That(run.Output, Does.Contain("Energy:").And.Contain("Memory at most:"));
        });
    }

    [Test]
    public void The_document_holds_ledger_and_comparison()
    {
        var json = Graft("cost", "--fraction", "0.2", "--samples", "1000,5000", "--full-factor", "2.64", "--json").Json();
        var (ledger, comparison) = (json.GetProperty("ledger"), json.GetProperty("comparison"));
        var routes = comparison.GetProperty("routes").EnumerateArray().ToList();
        Assert.Multiple(() =>
        {
            Assert.That(json.GetProperty("schema").GetString(), Is.EqualTo("graft.cost-report/1"));
            Assert.That(
                ledger.GetProperty("stages").EnumerateArray().Select(stage => stage.GetProperty("samples").GetInt32()),
                Is.EqualTo(new[] { 96, 48 }));
            Assert.That(ledger.GetProperty("model").GetProperty("layers").GetInt32(), Is.EqualTo(5));
            Assert.That(ledger.GetProperty("model").GetProperty("target").GetProperty("layers").GetInt32(), Is.EqualTo(8));
            Assert.That(json.GetProperty("utilisation").GetDouble(), Is.InRange(1e-6, 1.5));
            Assert.That(
                routes.Select(route => route.GetProperty("basis").GetString()),
                Is.EqualTo(new[] { "estimated", "estimated", "estimated" }));
            Assert.That(
                routes[2].GetProperty("parts").EnumerateArray().Select(part => part.GetProperty("name").GetString()), Is.EqualTo(new[]
            {
                "analysis of the target", "surrogate, with its translators", "align", "see", "target and encoder, the fraction",
            }));
            Assert.That(routes[2].GetProperty("parts")[1].GetProperty("seconds").GetDouble(), Is.Positive, "the workspace saw it built");
            Assert.That(routes[2].GetProperty("parts")[4].GetProperty("samples").GetDouble(), Is.EqualTo(1000));
        });
    }

    [Test]
    public void A_graft_and_a_bundle_lead_to_the_run_that_made_them()
    {
        string Run(string artefact) => Graft("cost", artefact, "--json").Json().GetProperty("run").GetString()!;
        Assert.Multiple(() =>
        {
            Assert.That(Run(Path.Combine(Workspace, "grafts", "tiny")), Is.EqualTo(Path.Combine(Workspace, "runs", "tiny")));
            Assert.That(Run(Path.Combine(Workspace, "bundles", "tiny")), Is.EqualTo(Path.Combine(Workspace, "runs", "tiny")));
        });
    }

    [Test]
    public void The_report_of_a_transfer_says_what_it_cost() =>
        Assert.That(
            File.ReadAllText(Path.Combine(Workspace, "reports", "tiny", "report.html")),
            Does.Contain("What it cost").And.Contain("no surrogate, all data"));

    [Test]
    public void The_run_has_its_ledger_and_files_for_TensorBoard()
    {
        var run = Path.Combine(Workspace, "runs", "tiny");
        Assert.That(CostLedger.Read(run).Sessions, Has.Count.EqualTo(1));
        Assert.That(Directory.GetFiles(run, "events.out.tfevents.*"), Has.Length.EqualTo(1));
        Assert.That(Graft("verify", run).Code, Is.Zero);
    }

    [Test]
    public void What_is_wrong_is_one_error()
    {
        (string[] Line, int Code, string Message)[] cases =
        [
            (["cost", "no-such-folder"], 3, "is not a folder"),
            (["cost", _shop.Surrogate], 3, "is a surrogate; a run, a bundle or a graft was expected"),
            (["cost", _shop.Data], 3, "has no cost.json"),
            (["cost", "--check", "zero", "--fraction", "0.5"], 2, "takes no run and no other option"),
            (["cost", "--check", "one"], 2, "one"),
            (["cost", "--fraction", "2"], 2, "--fraction is 2"),
            (["cost", "--samples", "100"], 2, "--samples needs two numbers"),
            (["cost", "--finetune", _shop.Data], 3, "has no cost.json"),
        ];
        Assert.Multiple(() =>
        {
            foreach (var (line, code, message) in cases)
            {
                var run = Graft([.. line, "--json"]);
                Assert.That(run.Code, Is.EqualTo(code), string.Join(' ', line));
                Assert.That(run.Json().GetProperty("message").GetString(), Does.Contain(message));
            }
        });
    }

    CliRun Graft(params string[] words) => CliRun.Of([.. words, "--workspace", Workspace]);
}
