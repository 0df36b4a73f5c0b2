using Grafting.Core.Models;
using Grafting.Core.Models.Decoders;
using Grafting.Core.Models.Generation;
using Grafting.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace Grafting.Tests.Models;

/// <summary>
/// Against transformers' own numbers for tiny random checkpoints: every hidden state, the logits, the loss, gradients, and the greedy
/// continuation.
/// </summary>
// b batch, s sequence, w residual width, v vocabulary
[TestFixture]
sealed class DecoderParityTests
{
    static string[] Families => DecoderFixtures.Families;
    static readonly string[] Cases = ["full", "leftpad", "rightpad"];

    DisposeScope _scope = null!;

    [SetUp]
    public void OpenScope() => _scope = NewDisposeScope();

    [TearDown]
    public void CloseScope() => _scope.Dispose();

    [Test]
    public void Values_and_input_gradients_match([ValueSource(nameof(Families))] string family, [ValueSource(nameof(Cases))] string @case)
    {
        using var model = Load(family);
        using var expected = Open(family);
        var tolerance = DecoderFixtures.Tolerances[family];
        var run = Run(model, expected, @case);
        var real_bs1 = expected.Ids($"{@case}.attention_mask").to(ScalarType.Float32).unsqueeze(-1);

        // Ours has the last layer's raw output besides; it stands before the final one.
        var layers = model.Shape.Layers;
        Assert.That(run.Hidden, Has.Count.EqualTo(layers + 2));
        for (var i = 0; i < layers; i++)
            Compare.Close(
                run.Hidden[i].mul(real_bs1), expected.Floats($"{@case}.hidden_states.{i}"), tolerance.Hidden, $"hidden state {i}");
        Compare.Close(run.Hidden[layers + 1].mul(real_bs1), expected.Floats($"{@case}.hidden_states.{layers}"), tolerance.Hidden, "final");
        if (expected.Has($"{@case}.last_layer_output"))
            Compare.Close(run.Hidden[layers], expected.Floats($"{@case}.last_layer_output"), tolerance.Hidden, "last layer");

        Compare.Close(run.Logits.mul(real_bs1), expected.Floats($"{@case}.logits"), tolerance.Logits, "logits");
        Assert.That(
            run.Loss.item<float>(), Is.EqualTo(expected.Floats($"{@case}.loss").item<float>()).Within(DecoderFixtures.Loss), "loss");
        run.Loss.backward();
        // The fixtures' gradient is that of the table's rows, before they are scaled.
        Compare.CloseRelative(
            run.Probe.grad!.mul(model.EmbeddingScale), expected.Floats($"{@case}.grad_inputs_embeds"), tolerance.Gradient,
            "gradient of the inputs");
    }

    [Test]
    public void Parameter_gradients_match([ValueSource(nameof(Families))] string family)
    {
        using var model = Load(family);
        using var expected = Open(family);
        Run(model, expected, "full").Loss.backward();
        var named = expected.Names.Where(n => n.StartsWith("full.grad.", StringComparison.Ordinal)).ToArray();
        Assert.That(named, Is.Not.Empty);
        foreach (var name in named) CheckGradient(model, name["full.grad.".Length..], expected.Floats(name));
    }

    [Test]
    public void All_kinds_of_parameters_get_the_right_gradient()
    {
        using var model = Load("llama_gqa");
        using var expected = Open("llama_gqa");
        using var gradients = new Expected(Path.Combine(Shared.Fixture("decoders/llama_gqa"), "grads.safetensors"));
        Run(model, expected, "full").Loss.backward();
        foreach (var name in gradients.Names) CheckGradient(model, name, gradients.Floats(name));
    }

    [Test]
    public void A_long_row_matches([ValueSource(nameof(Families))] string family)
    {
        using var model = Load(family);
        using var expected = Open(family);
        using var _ = no_grad();
        var hidden = model.forward(model.embed(expected.Ids("long.input_ids")), expected.Ids("long.position_ids"), null);
        var last = hidden.narrow(1, hidden.shape[1] - 32, 32);
        Compare.Close(last, expected.Floats("long.final_hidden_last32"), DecoderFixtures.Tolerances[family].Hidden, "final hidden state");
        Compare.Close(model.head(last), expected.Floats("long.logits_last32"), DecoderFixtures.Tolerances[family].Logits, "logits");
    }

