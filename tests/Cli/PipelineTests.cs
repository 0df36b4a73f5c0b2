using Grafting.Core.Running;
using Grafting.Tests.Regression;

namespace Grafting.Tests.Cli;

/// <summary>The commands one after another in one workspace, as a user types them: what they find, say and leave behind.</summary>
public class PipelineTests
{
    ToyWorkshop _shop = null!;
    CliRun _built = null!, _planned = null!, _trained = null!, _transferred = null!;

    string Workspace => _shop.Workspace("pipeline");

    [OneTimeSetUp]
    public void Run_everything()
    {
        _shop = new ToyWorkshop();
        string[] data = ["--images", _shop.Data, "--data"];
        string[] train =
        [
            "train-encoder", "--recipe", Path.Combine(_shop.Folder, "tiny.yaml"), .. data, Path.Combine(_shop.Data, "train.json"),
        ];
        _built = Graft("build-surrogate", "--target", "toy", "--layers", "6");
        _planned = Graft([.. train, "--text", Path.Combine(_shop.Data, "text.json"), "--dry-run"]);
        _trained = Graft([.. train, "--text", Path.Combine(_shop.Data, "text.json")]);
        _transferred = Graft(["transfer", "--evaluate", "--max-questions", "6", .. data, Path.Combine(_shop.Data, "test.json")]);
    }

    [OneTimeTearDown]
    public void Remove() => _shop.Dispose();

    [Test]
    public void Every_command_ends_well_with_one_document_of_its_schema() => Assert.Multiple(() =>
    {
        foreach (var (run, schema) in ((CliRun, string)[])[
            (_built, "graft.build-surrogate/1"),
            (_planned, "graft.train-encoder-plan/1"),
            (_trained, "graft.train-encoder/1"),
            (_transferred, "graft.transfer/1"),
            (Graft("chat", "--max-tokens", "4", "How many circles are there?"), "graft.chat/2")])
        {
            Assert.That(run.Code, Is.Zero, run.Error);
            Assert.That(run.Json().GetProperty("schema").GetString(), Is.EqualTo(schema));
        }
    });

    [Test]
    public void Each_command_finds_what_the_one_before_made()
    {
        var transfer = _transferred.Json();
        Assert.Multiple(() =>
        {
            Assert.That(transfer.GetProperty("surrogate").GetString(), Is.EqualTo(_built.Json().GetProperty("surrogate").GetString()));
            Assert.That(transfer.GetProperty("bundle").GetString(), Is.EqualTo(_trained.Json().GetProperty("bundle").GetString()));
            Assert.That(transfer.GetProperty("graft").GetString(), Is.EqualTo(new Workspace(Workspace).Last(ArtefactKind.Graft)));
        });
    }

    [Test]
    public void The_transfer_document_has_intervals_and_the_seconds_of_each_stage()
    {
        var transfer = _transferred.Json();
        Assert.Multiple(() =>
        {
            foreach (var system in transfer.GetProperty("systems").EnumerateObject().Select(s => s.Value))
            {
                Assert.That(system.GetProperty("samples").GetInt32(), Is.EqualTo(6));
                foreach (var figure in (string[])["exactMatch", "nll"])
                {
                    double Part(string name) => system.GetProperty(figure).GetProperty(name).GetDouble();
                    Assert.That(Part("value"), Is.InRange(Part("low"), Part("high")));
                }
            }

            Assert.That(
                transfer.GetProperty("seconds").EnumerateObject().Select(s => s.Name),
                Is.SupersetOf(new[] { "training align", "training see", "pair", "graft" }));
            Assert.That(File.Exists(transfer.GetProperty("report").GetString()), Is.True);
        });
    }

    [Test]
    public void A_picture_that_is_none_is_named_before_the_model_is_loaded()
    {
        var run = Graft("chat", "--image", Path.Combine(_shop.Folder, "tiny.yaml"), "What is it?");
        Assert.That(run.Code, Is.EqualTo(3));
        Assert.That(run.Json().GetProperty("message").GetString(), Does.Contain("tiny.yaml"));
    }

    CliRun Graft(params string[] words) => CliRun.Of([.. words, "--workspace", Workspace, "--json"]);
}
