using Grafting.Core.Models;
using Grafting.Core.Models.Llava;
using Grafting.Core.Models.Generation;
using Grafting.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace Grafting.Tests.Models;

/// <summary>Tower, adapter, splice and decoder together, against transformers' LLaVA in both of its key layouts.</summary>
[TestFixture]
sealed class LlavaParityTests
{
    // Fixtures README, section "LLaVA composite".
    const double ImageFeatureTolerance = 2e-5;
    const double LogitTolerance = 2e-4;
    const double GradientTolerance = 5e-5;

    DisposeScope _scope = null!;

    [SetUp]
    public void OpenScope() => _scope = NewDisposeScope();

    [TearDown]
    public void CloseScope() => _scope.Dispose();

    [Test]
    public void Both_layouts_give_the_reference_numbers(
        [Values("llava_classic", "llava_v5")] string layout, [Values("full", "leftpad", "two_images")] string @case)
    {
        using var model = Load(layout);
        using var expected = new Expected(Path.Combine(Shared.Fixture("llava"), "expected.safetensors"));
        var pixels = expected.Floats($"{@case}.pixel_values").requires_grad_();
        var ids_bs = expected.Ids($"{@case}.input_ids");
        var (b, s) = (ids_bs.shape[0], ids_bs.shape[1]);
        var real_bs = expected.Ids($"{@case}.attention_mask");

        var images_bvw = model.image_features(pixels);
        Compare.Close(images_bvw, expected.Floats($"{@case}.image_features"), ImageFeatureTolerance, "image features");

        var places = ids_bs.data<long>().ToArray().Index().Where(
            i => i.Item == model.Config.ImageToken).Select(i => (long)i.Index).ToArray();
        var x_bsw = ImageSplice.Apply(model.Decoder.embed(ids_bs), torch.tensor(places), images_bvw.view(places.Length, -1));
        var mask = real_bs.to(ScalarType.Bool).view(b, 1, 1, s).logical_and(torch.ones([s, s], ScalarType.Bool).tril());
        var logits = model.Decoder.head(model.Decoder.forward(x_bsw, expected.Ids($"{@case}.position_ids"), mask));
        Compare.Close(logits.mul(real_bs.unsqueeze(-1)), expected.Floats($"{@case}.logits"), LogitTolerance, "logits");

        var loss = nn.functional.cross_entropy(
            logits.narrow(1, 0, s - 1).reshape((b * (s - 1)), -1), expected.Ids($"{@case}.labels").narrow(1, 1, s - 1).reshape(-1));
        loss.backward();
        Compare.CloseRelative(pixels.grad!, expected.Floats($"{@case}.grad_pixel_values"), GradientTolerance, "gradient of the pixels");
    }

    [Test]
    public void Greedy_continuation_matches([Values("full", "leftpad", "two_images")] string @case)
    {
        using var model = Load("llava_classic");
        using var expected = new Expected(Path.Combine(Shared.Fixture("llava"), "expected.safetensors"));
        var prompts = expected.Rows($"{@case}.input_ids").Zip(expected.Rows($"{@case}.attention_mask"),
            (ids, mask) => ids.Where((_, i) => mask[i] == 1).ToArray()).ToArray();
        var wanted = expected.Rows($"{@case}.greedy");
        var images = model.image_features(expected.Floats($"{@case}.pixel_values"));

        var batch = PromptBatch.LeftPadded(prompts, slot: model.Config.ImageToken);
        var embeds = batch.Embed(model.Decoder, images.view(batch.ImagePositions.Length, -1));
        var got = new TextGenerator(model.Decoder).Generate(embeds, batch.Lengths, new(wanted[0].Length, StopIds: []));

        Assert.That(got.Select(c => c.Ids), Is.EqualTo(wanted));
    }

    static Llava Load(string layout) => Llava.Load(Shared.Fixture($"llava/{layout}"), CPU, ScalarType.Float32);
}