    [Test]
    public void Greedy_continuation_matches(
        [ValueSource(nameof(Families))] string family, [Values("full", "leftpad", "rightpad", "long")] string @case)
    {
        using var model = Load(family);
        using var expected = Open(family);
        var prompts = expected.Rows($"{@case}.input_ids").Zip(expected.Rows($"{@case}.attention_mask"),
            (ids, mask) => ids.Where((_, i) => mask[i] == 1).ToArray()).ToArray();
        var wanted = expected.Rows($"{@case}.greedy");

        var batch = PromptBatch.LeftPadded(prompts, slot: -1);
        var embeds = batch.Embed(model);
        var got = new TextGenerator(model).Generate(embeds, batch.Lengths, new(wanted[0].Length, StopIds: []));

        Assert.That(got.Select(c => c.Ids), Is.EqualTo(wanted));
    }

    [TestCase("llama_gqa")]
    [TestCase("gemma3_text")]
    public void A_run_in_float64_is_the_float64_reference(string family)
    {
        using var model = Load(family, ScalarType.Float64);
        using var expected = Open(family);
        var logits = Run(model, expected, "full").Logits;
        // Every operation is float64, angles included: what remains is the order of sums.
        Assert.That(logits.sub(expected.Doubles("full.logits_f64")).abs().max().item<double>(), Is.LessThanOrEqualTo(1e-11));
    }

    [Test]
    public void A_run_in_bfloat16_stays_near_the_float32_values([ValueSource(nameof(Families))] string family)
    {
        using var model = Load(family, ScalarType.BFloat16);
        using var expected = Open(family);
        var logits = Run(model, expected, "full").Logits.to(ScalarType.Float32);
        var difference = logits.sub(expected.Floats("full.logits")).abs();
        // The reference's own bfloat16 run of llama_bf16 differs by 0.37 at most and 0.043 on average (fixtures README); the others' logits
        // have about the same spread, 2.7 to 3.3.
        Assert.That(difference.max().item<float>(), Is.LessThanOrEqualTo(1f));
        Assert.That(difference.mean().item<float>(), Is.LessThanOrEqualTo(0.1f));
    }

    [Test]
    public void Both_spellings_of_the_configuration_mean_the_same([ValueSource(nameof(Families))] string family)
    {
        var folder = Shared.Fixture($"decoders/{family}");
        var classic = DecoderFamilies.ReadConfig(ReadJson(Path.Combine(folder, "config.json")));
        var newer = DecoderFamilies.ReadConfig(ReadJson(Path.Combine(folder, "config_v5.json")));
        Assert.That(newer, Is.EqualTo(classic));
    }

    static System.Text.Json.JsonElement ReadJson(string path) => System.Text.Json.JsonElement.Parse(File.ReadAllText(path));

    static Decoder Load(string family, ScalarType dtype = ScalarType.Float32) =>
        DecoderFamilies.Load(Shared.Fixture($"decoders/{family}"), CPU, dtype);

    static Expected Open(string family) => new(Path.Combine(Shared.Fixture($"decoders/{family}"), "expected.safetensors"));

    static void CheckGradient(Decoder model, string theirs, Tensor expected)
    {
        var parameter = Named.Parameter(model, model.Keys.ToOurs(theirs)!);
        Compare.CloseRelative(parameter.grad!, expected, DecoderFixtures.ParameterGradient, $"gradient of {theirs}");
    }

    /// <param name="Probe">A leaf of zeros added to the embeddings: its gradient is the gradient of the input path alone.</param>
    sealed record ModelRun(List<Tensor> Hidden, Tensor Logits, Tensor Loss, Tensor Probe);

    static ModelRun Run(Decoder model, Expected expected, string @case)
    {
        var ids_bs = expected.Ids($"{@case}.input_ids");
        var (b, s, w, v) = (ids_bs.shape[0], ids_bs.shape[1], model.Shape.Width, model.Shape.Vocabulary);
        var probe = torch.zeros([b, s, w], model.DType).requires_grad_();
        var hidden = new List<Tensor>();
        var mask_b1ss = expected.Ids($"{@case}.attention_mask").to(ScalarType.Bool).view(b, 1, 1, s)
            .logical_and(torch.ones([s, s], ScalarType.Bool).tril());
        var final = model.forward(model.embed(ids_bs).add(probe), expected.Ids($"{@case}.position_ids"), mask_b1ss, hiddenStates: hidden);
        var logits = model.head(final);
        var loss = nn.functional.cross_entropy(
            logits.narrow(1, 0, s - 1).reshape(-1, v), expected.Ids($"{@case}.labels").narrow(1, 1, s - 1).reshape(-1));
        return new(hidden, logits, loss, probe);
    }
}
