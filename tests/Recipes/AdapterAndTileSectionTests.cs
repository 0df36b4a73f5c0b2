using Grafting.Core;
using Grafting.Core.Imaging;
using Grafting.Core.Models.Adapters;
using Grafting.Recipes.Schema;

namespace Grafting.Tests.Recipes;

/// <summary>What a recipe may say of the adapter and of tiles.</summary>
public class AdapterAndTileSectionTests
{
    static string Yaml(string sections) => $$"""
        name: mine
        tower:
          scratch: { imageSize: 16, patchSize: 8, width: 16, layers: 1, heads: 2, feedForward: 32 }
        {{sections}}
        stages:
          - { name: align, steps: 12, imageBatch: 4, learningRate: 3e-3, train: [ { part: adapter } ] }
        """;

    static Recipe Read(string sections, params string[] edits) => RecipeFile.Parse(Yaml(sections), "my.yaml", edits);

    [Test]
    public void Left_out_they_are_two_linear_layers_and_no_tiles_and_a_resolved_recipe_is_as_it_always_was()
    {
        var recipe = Read("seed: 1");
        Assert.Multiple(() =>
        {
            Assert.That(recipe.Adapter, Is.EqualTo(new AdapterSettings()));
            Assert.That(recipe.Tiles, Is.Null);
            Assert.That(RecipeFile.Resolve(recipe), Does.Contain("adapter:\n  depth: 2\ndata:"));
            Assert.That(RecipeFile.Resolve(recipe), Does.Not.Contain("tiles"));
        });
    }

    [TestCase("adapter: { kind: pixelShuffle, factor: 2 }\ntiles: { maxTiles: 4 }")]
    [TestCase("adapter: { kind: averagePool, factor: 4, depth: 1 }\ntiles: { grids: [1x2, 2x1], rowEnd: false, padding: black }")]
    [TestCase("adapter: { kind: resampler, queries: 64, heads: 8, depth: 3 }")]
    [TestCase("adapter: { depth: 16 }\ntiles: { maxTiles: 9, unpad: true }")]
    public void A_resolved_recipe_reads_back_as_the_same(string sections)
    {
        var recipe = Read(sections);
        var again = RecipeFile.Parse(RecipeFile.Resolve(recipe), "resolved.yaml");
        Assert.Multiple(() =>
        {
            Assert.That(again.Adapter, Is.EqualTo(recipe.Adapter));
            Assert.That(again.Tiles, Is.EqualTo(recipe.Tiles));
            Assert.That(RecipeFile.Resolve(again), Is.EqualTo(RecipeFile.Resolve(recipe)));
            Assert.That(RecipeDiff.Between(recipe, again), Is.Empty);
        });
    }

    [Test]
    public void Single_values_are_set_on_the_command_line()
    {
        var recipe = Read("seed: 1", "adapter.kind=averagePool", "adapter.factor=2", "tiles.maxTiles=6", "tiles.rowEnd=false");
        Assert.That(recipe.Adapter, Is.EqualTo(new AdapterSettings { Kind = "averagePool", Factor = 2 }));
        Assert.That(recipe.Tiles, Is.EqualTo(new Tiling { MaxTiles = 6, RowEnd = false }));
        Assert.That(
            RecipeDiff.Between(Read("seed: 1"), recipe).Select(change => change.Path),
            Is.EquivalentTo(new[] { "adapter.kind", "adapter.factor", "tiles.maxTiles", "tiles.rowEnd", "tiles.unpad", "tiles.padding" }));
    }

    [TestCase("adapter: { kind: qformer }", "adapter.kind is \"qformer\", which is not a kind of adapter",
        "mlp, pixelShuffle, averagePool, resampler")]
    [TestCase("adapter: { kind: pixelshuffle, factor: 2 }", "adapter.kind is \"pixelshuffle\"", "Did you mean pixelShuffle?")]
    [TestCase("adapter: { factor: 2 }", "adapter.factor is 2; an adapter of kind 'mlp' has no such value", "pixelShuffle, averagePool")]
    [TestCase("adapter: { kind: resampler, queries: 4, heads: 2, factor: 2 }", "adapter.factor is 2", "Leave it out")]
    [TestCase("adapter: { kind: averagePool, factor: 2, queries: 3 }", "adapter.queries is 3", "resampler")]
    [TestCase("adapter: { kind: pixelShuffle }", "adapter.factor is not given; an adapter of kind 'pixelShuffle' needs it", "Add 'factor'")]
    [TestCase("adapter: { kind: resampler, queries: 4 }", "adapter.heads is not given", "Add 'heads'")]
    [TestCase("adapter: { depth: 17 }", "line 4, column 19: adapter.depth is 17; it must be between 1 and 16", null)]
    [TestCase("adapter: { kind: averagePool, factor: 1 }", "adapter.factor is 1; it must be between 2 and 16", null)]
    [TestCase("adapter: { kind: resampler, queries: 5000, heads: 1 }", "adapter.queries is 5000; it must be between 1 and 4096", null)]
    [TestCase("tiles: { maxTiles: 4, grids: [1x2] }", "either 'maxTiles' or 'grids'", null)]
    [TestCase("tiles: { rowEnd: true }", "either 'maxTiles' or 'grids'", null)]
    [TestCase("tiles: { maxTiles: 1000 }", "line 4, column 20: tiles.maxTiles is 1000; it must be between 1 and 144", null)]
    [TestCase("tiles: { grids: [1x2, wide] }", "tiles.grids has \"wide\"", "2x3")]
    [TestCase("tiles: { grids: [] }", "tiles.grids is empty", null)]
    [TestCase("tiles: { maxTiles: 4, unpad: true, rowEnd: false }", "tiles.unpad is true and tiles.rowEnd is false", null)]
    [TestCase("tiles: { maxTiles: 4, padding: grey }", "tiles.padding is \"grey\"; one of mean, black was expected", null)]
    public void What_makes_no_sense_is_refused_by_its_name(string sections, string message, string? remedy)
    {
        var fault = Assert.Throws<GraftException>(() => Read(sections))!;
        Assert.Multiple(() =>
        {
            Assert.That(fault.Kind, Is.EqualTo(ErrorKind.Usage));
            Assert.That(fault.Message, Does.StartWith("my.yaml, line 4").And.Contain(message));
            if (remedy is not null) Assert.That(fault.Remedy, Does.Contain(remedy));
        });
    }
}
