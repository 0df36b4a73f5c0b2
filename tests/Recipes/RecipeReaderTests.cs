using Grafting.Core;
using Grafting.Recipes.Schema;

namespace Grafting.Tests.Recipes;

/// <summary>What is wrong in a recipe is said once, with its line.</summary>
public class RecipeReaderTests
{
    /// <summary>Line 1 is the name; the stage begins in line 5.</summary>
    const string Good = """
        name: mine
        tower:
          scratch: { imageSize: 16, patchSize: 8, width: 16, layers: 1, heads: 2, feedForward: 32 }
        stages:
          - name: align
            steps: 12
            imageBatch: 4
            learningRate: 3e-3
            train:
              - part: adapter
              - { part: translator, rate: 0.05 }
        """;

    static GraftException Refused(string yaml, params string[] edits)
    {
        var fault = Assert.Throws<GraftException>(() => RecipeFile.Parse(yaml, "my.yaml", edits))!;
        Assert.That(fault.Kind, Is.EqualTo(ErrorKind.Usage));
        return fault;
    }

    static string With(string old, string replacement)
    {
        Assert.That(Good.Contains(old, StringComparison.Ordinal), old);
        return Good.Replace(old, replacement, StringComparison.Ordinal);
    }

    [Test]
    public void What_is_left_out_has_its_default()
    {
        var recipe = RecipeFile.Parse(Good, "my.yaml");
        Assert.Multiple(() =>
        {
            Assert.That(recipe.Seed, Is.EqualTo(1));
            Assert.That(recipe.Adapter.Depth, Is.EqualTo(2));
            Assert.That(recipe.EarlyStop, Is.Null);
            Assert.That(recipe.Stages[0].LearningRate, Is.EqualTo(3e-3));
            Assert.That(recipe.Stages[0].Optimizer.Beta2, Is.EqualTo(0.999));
            Assert.That(recipe.Stages[0].Train[1].Rate, Is.EqualTo(0.05));
        });
    }

    [TestCase("steps: 12", "step: 12", "my.yaml, line 6, column 5: stages.align has no key \"step\".", "Did you mean steps?")]
    [TestCase("learningRate", "learning_rate", "my.yaml, line 8, column 5: stages.align has no key \"learning_rate\".",
        "Did you mean learningRate?")]
    [TestCase(
        "rate: 0.05", "rat: 0.05", "my.yaml, line 11, column 29: stages.align.train.translator has no key \"rat\".", "Did you mean rate?")]
    [TestCase("name: mine", "name: mine\ncolour: red", "my.yaml, line 2, column 1: a recipe has no key \"colour\".",
        "Its keys are name, seed, tower")]
    [TestCase("heads: 2,", "heads: 2, samples: 3,", "tower.scratch has no key \"samples\".", "Its keys are imageSize")]
    [TestCase("imageBatch: 4", "imageBatch: 4\n    samples: 4", "stages.align has no key \"samples\".", "Its keys are name, steps")]
    public void An_unknown_key_is_named_with_the_nearest_known_one(string old, string replacement, string message, string remedy)
    {
        var fault = Refused(With(old, replacement));
        Assert.That(fault.Message, Does.Contain(message));
        Assert.That(fault.Remedy, Does.Contain(remedy));
    }

    [TestCase("name: mine", "name: mine\nname: yours", "my.yaml, line 2, column 1: the key \"name\" is here twice; it stands at line 1 "
        + "already.")]
    [TestCase("steps: 12", "steps: 12\n    steps: 13", "my.yaml, line 7, column 5: the key \"steps\" is here twice")]
    [TestCase("steps: 12", "imageBatch: 12", "my.yaml, line 7, column 5: the key \"imageBatch\" is here twice")]
    [TestCase("heads: 2", "heads: 2, heads: 2", "line 3, column 75: the key \"heads\" is here twice")]
    public void A_key_that_is_there_twice_is_named_with_both_places(string old, string replacement, string message) =>
        Assert.That(Refused(With(old, replacement)).Message, Does.Contain(message));

    [TestCase("    steps: 12\n", "", "my.yaml, line 5, column 5: stages.align has no \"steps\".")]
    [TestCase("name: mine\n", "", "my.yaml, line 1, column 1: the recipe has no \"name\".")]
    [TestCase(", feedForward: 32", "", "line 3, column 12: tower.scratch has no \"feedForward\".")]
    public void A_key_that_is_missing_is_named_with_its_mapping(string old, string replacement, string message) =>
        Assert.That(Refused(With(old, replacement)).Message, Does.Contain(message));

