using Grafting.Cli;
using Grafting.Core.Checkpoints;
using Grafting.Tests.Cli;
using Grafting.Tests.Support;

namespace Grafting.Tests.Forward;

/// <summary>Inputs that do not fit: one error each, which names the tensor and what was expected.</summary>
sealed class ForwardRefusalTests
{
    static readonly long[] Ids = [5, 6, 7, 8];

    static IEnumerable<TestCaseData> WrongInputs()
    {
        yield return Case("no_ids", ["input_ids, nor inputs_embeds"], ForwardFiles.Whole("attention_mask", [1, 4], 1, 1, 1, 1));
        yield return Case("one_dimension", ["\"input_ids\" I64 [4]", "[batch, sequence]"], ForwardFiles.Whole("input_ids", [4], Ids));
        yield return Case("floats", ["\"input_ids\" F32", "whole numbers"], ForwardFiles.Floats("input_ids", 1, 4));
        yield return Case("nothing", ["\"input_ids\" I64 [0, 4]"], ForwardFiles.Whole("input_ids", [0, 4]));
        yield return Case(
            "too_large_id", ["\"input_ids\"", "the id 320", "0 to 319"], ForwardFiles.Whole("input_ids", [1, 4], 5, 320, 7, 8));
        yield return Case("negative_id", ["the id -1"], ForwardFiles.Whole("input_ids", [1, 4], 5, -1, 7, 8));
        yield return Case("other_name", ["\"input_id\" is no input", "it takes input_ids"], ForwardFiles.Whole("input_id", [1, 4], Ids));
        yield return Case(
            "pixels_for_a_decoder", ["\"pixel_values\" is no input of this llama decoder"], Ok(),
            ForwardFiles.Floats("pixel_values", 1, 3, 28, 28));
        yield return Case(
            "mask_too_short", ["\"attention_mask\" I64 [1, 3]", "[1, 4]"], Ok(), ForwardFiles.Whole("attention_mask", [1, 3], 1, 1, 1));
        yield return Case(
            "mask_of_two", ["\"attention_mask\"", "only 0 (padding) and 1"], Ok(),
            ForwardFiles.Whole("attention_mask", [1, 4], 1, 2, 1, 1));
        yield return Case("negative_position", ["\"position_ids\"", "-1"], Ok(), ForwardFiles.Whole("position_ids", [1, 4], -1, 0, 1, 2));
        yield return Case("wrong_label", ["the label 400"], Ok(), ForwardFiles.Whole("labels", [1, 4], -100, 400, 1, 2));
        yield return Case("no_label", ["\"labels\"", "no token is left"], Ok(), ForwardFiles.Whole("labels", [1, 4], 5, -100, -100, -100));
        yield return Case("both", ["\"inputs_embeds\"", "give one of them"], Ok(), ForwardFiles.Floats("inputs_embeds", 1, 4, 64));
        yield return Case(
            "narrow_embeddings", ["\"inputs_embeds\" F32 [1, 4, 63]", "[batch, sequence, 64]"],
            ForwardFiles.Floats("inputs_embeds", 1, 4, 63));

        static TensorSource Ok() => ForwardFiles.Whole("input_ids", [1, 4], Ids);
        static TestCaseData Case(string name, string[] says, params TensorSource[] inputs) =>
            new TestCaseData(says, inputs).SetName($"An_input_that_does_not_fit_is_named({name})");
    }

    [TestCaseSource(nameof(WrongInputs))]
    public void An_input_that_does_not_fit_is_named(string[] says, TensorSource[] inputs)
    {
        using var folder = new TempFolder();
        Refused(Forward("decoders/llama_gqa", folder.Inputs(inputs), folder["out"]), [folder["in.safetensors"], .. says]);
        Assert.That(File.Exists(folder["out"]), Is.False);
    }

    static IEnumerable<TestCaseData> WrongPictures()
    {
        yield return Case("no_pictures", ["has no pixel_values"], ForwardFiles.Floats("loss_w_last", 1, 17, 64));
        yield return Case(
            "other_size", ["\"pixel_values\" F32 [1, 3, 28, 35]", "[pictures, 3, 28, 28]", "--interpolate"],
            ForwardFiles.Floats("pixel_values", 1, 3, 28, 35));
        yield return Case("one_channel", ["[1, 1, 28, 28]"], ForwardFiles.Floats("pixel_values", 1, 1, 28, 28));
        yield return Case("whole_numbers", ["\"pixel_values\" I64", "float"], ForwardFiles.Whole("pixel_values", [1, 1, 1, 1], 3));
        yield return Case(
            "weights_of_another_shape", ["\"loss_w_last\"", "[1, 17, 64]"], ForwardFiles.Floats("pixel_values", 1, 3, 28, 28),
            ForwardFiles.Floats("loss_w_last", 1, 16, 64));
        yield return Case("no_loss", ["loss_w_last, nor loss_w_pooled"], ForwardFiles.Floats("pixel_values", 1, 3, 28, 28));

        static TestCaseData Case(string name, string[] says, params TensorSource[] inputs) =>
            new TestCaseData(says, inputs).SetName($"A_picture_that_does_not_fit_is_named({name})");
    }

