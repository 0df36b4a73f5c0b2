using Grafting.Core.Imaging;
using Grafting.Core.Training;
using Grafting.Recipes;
using Grafting.Recipes.Schema;
using Grafting.Surrogates;
using Grafting.Tests.Support;

namespace Grafting.Tests.Recipes;

/// <summary>The recipes that come with graft.</summary>
public class ShippedRecipeTests
{
    static IReadOnlyList<string> Names => RecipeFile.Names;

    static readonly string[] Published = ["zero/llama3.1-70b", "zero/llama3.1-8b", "zero/llama3.2-3b", "zero/qwen3-4b"];

    [Test]
    public void These_come_with_graft_and_no_other_is_approved()
    {
        Assert.That(Names, Is.EqualTo((string[])["small", "study", "toy", .. Published]));
        var approved = Directory.EnumerateFiles(
            Path.Combine(Shared.RepositoryRoot(), "tests", "Recipes", "resolved")).Select(path => Path.GetFileName(path));
        Assert.That(approved, Is.EquivalentTo(Names.Select(Approved)));
    }

    [TestCaseSource(nameof(Names))]
    public void Resolved_it_is_the_approved_one(string name) =>
        Golden.Compare($"resolved/{Approved(name)}", RecipeFile.Resolve(RecipeFile.Load(name)));

    [TestCaseSource(nameof(Names))]
    public void Resolved_it_reads_back_the_same(string name)
    {
        var text = RecipeFile.Resolve(RecipeFile.Load(name));
        var again = RecipeFile.Parse(text, "resolved");
        Assert.That(RecipeFile.Resolve(again), Is.EqualTo(text));
        Assert.That(again.Name, Is.EqualTo(name), "a recipe is called as its file");
    }

    [TestCaseSource(nameof(Names))]
    public void Its_header_says_what_one_must_know(string name)
    {
        var header = RecipeHeader.Read(RecipeFile.Text(name));
        Assert.Multiple(() =>
        {
            Assert.That(header.Purpose, Does.EndWith(".").And.Length.InRange(20, 160));
            Assert.That(header.Sections.Keys, Is.EqualTo(new[] { "Fetch", "Launch", "Override", "Expected", "Cost", "Not for" }));
            Assert.That(header.Sections.Values, Has.All.Not.Empty);
        });
    }

    [TestCaseSource(nameof(Names))]
    public void Its_surrogate_can_be_cut_from_its_target(string name)
    {
        if (RecipeFile.Load(name).Surrogate is not { } surrogate) return;
        var target = TargetResolver.Resolve(surrogate.Target);
        Assert.That(() => SurrogatePlan.Create(target.Config, surrogate.ToCut(), target.ConfigSource), Throws.Nothing);
    }

