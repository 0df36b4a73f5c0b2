using Grafting.Core;
using Grafting.Recipes.Schema;
using Grafting.Recipes.Study;

namespace Grafting.Tests.Recipes.Study;

public class StudyPlanTests
{
    static readonly StudyTarget[] Targets = [new("t8", "a", 8, null), new("t16", "b", 16, null)];

    [Test]
    public void A_training_of_several_groups_is_done_once()
    {
        var plan = StudyPlan.For(Targets, new StudyScale(), null);
        Assert.That(plan.Cells.Select(cell => cell.Key), Is.Unique);
        Assert.That(
            plan.Groups.SelectMany(group => group.Conditions).Select(condition => condition.Key).Distinct().Count() * plan.Seeds,
            Is.EqualTo(plan.Cells.Count));
        Assert.That(plan.Cells.Count(cell => cell.Condition == StudyPlan.Main(Targets[1])), Is.EqualTo(5), "in B, C and D");
    }

    [Test]
    public void Prefixes_lie_on_both_sides_of_the_cut_and_leave_something_to_replace([Values(0, 1)] int target)
    {
        var prefixes = StudyPlan.Prefixes(Targets[target]);
        Assert.That(prefixes, Does.Contain(Targets[target].Cut));
        Assert.That(prefixes.Min(), Is.GreaterThanOrEqualTo(1).And.LessThan(Targets[target].Cut));
        Assert.That(prefixes.Max(), Is.GreaterThan(Targets[target].Cut).And.LessThan(Targets[target].Depth - 2));
    }

    [Test]
    public void Only_the_groups_that_are_named_are_planned() =>
        Assert.That(StudyPlan.For(Targets, new StudyScale(), "B,E").Groups.Select(group => group.Letter), Is.EqualTo("BE"));

    [Test]
    public void An_unknown_group_is_refused_with_those_that_there_are()
    {
        var fault = Assert.Throws<GraftException>(() => StudyPlan.For(Targets, new StudyScale(), "BX"));
        Assert.That(fault.Message, Does.Contain("'X'"));
        Assert.That(fault.Remedy, Does.Contain("B (main comparison)"));
    }

    [Test]
    public void Without_a_translator_nothing_is_left_that_would_learn_from_text()
    {
        var recipe = StudyPlan.Whole(Targets[0]).Apply(RecipeFile.Load("study"), 3);
        Assert.That(recipe.Seed, Is.EqualTo(3));
        Assert.That(recipe.Stages.SelectMany(stage => stage.Train).Select(part => part.Part), Has.None.EqualTo("translator"));
        Assert.That(recipe.Stages.Select(stage => stage.TextBatch), Has.All.Zero);
    }

    [Test]
    public void A_condition_changes_what_it_names_and_nothing_else()
    {
        var recipe = RecipeFile.Load("study");
        var main = StudyPlan.Main(Targets[0]).Apply(recipe, 1);
        Assert.That(RecipeFile.Resolve(main with { Name = recipe.Name }), Is.EqualTo(RecipeFile.Resolve(recipe)));
        var fast = (StudyPlan.Main(Targets[0]) with { TranslatorRate = 1, SpecialTokenWeight = 0 }).Apply(recipe, 1);
        Assert.That(fast.Stages[0].Train.Single(part => part.Part == "translator").Rate, Is.EqualTo(1));
        Assert.That(fast.Stages.Select(stage => stage.SpecialTokenWeight), Has.All.Zero);
        Assert.That(fast.Stages[0].TextBatch, Is.EqualTo(recipe.Stages[0].TextBatch));
    }

    [Test]
    public void The_baseline_trains_the_bridge_alone_before_it_is_fine_tuned()
    {
        var recipe = (StudyPlan.Main(Targets[0]) with { FineTuning = StudyFineTuning.FromScratch }).Apply(RecipeFile.Load("study"), 1);
        Assert.That(recipe.Stages, Has.Count.EqualTo(1));
        Assert.That(recipe.Stages[0].Train.Select(part => part.Part), Is.EquivalentTo(new[] { "adapter", "boundary", "tower-norm" }));
    }
}
