using Grafting.Recipes;
using Grafting.Surrogates;
using Grafting.Tests.Support;
using System.Text.Json;

namespace Grafting.Tests.Recipes;

public class CatalogueTests
{
    [TestCase("llama70b", "meta-llama-3.1-70B-Instruct")]
    [TestCase("llama8b", "meta-llama-3.1-8B-Instruct")]
    [TestCase("llama3b", "meta-llama-3.2-3B-Instruct")]
    [TestCase("llama1b", "meta-llama-3.2-1B-Instruct")]
    [TestCase("qwen2-72b", "Qwen2-72B-Instruct")]
    public void Every_value_of_an_entry_is_that_of_the_published_configuration(string alias, string model)
    {
        var published = JsonElement.Parse(File.ReadAllText(Shared.Real($"configs/{model}/config.json")));
        foreach (var field in Catalogue.Find(alias)!.Config!.Value.EnumerateObject())
        {
            // Some copies of the published files lack these.
            if (published.TryGetProperty(field.Name, out var value)) Assert.That(JsonElement.DeepEquals(field.Value, value), field.Name);
            else Assert.That(field.Name, Is.AnyOf("model_type", "architectures", "torch_dtype"));
        }
    }

    [TestCase("llama70b", 70_553_706_496)]
    [TestCase("llama8b", 8_030_261_248)]
    [TestCase("llama3b", 3_212_749_824)]
    [TestCase("llama1b", 1_235_814_400)]
    [TestCase("qwen2-72b", 72_706_203_648)]
    [TestCase("qwen2.5-7b", 7_615_616_512)]
    [TestCase("qwen3-4b", 4_022_468_096)]
    [TestCase("qwen2.5-0.5b", 494_032_768)]
    [TestCase("qwen2.5-72b", 72_706_203_648)]
    [TestCase("qwen3-8b", 8_190_735_360)]
    [TestCase("mistral7b", 7_248_023_552)]
    [TestCase("mistral-nemo", 12_247_782_400)]
    [TestCase("gemma2-2b", 2_614_341_888)]
    [TestCase("gemma2-9b", 9_241_705_984)]
    [TestCase("gemma3-1b", 999_885_952)]
    [TestCase("phi3-mini", 3_821_079_552)]
    public void Every_entry_can_be_planned_and_has_the_published_size(string alias, long parameters)
    {
        var plan = SurrogatePlan.Create(Catalogue.Find(alias)!.Config!.Value, CutRequest.Layers(8));
        Assert.That(plan.TargetParameters.Total, Is.EqualTo(parameters));
    }

    [Test]
    public void Aliases_and_repositories_are_unique()
    {
        Assert.Multiple(() =>
        {
            Assert.That(Catalogue.Entries.Select(entry => entry.Alias), Is.Unique);
            Assert.That(Catalogue.Entries.SelectMany(entry => entry.Repositories), Is.Unique);
            Assert.That(
                Catalogue.Entries.Where(entry => entry.Alias != Catalogue.Toy),
                Has.All.Matches<CatalogueEntry>(e => e.Config is not null && e.Repositories.Count > 0));
        });
    }

    [TestCase("lama70b", "llama70b")]
    [TestCase("llama-70b", "llama70b")]
    [TestCase("LLAMA8", "llama8b")]
    [TestCase("qwen3_4b", "qwen3-4b")]
    [TestCase("tyo", "toy")]
    [TestCase("mistral-7b", "mistral7b")]
    [TestCase("falcon", null)]
    [TestCase("x", null)]
    public void A_slip_of_the_fingers_is_understood(string text, string? alias) => Assert.That(Catalogue.Nearest(text), Is.EqualTo(alias));
}
