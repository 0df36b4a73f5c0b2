using System.Text.Json.Nodes;
using Grafting.Core.Text;
using Grafting.Tests.Support;

namespace Grafting.Tests.Text;

/// <summary>Published vectors of real vocabularies.</summary>
public class TokenizerVectorTests
{
    [Test]
    public void Gpt2_ids_and_texts_are_those_of_the_original()
    {
        var tokenizer = Tokenizer.Load(Shared.Real("tokenizers/gpt2"));
        var cases = 0;
        // The file covers other vocabularies as well; these two are the one at hand.
        foreach (var source in new[] { "Xenova/gpt2", "openai-community/gpt2" })
        {
            foreach (var (name, vector) in Parse("tokenizers/gpt2_vectors.json")[source]!.AsObject())
            {
                var ids = tokenizer.Encode((string)vector!["text"]!);
                Assert.That(ids, Is.EqualTo(Ids(vector)), name);
                Assert.That(tokenizer.Decode(ids), Is.EqualTo((string)vector["text"]!), name);
                cases++;
            }
        }
        Assert.That(cases, Is.GreaterThan(20));
    }

    [Test]
    public void Llama2_ids_are_those_of_the_original()
    {
        var tokenizer = Tokenizer.Load(Shared.Real("tokenizers/llama2"));
        foreach (var vector in Parse("tokenizers/llama2_vectors.json").AsArray())
        {
            var text = (string)vector!["text"]!;
            Assert.That(tokenizer.Encode(text), Is.EqualTo(Ids(vector)), text);
            Assert.That(tokenizer.Decode(tokenizer.Encode(text), skipSpecialTokens: true), Is.EqualTo(text));
        }
    }

    [Test]
    public void Stories_ids_are_those_of_the_reference()
    {
        var tokenizer = Tokenizer.Load(Shared.Real("models/stories260K"));
        foreach (var vector in Parse("models/stories260K_reference.json")["encodings"]!.AsArray())
            Assert.That(tokenizer.Encode((string)vector!["text"]!), Is.EqualTo(Ids(vector)), (string)vector["text"]!);
    }

    static JsonNode Parse(string path) => JsonNode.Parse(File.ReadAllText(Shared.Real(path)))!;

    static int[] Ids(JsonNode vector) => [.. vector["ids"]!.AsArray().Select(id => (int)id!)];
}
