using Grafting.Core.Transfer;
using Grafting.Tests.Models;
using static TorchSharp.torch;

namespace Grafting.Tests.Transfer;

/// <summary>Logits for words alone, with and without an encoder beside the decoder.</summary>
public class TextIdentityTests
{
    [TestCase(ScalarType.Float32)]
    [TestCase(ScalarType.BFloat16)]
    public void An_encoder_beside_the_decoder_changes_no_bit(ScalarType dtype)
    {
        using var decoder = Tiny.Llama(dtype: dtype);
        using var encoder = Tiny.Encoder();
        var plain = TextIdentity.Logits(decoder, null);
        var bytes = Tiny.LlamaConfig.Shape.Vocabulary * (dtype == ScalarType.Float32 ? 4 : 2);
        Assert.Multiple(() =>
        {
            Assert.That(plain, Has.Count.EqualTo(8 * 32).And.All.Length.EqualTo(bytes));
            Assert.That(plain.Select(Convert.ToHexString).Distinct().Count(), Is.GreaterThan(200), "the tokens are not all the same");
            Assert.That(TextIdentity.Compare(plain, TextIdentity.Logits(decoder, encoder)), Is.EqualTo(new LogitComparison(256, 0)));
        });
    }

    [Test]
    public void Another_value_in_one_weight_is_counted()
    {
        using var scope = NewDisposeScope();
        using var decoder = Tiny.Llama();
        using var encoder = Tiny.Encoder();
        var plain = TextIdentity.Logits(decoder, null);
        using (no_grad()) decoder.named_parameters().Single(p => p.name == "norm.weight").parameter.select(0, 0).mul_(1.001f);
        var compared = TextIdentity.Compare(plain, TextIdentity.Logits(decoder, encoder));
        Assert.That(compared.Tokens, Is.EqualTo(256));
        Assert.That(compared.Differing, Is.GreaterThan(250), "nearly every logit depends on that weight");
    }
}
