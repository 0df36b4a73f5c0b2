using Grafting.Core.Checkpoints;
using Grafting.Tests.Models;
using Grafting.Tests.Support;
using static TorchSharp.torch;

namespace Grafting.Tests.Forward;

/// <summary><c>graft forward</c> on every decoder family, against the numbers of transformers.</summary>
sealed class DecoderForwardTests : InScope
{
    static string[] Families => DecoderFixtures.Families;

    [Test]
    public void Every_output_is_the_reference_one(
        [ValueSource(nameof(Families))] string family, [Values("full", "leftpad", "rightpad")] string @case)
    {
        using var run = ForwardRun.Of(Model(family), Inputs(family), "--prefix", $"{@case}.", "--hidden-states", "--gradients");
        using var expected = Open(family);
        var (logits, hidden, gradient) = DecoderFixtures.Tolerances[family];
        var states = expected.Names.Where(
            n => n.StartsWith($"{@case}.hidden_states.", StringComparison.Ordinal)).Select(n => n[(@case.Length + 1)..]).ToArray();
        Assert.That(states, Has.Length.EqualTo(7));
        foreach (var name in states) Close(name, hidden);
        if (expected.Has($"{@case}.last_layer_output")) Close("last_layer_output", hidden);
        Close("logits", logits);
        Compare.Close(run.Outputs.Floats("last_hidden_state"), expected.Floats($"{@case}.hidden_states.6"), hidden, "last_hidden_state");
        Close("loss", DecoderFixtures.Loss);
        Assert.That(
            run.Json.GetProperty("loss").GetDouble(),
            Is.EqualTo(expected.Floats($"{@case}.loss").item<float>()).Within(DecoderFixtures.Loss));
        Compare.CloseRelative(
            run.Outputs.Floats("grad_inputs_embeds"), expected.Floats($"{@case}.grad_inputs_embeds"), gradient, "grad_inputs_embeds");

        void Close(string name, double tolerance) =>
            Compare.Close(run.Outputs.Floats(name), expected.Floats($"{@case}.{name}"), tolerance, name);
    }

    [Test]
    public void Every_parameter_has_its_gradient_under_its_checkpoint_name([ValueSource(nameof(Families))] string family)
    {
        using var run = ForwardRun.Of(Model(family), Inputs(family), "--prefix", "full.", "--gradients");
        using var expected = Open(family);
        var named = expected.Names.Where(n => n.StartsWith("full.grad.", StringComparison.Ordinal)).ToArray();
        Assert.That(named, Is.Not.Empty);
        foreach (var name in named)
            Compare.CloseRelative(
                run.Outputs.Floats(name["full.".Length..]), expected.Floats(name), DecoderFixtures.ParameterGradient, name);

        using var checkpoint = Checkpoint.Open(Model(family));
        var parameters = checkpoint.Tensors.Keys.Where(n => !n.EndsWith("inv_freq", StringComparison.Ordinal)).Select(n => $"grad.{n}");
        Assert.That(run.Outputs.Names.Where(n => n.StartsWith("grad.", StringComparison.Ordinal)), Is.EquivalentTo(parameters));
    }

    [Test]
    public void All_kinds_of_parameters_have_the_right_gradient()
    {
        using var run = ForwardRun.Of(Model("llama_gqa"), Inputs("llama_gqa"), "--prefix", "full.", "--gradients");
        using var gradients = new Expected(Shared.Fixture("decoders/llama_gqa/grads.safetensors"));
        foreach (var name in gradients.Names)
            Compare.CloseRelative(run.Outputs.Floats($"grad.{name}"), gradients.Floats(name), DecoderFixtures.ParameterGradient, name);
    }

    [Test]
    public void The_newer_spelling_of_the_configuration_gives_the_same_bits([ValueSource(nameof(Families))] string family)
    {
        using var folder = new TempFolder();
        using var run = ForwardRun.Of(Model(family), Inputs(family), "--prefix", "full.");
        using var newer = ForwardRun.Of(folder.WithNewerConfig(Model(family)), Inputs(family), "--prefix", "full.");
        Assert.That(Compare.MaxDifference(newer.Outputs.Floats("logits"), run.Outputs.Floats("logits")), Is.Zero);
    }

