using Grafting.Core.Imaging;
using Grafting.Core.Models;
using Grafting.Core.Training;
using Grafting.Surrogates;

namespace Grafting.Recipes.Runs;

/// <summary>Everything that a training run works with, opened.</summary>
/// <param name="Template">Name of the chat template.</param>
/// <param name="Model">As it is before any training.</param>
/// <param name="Stages">In order, each with its data.</param>
sealed record PreparedTraining(
    SurrogateFolder Surrogate,
    string Template,
    TrainingModel Model,
    VisionEncoder Encoder,
    PreprocessorConfig Preprocessing,
    TrainingData Data,
    IReadOnlyList<(StageConfig Config, StageData Data)> Stages);