    [TestCaseSource(nameof(WrongPictures))]
    public void A_picture_that_does_not_fit_is_named(string[] says, TensorSource[] inputs)
    {
        using var folder = new TempFolder();
        Refused(Forward("vision/clip_vision", folder.Inputs(inputs), folder["out"], "--gradients"), says);
    }

    [Test]
    public void Pictures_and_their_places_must_be_of_one_number()
    {
        using var folder = new TempFolder();
        var ids = ForwardFiles.Whole("input_ids", [1, 4], 305, 305, 1, 2);
        Refused(
            Forward("llava/llava_classic", folder.Inputs(ids, ForwardFiles.Floats("pixel_values", 1, 3, 28, 28)), folder["out"]),
            ["2 places", "305", "16"]);
        Refused(Forward("llava/llava_classic", folder.Inputs(ids), folder["out"]), ["305", "2 times", "no pixel_values"]);
    }

    [Test]
    public void Interpolation_is_for_towers_only()
    {
        using var folder = new TempFolder();
        var run = Forward(
            "decoders/llama_gqa", folder.Inputs(ForwardFiles.Whole("input_ids", [1, 4], Ids)), folder["out"], "--interpolate");
        Assert.That(run.Code, Is.EqualTo(ExitCodes.Usage));
        Assert.That(run.Error, Does.Contain("--interpolate").And.Contain("decoder"));
    }

    [Test]
    public void A_prefix_that_nothing_has_is_named()
    {
        using var folder = new TempFolder();
        var run = Forward(
            "decoders/llama_gqa", folder.Inputs(ForwardFiles.Whole("full.input_ids", [1, 4], Ids)), folder["out"], "--prefix", "ful.");
        Refused(run, ["\"ful.\"", "input_ids"]);
    }

    [Test]
    public void A_missing_or_damaged_file_and_a_missing_model_are_named()
    {
        using var folder = new TempFolder();
        Refused(Forward("decoders/llama_gqa", folder["none.safetensors"], folder["out"]), ["none.safetensors"]);
        Refused(Forward("decoders/llama_gqa", folder.Write("in.safetensors", "not one"), folder["out"]), ["in.safetensors"]);
        var inputs = folder.Inputs(ForwardFiles.Whole("input_ids", [1, 4], Ids));
        Refused(CliRun.Of("forward", folder["none"], "-i", inputs, "-o", folder["out"]), ["none"]);
    }

    [Test]
    public void A_model_of_an_unknown_type_is_named()
    {
        using var folder = new TempFolder();
        var inputs = folder.Inputs(ForwardFiles.Whole("input_ids", [1, 4], Ids));
        folder.Write("model/config.json", """{"model_type": "mamba"}""");
        Refused(CliRun.Of("forward", folder["model"], "-i", inputs, "-o", folder["out"]), ["\"mamba\"", "llama", "clip_vision_model"]);
    }

    [Test]
    public void Outputs_that_cannot_be_written_are_refused_before_the_model_is_loaded()
    {
        using var folder = new TempFolder();
        var inputs = folder.Inputs(ForwardFiles.Whole("input_ids", [1, 4], Ids));
        foreach (
            var (outputs, says) in new[] { (inputs, "replace the inputs"), (folder.Path, "folder"),
                (folder["none/out.safetensors"], "does not exist") })
        {
            var run = Forward("decoders/llama_gqa", inputs, outputs);
            Assert.That(run.Code, Is.EqualTo(ExitCodes.Usage));
            Assert.That(run.Error, Does.Contain(says));
        }
    }

    [Test]
    public void An_unknown_type_is_a_usage_error()
    {
        using var folder = new TempFolder();
        var inputs = folder.Inputs(ForwardFiles.Whole("input_ids", [1, 4], Ids));
        var run = Forward("decoders/llama_gqa", inputs, folder["out"], "--dtype", "float8");
        Assert.That(run.Code, Is.EqualTo(ExitCodes.Usage));
        Assert.That(run.Error, Does.Contain("float8").And.Contain("float64"));
    }

    static CliRun Forward(string model, string inputs, string outputs, params string[] options) =>
        CliRun.Of(["forward", Shared.Fixture(model), "-i", inputs, "-o", outputs, "--device", "cpu", "--json", .. options]);

    static void Refused(CliRun run, string[] says)
    {
        Assert.That(run.Code, Is.EqualTo(ExitCodes.Input), run.Error);
        foreach (var part in says) Assert.That(run.Error, Does.Contain(part));
    }
}
