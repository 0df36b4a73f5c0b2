using Grafting.Core.Transfer;
using Grafting.Recipes.Schema;
using Grafting.Tests.Cli;

namespace Grafting.Tests.Regression;

/// <summary>Encoders without vectors around a picture, from the recipe to a LLaVA folder.</summary>
public class BoundaryRecipeTests
{
    static readonly string Recipe = ToyWorkshop.Recipe
        .Replace(
            "features: { keepClass: false }", "features: { layer: -1, postNorm: false, keepClass: false }\nboundary: false",
            StringComparison.Ordinal)
        .Replace(" { part: boundary },", "", StringComparison.Ordinal);

    [Test]
    public void An_encoder_without_them_is_trained_grafted_examined_and_exported()
    {
        using var shop = new ToyWorkshop(Recipe);
        var trained = shop.Train("bare");
        Assert.That(trained.Code, Is.Zero, trained.Error);
        var bundle = EncoderBundle.Open(shop.Bundle("bare"));
        Assert.That(bundle.Encoder.Boundary, Is.False);
        var workspace = shop.Workspace("bare");
        var examined = CliRun.Of(
            "transfer", "--evaluate", "--bundle", bundle.Folder, "--data", Path.Combine(shop.Data, "test.json"), "--images", shop.Data,
            "--json", "--device", "cpu", "--workspace", workspace);
        Assert.That(examined.Code, Is.Zero, examined.Error);
        var exported = CliRun.Of("export", "--json", "--workspace", workspace);
        Assert.That(exported.Code, Is.Zero, exported.Output);
        Assert.Multiple(() =>
        {
            Assert.That(exported.Json().GetProperty("architecture").GetString(), Is.EqualTo("llava"));
            Assert.That(exported.Json().GetProperty("comparison").GetProperty("logits").GetDouble(), Is.LessThanOrEqualTo(1e-5));
            Assert.That(
                CliRun.Of("export", "--format", "gguf", "--json", "--workspace", workspace).Code, Is.Zero,
                "nothing stands in the way of an mmproj");
        });
    }

    [Test]
    public void Training_vectors_that_are_not_there_is_refused()
    {
        using var shop = new ToyWorkshop(ToyWorkshop.Recipe.Replace("data:", "boundary: false\ndata:", StringComparison.Ordinal));
        var run = shop.Train("refused");
        Assert.That(run.Code, Is.EqualTo(2));
        Assert.That(run.Error, Does.Contain("no part 'boundary'"));
    }

    [Test]
    public void A_resolved_recipe_names_the_key_only_where_it_says_something_new()
    {
        Assert.That(RecipeFile.Resolve(RecipeFile.Load("toy")), Does.Not.Contain("boundary:"));
        var resolved = RecipeFile.Resolve(RecipeFile.Load("toy", ["boundary=false"]));
        Assert.That(resolved, Does.Contain("\nboundary: false\n"));
        Assert.That(RecipeFile.Parse(resolved, "resolved").Boundary, Is.False);
    }
}