    /// <summary>
    /// The published numbers as they stand in the paper's appendix and in the authors' configurations (arXiv 2505.22664), written down here
    /// and not taken from anything that the recipes are made of: 4393 × 256 = one epoch of 624,610 + 500,000 samples, 4880 × 128 = one of
    /// the 624,610 with pictures; warm-up int(3.05 · T // 100).
    /// </summary>
    [TestCase("zero/llama3.2-3b", "llama3b", 16, 26, 28, 30, true)]
    [TestCase("zero/llama3.1-8b", "llama8b", 17, 30, 32, 30, true)]
    [TestCase("zero/llama3.1-70b", "llama70b", 40, 78, 80, 30, true)]
    [TestCase("zero/qwen3-4b", "qwen3-4b", 22, 34, 36, 0, false)]
    public void It_carries_exactly_the_published_numbers(
        string name, string target, int first, int last, int layers, int prompts, bool lineBreak)
    {
        var recipe = RecipeFile.Load(name);
        Assert.Multiple(() =>
        {
            Assert.That(recipe.Seed, Is.EqualTo(1337));
            Assert.That(recipe.Surrogate!.Target, Is.EqualTo(target));
            Assert.That(recipe.Surrogate.ToCut().Resolve(layers), Is.EqualTo(new[] { new LayerRange(first, last) }));

            Assert.That(recipe.Tower.Checkpoint, Is.EqualTo("openai/clip-vit-large-patch14-336"));
            Assert.That(recipe.Tower.Fit, Is.EqualTo(Fit.PadToSquare));
            Assert.That((recipe.Features.Layer, recipe.Features.PostNorm, recipe.Features.KeepClass), Is.EqualTo((-1, true, true)));
            Assert.That(recipe.Adapter.Depth, Is.EqualTo(2));
            Assert.That((recipe.Data.MaxLength, recipe.Data.Validation), Is.EqualTo(((int?)4096, 0.0)));
            Assert.That(recipe.ImagePrompts, Has.Count.EqualTo(prompts).And.Unique);
            if (prompts > 0) Assert.That(recipe.ImagePrompts[0], Is.EqualTo("Based on the visual elements captured in this image of"));

            Assert.That(recipe.Stages.Select(stage => stage.Name), Is.EqualTo(new[] { "align", "see" }));
            Check(
                recipe.Stages[0], 4393, 256, 1e-4, 133, specialTokens: 1, lineBreak: false, "adapter", "boundary", "translator",
                "tower-norm");
            Check(
                recipe.Stages[1], 4880, 128, 5e-5, 148, specialTokens: 1, lineBreak: false, "tower/8", "tower-norm", "adapter", "boundary");
            Assert.That(
                (recipe.Stages[0].Batch, recipe.Stages[0].ImageBatch, recipe.Stages[0].TextBatch), Is.EqualTo(((int?)256, 0, 0)),
                "interleaved");
            Assert.That(
                (recipe.Stages[1].Batch, recipe.Stages[1].ImageBatch, recipe.Stages[1].TextBatch), Is.EqualTo(((int?)null, 128, 0)),
                "pictures only");

            var tuning = recipe.FineTune!;
            Assert.That((tuning.Epochs, tuning.Fraction), Is.EqualTo((1.0, 0.2)));
            // One epoch of LLaVA-665K: 665,298 samples.
            Check(
                tuning.ToStage(665_298 / 128, lora: false), 5197, 128, 5e-5, 158, specialTokens: 0, lineBreak, "decoder", "tower/8",
                "adapter");
            Assert.That(tuning.ToStage(1, lora: true).Train.Select(Describe), Is.EqualTo(new[] { "lora", "tower/8", "adapter" }));
            Assert.That((tuning.Lora.Rank, tuning.Lora.Alpha, tuning.Lora.Dropout), Is.EqualTo((8, 32.0, 0.05)));
            Assert.That(tuning.Lora.Targets, Is.EqualTo(new[] { "q_proj", "v_proj" }));

            // Every quarter of a stage; one number has to do for both.
            Assert.That(recipe.CheckpointEvery, Is.EqualTo(4393 / 4).And.LessThanOrEqualTo(4880 / 4));
        });
    }

    static void Check(
        StageConfig stage, int steps, int batch, double rate, int warmUp, double specialTokens, bool lineBreak, params string[] trained)
    {
        var where = $"stage {stage.Name}";
        Assert.That((stage.Steps, stage.Samples, stage.LearningRate), Is.EqualTo((steps, batch, rate)), where);
        Assert.That(stage.ToSchedule().WarmUpSteps, Is.EqualTo(warmUp), where);
        Assert.That((stage.Optimizer.Beta1, stage.Optimizer.Beta2, stage.Optimizer.WeightDecay), Is.EqualTo((0.9, 0.999, 0.0)), where);
        Assert.That((stage.ClipNorm, stage.SpecialTokenWeight, stage.LabelLineBreak), Is.EqualTo((1.0, specialTokens, lineBreak)), where);
        Assert.That(
            (stage.TextShare, stage.Balance), Is.EqualTo(((double?)null, (LossBalance?)null)), $"{where}: every token alike, no balance");
        Assert.That(stage.Recompute, where);
        Assert.That(stage.Train.Select(Describe), Is.EqualTo(trained), where);
        Assert.That(stage.Train.Select(part => part.Rate), Has.All.EqualTo(1), where);
    }

    static string Approved(string name) => $"{name.Replace('/', '-')}.approved.yaml";

    static string Describe(TrainedPart part) => part.Describe() + (part.LastBlocks is { } last ? $"/{last}" : "");
}
