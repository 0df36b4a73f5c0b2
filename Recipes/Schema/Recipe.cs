using System.ComponentModel;
using System.Text.RegularExpressions;
using Grafting.Core;
using Grafting.Core.Data;
using Grafting.Core.Imaging;
using Grafting.Core.Models;
using Grafting.Core.Models.Adapters;
using Grafting.Core.Models.Towers.Clip;
using Grafting.Core.Text;
using Grafting.Core.Training;
using Grafting.Surrogates;

namespace Grafting.Recipes.Schema;

/// <summary>
/// Everything that decides what <c>train-encoder</c> does, data and places aside. Read from YAML; see <see cref="RecipeFile"/>.
/// </summary>
public sealed partial record Recipe
{
    /// <summary>What runs and bundles are called after; parts of it may be folders, as in <c>zero/llama3.1-8b</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Seed of initial values and of the order of the data.</summary>
    public int Seed { get; init; } = 1;

    public required TowerSection Tower { get; init; }

    public FeatureSection Features { get; init; } = new();

    /// <summary>The bridge from the tower's features to the decoder's embeddings.</summary>
    public AdapterSettings Adapter { get; init; } = new();

    /// <summary>How a picture is cut into tiles beside being read whole; null: it is not.</summary>
    [DefaultValue(null)]
    public Tiling? Tiles { get; init; }

    /// <summary>Whether learned vectors stand before and after a picture (the paper: yes; LLaVA: no).</summary>
    [DefaultValue(true)]
    public bool Boundary { get; init; } = true;

    public DataSection Data { get; init; } = new();

    /// <summary>The cut that the recipe was made for; it also makes the recipe the default for surrogates of that target.</summary>
    public SurrogateSection? Surrogate { get; init; }

    /// <summary>
    /// What leads from a picture to its question, one drawn at random per sample in training, the first in evaluation:
    /// <c>PROMPT PICTURE, question</c>. Empty: the picture stands before the question.
    /// </summary>
    public IReadOnlyList<string> ImagePrompts { get; init; } = [];

    /// <summary>Steps between checkpoints.</summary>
    public int CheckpointEvery { get; init; } = 100;

    /// <summary>How many checkpoints are kept.</summary>
    public int KeepCheckpoints { get; init; } = 2;

    /// <summary>Steps between validations.</summary>
    public int ValidateEvery { get; init; } = 50;

    /// <summary>When a stage ends before its last step; null: never.</summary>
    public EarlyStop? EarlyStop { get; init; }

    public required IReadOnlyList<StageConfig> Stages { get; init; }

    /// <summary>Training of the target after the graft, with <c>transfer --finetune</c>; null: the recipe says nothing about it.</summary>
    public FineTuneSection? FineTune { get; init; }

    /// <exception cref="GraftException">Usage, naming the value and where it stands.</exception>
    public Recipe Validate()
    {
        if (!IsName().IsMatch(Name))
        {
            throw Fault.Usage(
                $"name is {Printable.Quote(Name)}, and folders are called after it.",
                "Use letters, digits, '-', '_' and '.', and '/' between parts; begin each part with a letter or digit.");
        }
        Fault.IfOutside(CheckpointEvery, 1, 1_000_000);
        Fault.IfOutside(KeepCheckpoints, 1, 1000);
        Fault.IfOutside(ValidateEvery, 1, 1_000_000);
        EarlyStop?.Validate();
        FineTune?.Validate();
        Surrogate?.Validate();
        Tower.Scratch?.Validate();
        Adapter.Validate();
        Tiles?.Validate();
        Fault.IfOutside(Data.Validation, 0, 0.5);
        Fault.IfOutside(Data.MaxBadSamples, 0, 1);
        Fault.IfOutside(Data.ShuffleBuffer ?? 1, 1, int.MaxValue, "Data.ShuffleBuffer");
        if (Data.Weights is { } weights) MixWeights.Whole(weights);
        if (Tower.Checkpoint is null == Tower.Scratch is null)
            throw Fault.Usage($"recipe '{Name}': tower needs either 'checkpoint' or 'scratch'.");
        if (Tower.Scratch is not null && Tower.Fit is not null)
            throw Fault.Usage($"recipe '{Name}': tower.fit is for a tower from a checkpoint.", "Write it into tower.scratch.");
        if (Tower.Scratch is not null && Tower.ImageSize is not null)
            throw Fault.Usage($"recipe '{Name}': tower.imageSize is for a tower from a checkpoint.", "Write it into tower.scratch.");
        Fault.IfOutside(Tower.ImageSize ?? 1, 1, 8192, "Tower.ImageSize");
        if (string.IsNullOrWhiteSpace(Data.Template))
            throw Fault.Usage(
                $"recipe '{Name}': data.template is empty.", $"Write {ChatTemplate.CleanName}, {ChatTemplate.OwnName}, or a Jinja file.");
        Fault.IfOutside(Data.MaxLength ?? 1, 1, 100_000_000, "Data.MaxLength");
        foreach (var prompt in ImagePrompts) ImagePrompt.Check(prompt);
        if (Stages.Count == 0) throw Fault.Usage($"recipe '{Name}' has no stages.");
        foreach (var stage in Stages) stage.Validate();
        if (Stages.Select(s => s.Name).Distinct().Count() < Stages.Count) throw Fault.Usage($"recipe '{Name}': two stages have one name.");
        return this;
    }

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*\z")]
    private static partial Regex IsName();
}

