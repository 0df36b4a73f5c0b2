using Grafting.Core;
using Grafting.Core.Training;
using Grafting.Recipes.Schema;

namespace Grafting.Tests.Recipes;

public class RecipeDiffTests
{
    static readonly Recipe Toy = RecipeFile.Load("toy");

    static Recipe With(params string[] edits) => RecipeFile.Load("toy", edits);

    [Test]
    public void A_recipe_does_not_differ_from_itself() => Assert.That(RecipeDiff.Between(Toy, RecipeFile.Load("toy")), Is.Empty);

    [Test]
    public void Every_difference_is_a_path_with_both_values() => Assert.That(
        RecipeDiff.Between(
            Toy,
            With(
                "stages.see.steps=9", "earlyStop.patience=5", "imagePrompts=[a, b]",
                "stages.align.train=[{part: adapter}]")).Select(change => $"{change}"),
        Is.EqualTo(new[]
        {
            "imagePrompts: [] → [a, b]", "stages.align.train: [adapter, boundary, tower-norm, translator] → [adapter]",
            "stages.align.train.boundary.part: boundary → none", "stages.align.train.boundary.rate: 1 → none",
            "stages.align.train.tower-norm.part: tower-norm → none", "stages.align.train.tower-norm.rate: 1 → none",
            "stages.align.train.translator.part: translator → none", "stages.align.train.translator.rate: 0.05 → none",
            "stages.see.steps: 600 → 9", "earlyStop.patience: none → 5", "earlyStop.minimumGain: none → 0",
        }));

    [Test]
    public void The_order_of_stages_counts() => Assert.That(
        RecipeDiff.Between(Toy, Toy with { Stages = [Toy.Stages[1], Toy.Stages[0]] }),
        Is.EqualTo(new[] { new ChangedValue("stages", "[align, see]", "[see, align]") }));

    [TestCase("checkpointEvery=7")]
    [TestCase("keepCheckpoints=7")]
    [TestCase("validateEvery=7")]
    [TestCase("name=other")]
    public void What_cannot_alter_the_numbers_may_change(string edit) => Assert.That(() => Require(With(edit)), Throws.Nothing);

    [TestCase("stages.see.microBatch=7", "stages.see.microBatch: 32 → 7")]
    [TestCase("seed=7", "seed: 1 → 7")]
    [TestCase("data.validation=0.1", "data.validation: 0.02 → 0.1")]
    [TestCase("imagePrompts=[of]", "imagePrompts: [] → [of]")]
    public void What_alters_them_is_refused_with_the_way_round(string edit, string change)
    {
        var fault = Assert.Throws<GraftException>(() => Require(With(edit)))!;
        Assert.That(fault.Kind, Is.EqualTo(ErrorKind.Usage));
        Assert.That(fault.Message, Does.EndWith($"started with: {change}."));
        Assert.That(fault.Remedy, Does.Contain($"--allow-change {change.Split(':')[0]}"));
    }

    [TestCase("stages.see.microBatch")]
    [TestCase("stages.1.microBatch")]
    [TestCase("stages.see")]
    [TestCase("stages")]
    public void What_the_user_vouches_for_may_change(string allowed) =>
        Assert.That(() => Require(With("stages.see.microBatch=7"), allowed), Throws.Nothing);

    [Test]
    public void Only_what_the_user_vouches_for_may_change()
    {
        var fault = Assert.Throws<GraftException>(
            () => Require(With("stages.see.microBatch=7", "stages.see.steps=9"), "stages.see.steps"))!;
        Assert.That(fault.Message, Does.Contain("microBatch").And.Not.Contain("steps:"));
        Assert.That(Assert.Throws<GraftException>(() => Require(With("seed=7"), "sed"))!.Remedy, Does.StartWith("Did you mean seed?"));
    }

    [Test]
    public void Validations_alter_the_numbers_where_one_may_end_a_stage()
    {
        var stopping = With("earlyStop.patience=5");
        var oftener = With("earlyStop.patience=5", "validateEvery=7");
        Assert.That(
            () => RecipeDiff.RequireAllowed(stopping, oftener, RecipeDiff.Between(stopping, oftener), []),
            Throws.TypeOf<GraftException>().With.Message.Contains("validateEvery"));
    }

    static void Require(Recipe to, params string[] allowed) => RecipeDiff.RequireAllowed(Toy, to, RecipeDiff.Between(Toy, to), allowed);
}
