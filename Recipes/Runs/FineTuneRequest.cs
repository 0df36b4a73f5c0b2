using System.Text.Json;
using System.Text.Json.Serialization;
using Grafting.Core;
using Grafting.Core.Checkpoints;
using Grafting.Core.Training;
using Grafting.Core.Transfer;
using Grafting.Recipes.Schema;
using static TorchSharp.torch;

namespace Grafting.Recipes.Runs;

/// <summary>What <c>transfer --finetune</c> is asked to do.</summary>
/// <param name="Graft">Folder of the zero-shot graft.</param>
/// <param name="Recipe">Its section <c>fineTune</c> says how to train, its seed in which order.</param>
/// <param name="Fractions">Of the samples with pictures, above 0, rising; the last says how long the run is.</param>
/// <param name="Data">Training data.</param>
/// <param name="Run">Folder of the run; one that is there already is gone on with.</param>
/// <param name="Output">Folder that receives the fine-tuned graft.</param>
/// <param name="Command">The command line, for manifests.</param>
public sealed record FineTuneRequest(
    string Graft, Recipe Recipe, FineTuneMethod Method, IReadOnlyList<double> Fractions, TrainingFiles Data, string Run, string Output,
    Device Device, ScalarType DType, string Command)
{
    /// <summary>Questions that are asked on the way; null: none.</summary>
    public CurveRequest? Curve { get; init; }

    /// <summary>The recipe's section.</summary>
    /// <exception cref="GraftException">Usage, when the recipe has none.</exception>
    public FineTuneSection Section => Recipe.FineTune ?? throw Fault.Usage(
        $"recipe '{Recipe.Name}' has no section 'fineTune'.",
        "Give a recipe that has one with --recipe, e.g. toy, or a copy of your own with that section.");

    /// <summary>The request of a run that was interrupted, with the recipe as it was resolved then.</summary>
    public static FineTuneRequest Reopen(string run, Device device)
    {
        var kept = Kept.Read(run);
        var recipe = RecipeFile.Parse(File.ReadAllText(Path.Combine(run, RunFolder.RecipeName)), Path.Combine(run, RunFolder.RecipeName));
        return new FineTuneRequest(
            kept.Graft, recipe, kept.Method, kept.Fractions, kept.Data, run, kept.Output, device, kept.DType, "transfer --resume")
        {
            Curve = kept.Curve,
        };
    }

    /// <summary>Writes the places that the run was started with, so that resuming it needs only its name.</summary>
    /// <param name="folder">Where the run is being made.</param>
    internal void Keep(string folder) =>
        new Kept(Path.GetFullPath(Graft), Method, Fractions, Data.Full(), Path.GetFullPath(Output), DType, Curve?.Full()).Write(folder);

    /// <summary><c>finetune.json</c> of a run.</summary>
    internal sealed record Kept(
        string Graft, FineTuneMethod Method, IReadOnlyList<double> Fractions, TrainingFiles Data, string Output, ScalarType DType,
        CurveRequest? Curve)
    {
        public const string FileName = "finetune.json";

        static readonly JsonSerializerOptions Indented = new(JsonSerializerDefaults.Web)
        {
            WriteIndented = true,
            RespectRequiredConstructorParameters = true,
            UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
            Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        };

        public void Write(string run) => AtomicFile.WriteText(Path.Combine(run, FileName), JsonSerializer.Serialize(this, Indented) + "\n");

        /// <exception cref="GraftException">Input, when the folder is not a run of this kind.</exception>
        public static Kept Read(string run)
        {
            var path = Path.Combine(run, FileName);
            if (!File.Exists(path))
                throw Fault.Input(
                    $"{run} is not a fine-tuning run: it has no {FileName}.", "Give the folder of a run of 'graft transfer --finetune'.");
            try
            {
                return JsonSerializer.Deserialize<Kept>(File.ReadAllText(path), Indented) ?? throw new JsonException("it holds null");
            }
            catch (JsonException e)
            {
                throw Fault.Input($"{path} is damaged, or of another version of graft: {e.Message}", "Start a new run.", e);
            }
        }
    }
}

/// <summary>How <c>transfer --curve</c> examines on the way.</summary>
/// <param name="FromGraft">Whether the graft itself is examined, before any training.</param>
/// <param name="Data">Held-out samples: files, folders or patterns, of any form that is read.</param>
/// <param name="MaxQuestions">The first so many questions; null asks all.</param>
/// <param name="Seed">Of the intervals.</param>
/// <param name="StopWhenFlat">Ends the run at a mark that shows no gain over the one before.</param>
public sealed record CurveRequest(
    bool FromGraft, IReadOnlyList<string> Data, string? Images, int? MaxQuestions, ulong Seed, bool StopWhenFlat)
{
    internal CurveRequest Full() =>
        this with { Data = TrainingFiles.Full(Data), Images = Images is null ? null : Path.GetFullPath(Images) };
}
