using Grafting.Core.Checkpoints;
using Grafting.Core.Transfer;
using Grafting.Tests.Cli;
using Grafting.Tests.Models;
using Grafting.Tests.Regression;
using Grafting.Tests.Support;
using static TorchSharp.torch;

namespace Grafting.Tests.Forward;

/// <summary><c>graft forward</c> and <c>graft inspect</c> on what graft itself makes.</summary>
sealed class GraftForwardTests : InScope
{
    ToyWorkshop _workshop = null!;
    string _graft = null!;

    [OneTimeSetUp]
    public void TrainAndTransfer()
    {
        _workshop = new();
        Assert.That(_workshop.Train("a").Code, Is.Zero);
        _graft = Path.Combine(_workshop.Folder, "graft");
        var run = CliRun.Of(
            "transfer", "--bundle", _workshop.Bundle("a"), "--output", _graft, "--workspace", _workshop.Workspace("t"), "--device", "cpu");
        Assert.That(run.Code, Is.Zero, run.Error);
    }

    [OneTimeTearDown]
    public void Remove() => _workshop.Dispose();

    [Test]
    public void A_graft_takes_pictures_at_the_places_of_minus_one()
    {
        using var folder = new TempFolder();
        using var encoder = GraftArtefact.Open(_graft).LoadEncoder(CPU, ScalarType.Float32);
        using var decoder = GraftArtefact.Open(_graft).LoadTarget(CPU, ScalarType.Float32);
        long[] before = [5, 6, 7], after = [8, 9], places = [.. Enumerable.Repeat(-1L, encoder.Tokens)];
        var side = encoder.Tower.ImageSize;
        float[] pixels = [.. Enumerable.Range(0, 3 * side * side).Select(i => MathF.Sin(i))];
        var inputs = folder.Inputs(
            ForwardFiles.Whole("input_ids", [1, 5 + places.Length], [.. before, .. places, .. after]),
            TensorSource.FromFloats("pixel_values", [1, 3, side, side], pixels));
        using var run = ForwardRun.Of(_graft, inputs, "--gradients");

        using var _ = no_grad();
        var picture = encoder.forward(tensor(pixels).view(1, 3, side, side));
        var x = cat([decoder.embed(tensor(before).view(1, -1)), picture, decoder.embed(tensor(after).view(1, -1))], 1);
        var logits = decoder.head(decoder.forward(x, arange(x.shape[1], ScalarType.Int64).view(1, -1), null));
        Assert.That(Compare.MaxDifference(run.Outputs.Floats("logits"), logits), Is.Zero);
        Assert.That(Compare.MaxDifference(run.Outputs.Floats("image_features"), picture), Is.Zero);
        Assert.That(
            run.Outputs.Names,
            Does.Contain("grad.image_boundary.start").And.Contain("grad.model.norm.weight").And.Contain("grad_pixel_values"));
        Assert.That(run.Outputs.Floats("grad.image_boundary.start").abs().max().item<float>(), Is.GreaterThan(0));
    }

    [Test]
    public void A_surrogate_is_a_model_like_any_other()
    {
        using var folder = new TempFolder();
        using var run = ForwardRun.Of(
            _workshop.Surrogate, folder.Inputs(ForwardFiles.Whole("input_ids", [1, 3], 1, 2, 3)), "--hidden-states");
        Assert.That(run.Outputs.Names, Does.Contain("hidden_states.4").And.Not.Contain("hidden_states.5"));
    }

    [Test]
    public void A_bundle_is_refused_with_the_remedy()
    {
        using var folder = new TempFolder();
        var run = CliRun.Of(
            "forward", _workshop.Bundle("a"), "-i", folder.Inputs(ForwardFiles.Whole("input_ids", [1, 3], 1, 2, 3)), "-o", folder["out"]);
        Assert.That(run.Code, Is.EqualTo(Grafting.Cli.ExitCodes.Input));
        Assert.That(run.Error, Does.Contain("without a language model").And.Contain("graft transfer"));
    }

    [Test]
    public void Every_artefact_can_be_inspected()
    {
        foreach (var (path, kind, artefact) in new[]
        {
            (_workshop.Surrogate, "decoder", "surrogate"), (_workshop.Run("a"), "run", "checkpoint"),
            (_workshop.Bundle("a"), "bundle", "bundle"), (_graft, "graft", "graft"),
        })
        {
            var run = CliRun.Of("inspect", path, "--json");
            Assert.That(run.Code, Is.Zero, run.Error);
            var json = run.Json();
            Assert.That(
                (json.GetProperty("kind").GetString(), json.GetProperty("artefact").GetProperty("kind").GetString()),
                Is.EqualTo((kind, artefact)));
            Assert.That(json.GetProperty("tensors").GetArrayLength(), Is.GreaterThan(0), kind);
            if (kind != "run") Assert.That(json.GetProperty("load").GetProperty("loadable").GetBoolean(), Is.True, kind);
        }
    }
}