/// <summary>Where the vision tower comes from: exactly one of the two.</summary>
public sealed record TowerSection
{
    /// <summary>
    /// Folder or Hub id of a checkpoint that has a CLIP, SigLIP or DINOv2 tower, or a name such as <c>siglip2-so400m-384</c>.
    /// </summary>
    public string? Checkpoint { get; init; }

    /// <summary>
    /// Side of the pictures in pixels, for a tower from a checkpoint, which its positions are resampled for; null: the checkpoint's own.
    /// </summary>
    public int? ImageSize { get; init; }

    /// <summary>How a picture is made square for a tower from a checkpoint; null: as its preprocessor says.</summary>
    public Fit? Fit { get; init; }

    /// <summary>What a checkpoint's preprocessor becomes.</summary>
    public PreprocessorConfig Apply(PreprocessorConfig preprocessing) => preprocessing.Fitted(Fit ?? preprocessing.Fit);

    /// <summary>Sizes of a new tower with random weights.</summary>
    public ScratchTower? Scratch { get; init; }
}

/// <summary>Which surrogate a recipe is for.</summary>
public sealed record SurrogateSection
{
    /// <summary>Name of the target, as <c>graft targets</c> lists it.</summary>
    public required string Target { get; init; }

    /// <summary>Layers that the translator replaces, first and last: <c>40-78</c>.</summary>
    public required string Replace { get; init; }

    /// <exception cref="GraftException">Usage, when <see cref="Replace"/> is no range of layers.</exception>
    public CutRequest ToCut() => CutRequest.Parse(null, Replace);

    public SurrogateSection Validate()
    {
        ToCut();
        return this;
    }
}

/// <summary>A small CLIP-style tower to be trained from nothing.</summary>
public sealed record ScratchTower
{
    /// <summary>Side of the square input in pixels.</summary>
    public required int ImageSize { get; init; }

    /// <summary>Side of a patch in pixels; divides the image size.</summary>
    public required int PatchSize { get; init; }

    public required int Width { get; init; }

    public required int Layers { get; init; }

    public required int Heads { get; init; }

    /// <summary>Width of the feed-forward layers.</summary>
    public required int FeedForward { get; init; }

    /// <summary>How a picture is made square: centreCrop, padToSquare or stretch.</summary>
    public Fit Fit { get; init; } = Fit.PadToSquare;

    public ClipVisionConfig ToConfig() => new(Width, FeedForward, Layers, Heads, ImageSize, PatchSize);

    public ScratchTower Validate()
    {
        Fault.IfOutside(FeedForward, 1, 1 << 20);
        ToConfig().Validate();
        if (ImageSize % PatchSize != 0) throw Fault.Usage($"Patches of {PatchSize} pixels do not divide a picture of {ImageSize} evenly.");
        return this;
    }
}

/// <summary>Which features leave the tower.</summary>
public sealed record FeatureSection
{
    /// <summary>Hidden state: −1 is the last (the paper), −2 the one before it (LLaVA).</summary>
    public int Layer { get; init; } = -1;

    /// <summary>Whether the tower's last norm is applied (the paper: yes).</summary>
    public bool PostNorm { get; init; } = true;

    /// <summary>Whether the class token is kept (the paper: yes); null: where the tower has one.</summary>
    public bool? KeepClass { get; init; }

    public FeaturePath ToPath(TowerShape tower) => new(Layer, PostNorm, KeepClass ?? tower.ClassTokens > 0);
}

/// <summary>How data are read; which data is the command line's.</summary>
public sealed record DataSection
{
    /// <summary>Fraction of the samples with pictures that is held out for validation, when no validation file is given.</summary>
    public double Validation { get; init; } = 0.02;

    /// <summary>Fraction of unusable samples that is skipped, and named, before the run refuses.</summary>
    public double MaxBadSamples { get; init; } = 0.001;

    /// <summary>Longest conversation in positions; null means what the decoder allows.</summary>
    public int? MaxLength { get; init; }

    /// <summary>How conversations are written: the family's clean template, the model's own, or a Jinja file.</summary>
    [DefaultValue(ChatTemplate.CleanName)]
    public string Template { get; init; } = ChatTemplate.CleanName;

    /// <summary>
    /// Training samples wait in a buffer of so many and leave it in random order, so that files are read about as they are written, which
    /// disks and caches are quick at; null: an epoch is shuffled as a whole.
    /// </summary>
    [DefaultValue(null)]
    public int? ShuffleBuffer { get; init; }

    /// <summary>
    /// For each data file, folder or pattern of the command line the share of its samples in what is read, in any unit; one that is through
    /// is begun again. Null: every sample of all of them once per epoch.
    /// </summary>
    [DefaultValue(null)]
    public IReadOnlyList<double>? Weights { get; init; }
}
