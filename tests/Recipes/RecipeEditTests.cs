using Grafting.Core;
using Grafting.Recipes.Schema;

namespace Grafting.Tests.Recipes;

/// <summary><c>--set path=value</c>.</summary>
public class RecipeEditTests
{
    static string Set(params string[] edits) => RecipeFile.Resolve(RecipeFile.Load("toy", edits));

    static string Toy => RecipeFile.Resolve(RecipeFile.Load("toy"));

    [TestCase("seed=5", "seed: 1", "seed: 5")]
    [TestCase("stages.align.learningRate=1e-3", "learningRate: 0.003", "learningRate: 0.001")]
    [TestCase("stages.1.steps=10", "steps: 600", "steps: 10")]
    [TestCase("stages.align.train.translator.rate=1", "rate: 0.05", "rate: 1")]
    [TestCase("stages.align.train.3.rate=1", "rate: 0.05", "rate: 1")]
    [TestCase("data.maxLength=77", "maxLength: null", "maxLength: 77")]
    [TestCase("imagePrompts=[]", "", "")]
    [TestCase("imagePrompts=[\"a, b\", c]", "imagePrompts: []", "imagePrompts:\n  - \"a, b\"\n  - c")]
    [TestCase("earlyStop.patience=5", "earlyStop: null", "earlyStop:\n  patience: 5\n  minimumGain: 0")]
    [TestCase("earlyStop={patience: 5, minimumGain: 0.1}", "earlyStop: null", "earlyStop:\n  patience: 5\n  minimumGain: 0.1")]
    public void One_value_changes_and_nothing_else(string edit, string old, string now)
    {
        if (old.Length > 0) Assert.That(Toy.Split(old), Has.Length.EqualTo(2), "stands once");
        Assert.That(Set(edit), Is.EqualTo(old.Length == 0 ? Toy : Toy.Replace(old, now, StringComparison.Ordinal)));
    }

    [TestCase("stages.see.warmUp=null", "warmUp: 0.03\n")]
    [TestCase("stages.see.warmUp=", "warmUp: 0.03\n")]
    [TestCase("stages.see.optimizer=null", "beta2: 0.999\n")]
    public void Null_gives_the_default(string edit, string now)
    {
        Assert.That(Toy, Does.Not.Contain(now));
        Assert.That(Set(edit), Does.Contain(now));
    }

    [Test]
    public void The_later_of_two_edits_wins() =>
        Assert.That(Set("seed=5", "seed=6"), Is.EqualTo(Set("seed=6")).And.Not.EqualTo(Set("seed=5")));

    [TestCase("stages.algn.steps=1", "--set stages.algn.steps=1: stages has no entry \"algn\".", "Did you mean align? Its entries are "
        + "align, see, or 0 to 1.")]
    [TestCase("stages.2.steps=1", "stages has no entry \"2\".", "Its entries are align, see")]
    [TestCase("stages.align.learningrate=1", "stages.align has no key \"learningrate\".", "Did you mean learningRate?")]
    [TestCase("sed=1", "a recipe has no key \"sed\".", "Did you mean seed?")]
    [TestCase("seed.x=1", "seed is a single value and has no \"x\".", "Write seed.")]
    [TestCase("imagePrompts.0=x", "imagePrompts has no entries in this recipe.", "imagePrompts=[…]")]
    [TestCase("seed", "--set seed: PATH=VALUE was expected.", "--set stages.align.learningRate=1e-3")]
    [TestCase("=1", "PATH=VALUE was expected.", "")]
    public void A_path_that_is_not_there_names_the_nearest(string edit, string message, string remedy)
    {
        var fault = Assert.Throws<GraftException>(() => Set(edit))!;
        Assert.Multiple(() =>
        {
            Assert.That(fault.Kind, Is.EqualTo(ErrorKind.Usage));
            Assert.That(fault.Message, Does.Contain(message));
            Assert.That(fault.Remedy, Does.Contain(remedy));
        });
    }

    [TestCase("stages.align.steps=many", "--set stages.align.steps=many: stages.align.steps is \"many\"; a whole number was expected.")]
    [TestCase("stages.align.steps=0", "--set stages.align.steps=0: stages.align.steps is 0; it must be between 1 and 100000000.")]
    [TestCase("stages.align=null", "--set stages.align=null: an entry of a list has no default.")]
    [TestCase("stages.align.steps=null", "stages.align has no \"steps\".")]
    [TestCase("imagePrompts=[a", "--set imagePrompts=[a: this is not YAML")]
    [TestCase("tower.fit=pad", "--set tower.fit=pad: tower.fit is \"pad\"; one of centreCrop, padToSquare, stretch was expected.")]
    public void A_value_that_does_not_fit_names_the_edit(string edit, string message) =>
        Assert.That(Assert.Throws<GraftException>(() => Set(edit))!.Message, Does.Contain(message));
}