    [TestCase("steps: 12", "steps: twelve", "line 6, column 12: stages.align.steps is \"twelve\"; a whole number was expected.")]
    [TestCase("steps: 12", "steps: 12.5", "stages.align.steps is \"12.5\"; a whole number was expected.")]
    [TestCase("steps: 12", "steps: 1e3", "stages.align.steps is \"1e3\"; a whole number was expected.")]
    [TestCase("steps: 12", "steps: 99999999999", "stages.align.steps is \"99999999999\"; a whole number was expected.")]
    [TestCase("steps: 12", "steps: \"12\"", "stages.align.steps is \"12\" in quotes; a whole number was expected.")]
    [TestCase("steps: 12", "steps: [12]", "stages.align.steps is a list; a whole number was expected.")]
    [TestCase("steps: 12", "steps:", "stages.align.steps is empty; a whole number was expected.")]
    [TestCase("3e-3", "fast", "stages.align.learningRate is \"fast\"; a number such as 0.001 or 1e-3 was expected.")]
    [TestCase("3e-3", "NaN", "stages.align.learningRate is \"NaN\"; a number")]
    [TestCase("3e-3", ".inf", "stages.align.learningRate is \".inf\"; a number")]
    [TestCase("3e-3", "1e999", "stages.align.learningRate is \"1e999\"; a number")]
    [TestCase("3e-3", "1,5", "stages.align.learningRate is \"1,5\"; a number")]
    [TestCase("imageBatch: 4", "imageBatch: 4\n    recompute: yes", "stages.align.recompute is \"yes\"; true or false was expected.")]
    [TestCase("feedForward: 32", "feedForward: 32, fit: pad", "tower.scratch.fit is \"pad\"; one of centreCrop, padToSquare, stretch was "
        + "expected.")]
    [TestCase("feedForward: 32", "feedForward: 32, fit: 1", "tower.scratch.fit is \"1\"; one of centreCrop")]
    [TestCase("name: mine", "name: mine\nadapter: 2", "adapter is \"2\"; a mapping with keys of its own was expected.")]
    [TestCase("name: mine", "name: mine\nadapter:", "adapter is empty; a mapping with keys of its own was expected.")]
    [TestCase("name: mine", "name: mine\nimagePrompts: of", "imagePrompts is \"of\"; a list was expected.")]
    [TestCase("name: mine", "name:", "name is empty; a text was expected.")]
    [TestCase("name: mine", "name: [mine]", "name is a list; a text was expected.")]
    [TestCase("- part: adapter", "- adapter", "line 10, column 9: stages.align.train.0 is \"adapter\"; a mapping")]
    public void A_value_of_another_type_is_named_with_what_was_expected(string old, string replacement, string message) =>
        Assert.That(Refused(With(old, replacement)).Message, Does.Contain(message));

    [TestCase("steps: 12", "steps: 0", "my.yaml, line 6, column 12: stages.align.steps is 0; it must be between 1 and 100000000.")]
    [TestCase("imageBatch: 4", "imageBatch: 4\n    warmUp: 1.5", "my.yaml, line 8, column 13: stages.align.warmUp is 1.5; it must be "
        + "between 0 and 1.")]
    [TestCase("imageBatch: 4", "imageBatch: 4\n    textShare: -1", "line 8, column 16: stages.align.textShare is -1; it must be between 0 "
        + "and 1.")]
    [TestCase("imageBatch: 4", "imageBatch: 0", "line 5, column 5: stages.align.batch (or imageBatch + textBatch) is 0; it must be "
        + "between 1 and 1000000.")]
    [TestCase("imageBatch: 4", "batch: 4\n    textBatch: 2", "line 5, column 5: stage 'align': 'batch' stands beside 'imageBatch' or "
        + "'textBatch'; it takes their place.")]
    [TestCase("imageBatch: 4", "imageBatch: 4\n    optimizer: { beta1: 2 }", "line 8, column 25: stages.align.optimizer.beta1 is 2; it "
        + "must be between 0 and 0.9999999.")]
    [TestCase("rate: 0.05", "rate: -1", "line 11, column 35: stages.align.train.translator.rate is -1; it must be between 0 and 1000000.")]
    [TestCase(
        "{ part: translator, rate: 0.05 }", "{ rate: 0.05 }", "line 11, column 9: an entry of 'train' needs either 'part' or 'match'.")]
    [TestCase("name: mine", "name: mine\nadapter: { depth: 17 }", "line 2, column 19: adapter.depth is 17; it must be between 1 and 16.")]
    [TestCase("name: mine", "name: mine\ndata: { validation: 0.9 }", "line 2, column 21: data.validation is 0.9; it must be between 0 and "
        + "0.5.")]
    [TestCase("name: mine", "name: ../mine", "line 1, column 1: name is \"../mine\", and folders are called after it.")]
    [TestCase("width: 16", "width: 15", "line 3, column 12: The tower's width 15 cannot be shared by 2 heads evenly.")]
    [TestCase("name: mine", "name: mine\nsurrogate: { target: toy, replace: 4_6 }", "line 2, column 12: --replace \"4_6\" is not a range "
        + "of layers.")]
    [TestCase("tower:", "tower:\n  checkpoint: x", "recipe 'mine': tower needs either 'checkpoint' or 'scratch'.")]
    [TestCase("tower:", "tower:\n  fit: stretch", "recipe 'mine': tower.fit is for a tower from a checkpoint.")]
    public void A_value_out_of_bounds_is_named_with_stage_key_and_line(string old, string replacement, string message) =>
        Assert.That(Refused(With(old, replacement)).Message, Does.Contain(message));

