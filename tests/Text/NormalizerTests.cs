using System.Text.Json.Nodes;
using Grafting.Core.Text;
using Grafting.Core.Text.Unicode;

namespace Grafting.Tests.Text;

public class NormalizerTests
{
    [TestCase("NFD", "é각", "e\u0301\u1100\u1161\u11A8")]
    [TestCase("NFKC", "ﬁ①ｶﾞé", "fi1ガé")]
    [TestCase("NFKD", "ﬃé½", "ffie\u03011\u20442")]
    [TestCase("Lowercase", "ÀİΣ𐐀", "ài\u0307σ𐐨")]
    [TestCase("StripAccents", "e\u0301x", "ex")]
    [TestCase("Nmt", "a\u0001\tb\u200Bc", "a b c")]
    [TestCase("Strip", " \n a b \u3000", "a b")]
    public void A_normaliser_rewrites_the_text(string type, string text, string expected) =>
        Assert.That(Normalised(new JsonObject { ["type"] = type }, text), Is.EqualTo(expected));

    /// <summary>
    /// What the original's tables of Unicode 9.0 do not know stays: Reiwa (12.1), a segmented digit (13), a mark that had no class (12).
    /// </summary>
    [TestCase("NFKC", "\u32FF\U0001FBF4", "\u32FF\U0001FBF4")]
    [TestCase("NFC", "\u0EB8\u0EBA", "\u0EB8\u0EBA")]
    [TestCase("StripAccents", "a\u0301\u1ABF\u1CF2", "a\u1ABF", Description = "U+1CF2 was a mark then")]
    public void Characters_younger_than_the_tables_are_left_alone(string type, string text, string expected) =>
        Assert.That(Normalised(new JsonObject { ["type"] = type }, text), Is.EqualTo(expected));

    [Test]
    public void A_replacement_may_be_asked_for_by_an_expression() => Assert.That(
        Normalised(TinyTokenizer.Parse("""{"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": "_"}"""), "a b  c   d"), Is.EqualTo("a b_c_d"));

    /// <summary>
    /// An independent statement of what the forms are: each undoes the others' work as Unicode's annex 15 says. The runtime itself cannot
    /// be asked, it has no tables here.
    /// </summary>
    [Test]
    public void The_forms_agree_with_each_other()
    {
        var random = new Random(63);
        for (var i = 0; i < 5_000; i++)
        {
            var text = RandomTexts.Next(random);
            Assert.That(NormalForm.C.Apply(NormalForm.D.Apply(text)), Is.EqualTo(NormalForm.C.Apply(text)));
            Assert.That(NormalForm.D.Apply(NormalForm.C.Apply(text)), Is.EqualTo(NormalForm.D.Apply(text)));
            Assert.That(NormalForm.KC.Apply(NormalForm.D.Apply(text)), Is.EqualTo(NormalForm.KC.Apply(text)));
            Assert.That(NormalForm.C.Apply(NormalForm.KD.Apply(text)), Is.EqualTo(NormalForm.KC.Apply(text)));
            foreach (var form in new[] { NormalForm.C, NormalForm.D, NormalForm.KC, NormalForm.KD })
                Assert.That(
                    form.Apply(AlignedText.Of(text, 0, text.Length, tracked: true)).Text, Is.EqualTo(form.Apply(text)),
                    "cut into stretches");
        }
    }

    static string Normalised(JsonNode normalizer, string text)
    {
        var json = TinyTokenizer.ByteLevel();
        json["normalizer"] = normalizer;
        var tokenizer = TinyTokenizer.Load(json);
        return tokenizer.Decode(tokenizer.Encode(text));
    }
}