    [Test]
    public void A_long_row_matches_and_its_default_labels_give_the_reference_loss([ValueSource(nameof(Families))] string family)
    {
        using var run = ForwardRun.Of(Model(family), Inputs(family), "--prefix", "long.", "--gradients");
        using var expected = Open(family);
        var (logits, hidden, _) = DecoderFixtures.Tolerances[family];
        Compare.Close(Last(run.Outputs.Floats("logits")), expected.Floats("long.logits_last32"), logits, "logits");
        Compare.Close(
            Last(run.Outputs.Floats("last_hidden_state")), expected.Floats("long.final_hidden_last32"), hidden, "final hidden state");
        Compare.Close(run.Outputs.Floats("loss"), expected.Floats("long.loss"), DecoderFixtures.Loss, "loss");

        static Tensor Last(Tensor values) => values.narrow(1, values.shape[1] - 32, 32);
    }

    [Test]
    public void Padding_is_left_out_of_the_default_labels([Values("leftpad", "rightpad")] string @case)
    {
        using var folder = new TempFolder();
        var inputs = folder.Some(Inputs("llama_gqa"), $"{@case}.", "input_ids", "attention_mask");
        using var run = ForwardRun.Of(Model("llama_gqa"), inputs, "--gradients");
        using var expected = Open("llama_gqa");
        Compare.Close(run.Outputs.Floats("loss"), expected.Floats($"{@case}.loss"), DecoderFixtures.Loss, "loss");
    }

    [Test]
    public void The_positions_that_generation_counts_give_the_same_logits()
    {
        using var folder = new TempFolder();
        var file = Inputs("llama_gqa");
        using var positions = SafetensorsFile.Open(file);
        SafetensorsCopy(
            folder["in.safetensors"], positions, ("leftpad.input_ids", "input_ids"), ("leftpad.attention_mask", "attention_mask"),
            ("leftpad.generate_position_ids", "position_ids"));
        using var run = ForwardRun.Of(Model("llama_gqa"), folder["in.safetensors"]);
        using var expected = Open("llama_gqa");
        Compare.Close(
            run.Outputs.Floats("logits"), expected.Floats("leftpad.logits"), DecoderFixtures.Tolerances["llama_gqa"].Logits, "logits");
    }

    // Gemma 2 scales what it is given, Gemma 3 takes it as scaled (transformers, modeling_gemma2.py and modeling_gemma3.py); the root of 64
    // is 8.
    [TestCase("llama_gqa", 1, 1)]
    [TestCase("gemma2", 8, 1)]
    [TestCase("gemma3_text", 1, 8)]
    public void Embeddings_may_stand_in_place_of_ids(string family, int scaledLater, int scaledBefore)
    {
        using var folder = new TempFolder();
        using var from = SafetensorsFile.Open(Inputs(family));
        float[] given = [.. from.ReadFloats("full.hidden_states.0").Select(x => x / scaledLater)];
        var labels = TensorSource.FromFile(new StoredTensor(from.Entry("full.labels"), from), "labels");
        var inputs = folder.Inputs(TensorSource.FromFloats("inputs_embeds", [2, 24, 64], given), labels);
        using var run = ForwardRun.Of(Model(family), inputs, "--gradients");
        using var expected = Open(family);
        var (logits, _, gradient) = DecoderFixtures.Tolerances[family];
        Compare.Close(run.Outputs.Floats("logits"), expected.Floats("full.logits"), logits, "logits");
        var wanted = expected.Floats("full.grad_inputs_embeds").div(scaledBefore);
        Compare.CloseRelative(run.Outputs.Floats("grad_inputs_embeds"), wanted, gradient, "grad_inputs_embeds");
        if (family == "llama_gqa")
            Assert.That(
                run.Outputs.Floats("grad.model.embed_tokens.weight").abs().max().item<float>(), Is.Zero, "no row of the table was used");
    }