    [TestCase("", "my.yaml is empty; a recipe was expected.")]
    [TestCase("# only a comment\n", "my.yaml is empty; a recipe was expected.")]
    [TestCase("---\n", "my.yaml is empty; a recipe was expected.")]
    [TestCase("- a\n- b\n", "my.yaml, line 1, column 1: the recipe is a list; a mapping")]
    [TestCase("name", "my.yaml, line 1, column 1: the recipe is \"name\"; a mapping")]
    [TestCase("name: a\n---\nname: b\n", "my.yaml, line 2, column 1: a second document begins here.")]
    [TestCase("name: a\ntower:\n\tscratch: 1\n", "my.yaml, line 3, column 1: the line is indented with a tab.")]
    [TestCase("name: &n a\n", "my.yaml, line 1, column 7: anchors and aliases ('&' and '*') are not part of a recipe.")]
    [TestCase("name: *n\n", "my.yaml, line 1, column 7: anchors and aliases")]
    [TestCase("name: a\n<<: { seed: 2 }\n", "a recipe has no key \"<<\".")]
    [TestCase("name: !!int 3\n", "my.yaml, line 1, column 7: \"tag:yaml.org,2002:int\" is a tag")]
    [TestCase("name: 'a\n", "this is not YAML")]
    [TestCase("name: a: b\n", "my.yaml, line 1")]
    [TestCase("? [a]\n: b\n", "a key of this mapping is no plain word.")]
    public void A_trap_of_YAML_is_one_clear_error(string yaml, string message) => Assert.That(Refused(yaml).Message, Does.Contain(message));

    [Test]
    public void Nesting_without_end_is_refused()
    {
        var fault = Refused(new string('[', 20_000));
        Assert.That(fault.Message, Does.Contain("nested deeper than 32 levels"));
    }

    [Test]
    public void Numbers_are_read_as_people_write_them([Values("1e-4", "1E-4", "0.0001", "1.0e-04", "+1e-4", "  1e-4")] string number) =>
        Assert.That(RecipeFile.Parse(With("3e-3", number), "my.yaml").Stages[0].LearningRate, Is.EqualTo(1e-4));

    [Test]
    public void A_resolved_recipe_reads_back_the_same_whatever_its_texts()
    {
        var recipe = RecipeFile.Parse(Good, "my.yaml") with
        {
            ImagePrompts = ["null", "true", "- a", "a: b", "c # d", "\"quoted\" \\ 'single'", "ß→ \U0001F600", "*", "12"],
            Stages = [RecipeFile.Parse(Good, "my.yaml").Stages[0] with { LearningRate = 1.0 / 3, WarmUp = 1e-17 }],
        };
        var text = RecipeFile.Resolve(recipe);
        var again = RecipeFile.Parse(text, "again");
        Assert.Multiple(() =>
        {
            Assert.That(again.ImagePrompts, Is.EqualTo(recipe.ImagePrompts));
            Assert.That(again.Stages[0].LearningRate, Is.EqualTo(1.0 / 3));
            Assert.That(RecipeFile.Resolve(again), Is.EqualTo(text));
        });
    }

    [Test]
    public void A_recipe_that_is_neither_name_nor_file_names_the_nearest()
    {
        var fault = Assert.Throws<GraftException>(() => RecipeFile.Load("zero/lama3.1-70b"))!;
        Assert.That(fault.Message, Is.EqualTo("\"zero/lama3.1-70b\" is neither a recipe nor a file."));
        Assert.That(fault.Remedy, Does.StartWith("Did you mean zero/llama3.1-70b? Recipes: small, study, toy, zero/llama3.1-70b"));
    }
}