    [Test]
    public void A_hole_in_the_mask_is_a_token_that_nobody_sees()
    {
        // Without it, at its neighbours' own positions, the others are the same.
        using var folder = new TempFolder();
        using var other = new TempFolder();
        var holed = folder.Inputs(
            ForwardFiles.Whole("input_ids", [1, 5], 5, 6, 7, 8, 9), ForwardFiles.Whole("attention_mask", [1, 5], 1, 1, 0, 1, 1));
        var without = other.Inputs(
            ForwardFiles.Whole("input_ids", [1, 4], 5, 6, 8, 9), ForwardFiles.Whole("position_ids", [1, 4], 0, 1, 3, 4));
        using var run = ForwardRun.Of(Model("llama_gqa"), holed);
        using var expected = ForwardRun.Of(Model("llama_gqa"), without);
        var logits = run.Outputs.Floats("logits");
        Assert.That(logits.select(1, 2).abs().max().item<float>(), Is.Zero);
        var kept = cat([logits.narrow(1, 0, 2), logits.narrow(1, 3, 2)], 1);
        // Two float32 orders of the same sums; the logits' spread is 3.
        Compare.Close(kept, expected.Outputs.Floats("logits"), 1e-4, "logits");
    }

    [TestCase("llama_gqa")]
    [TestCase("gemma3_text")]
    public void Double_precision_gives_the_reference_in_double_precision(string family)
    {
        using var run = ForwardRun.Of(Model(family), Inputs(family), "--prefix", "full.", "--dtype", "float64");
        var exact = DoubleFile.Read(Inputs(family), "full.logits_f64");
        var difference = DoubleFile.Read(run.Path, "logits").sub(exact).abs().max().item<double>();
        // Both are double throughout, in sums of other orders: 1e-15 of values below 100, through six layers.
        Assert.That(difference, Is.LessThanOrEqualTo(1e-11));
        Assert.That(run.Json.GetProperty("tensors")[0].GetProperty("type").GetString(), Is.EqualTo("F64"));
    }

    [Test]
    public void A_run_in_bfloat16_stays_near_the_float32_values()
    {
        using var run = ForwardRun.Of(Model("llama_bf16"), Inputs("llama_bf16"), "--prefix", "full.", "--dtype", "bfloat16");
        using var expected = Open("llama_bf16");
        var difference = run.Outputs.Floats("logits").sub(expected.Floats("full.logits")).abs();
        // The reference's own bfloat16 run differs by 0.37 at most and 0.043 on average (fixtures README).
        Assert.That(difference.max().item<float>(), Is.LessThanOrEqualTo(1f));
        Assert.That(difference.mean().item<float>(), Is.LessThanOrEqualTo(0.1f));
        Assert.That(run.Json.GetProperty("tensors")[0].GetProperty("type").GetString(), Is.EqualTo("BF16"));
    }

    [Test]
    public void The_file_says_how_it_was_made()
    {
        using var run = ForwardRun.Of(Model("llama_gqa"), Inputs("llama_gqa"), "--prefix", "full.");
        using var file = SafetensorsFile.Open(run.Path);
        Assert.That(file.Metadata, Does.ContainKey("provider").And.ContainKey("libtorch").And.ContainKey("model"));
        Assert.That((file.Metadata["dtype"], file.Metadata["device"], file.Metadata["kind"]), Is.EqualTo(("float32", "cpu", "decoder")));
        Assert.That(run.Run.Error, Does.Contain("float32 on cpu, provider"));
    }

    static void SafetensorsCopy(string path, SafetensorsFile from, params (string Old, string New)[] names) =>
        SafetensorsWriter.Write(
            path, names.Select(name => TensorSource.FromFile(new StoredTensor(from.Entry(name.Old), from), name.New)));

    static string Model(string family) => Shared.Fixture($"decoders/{family}");

    static string Inputs(string family) => Shared.Fixture($"decoders/{family}/expected.safetensors");

    static Expected Open(string family) => new(Inputs(family));
}
