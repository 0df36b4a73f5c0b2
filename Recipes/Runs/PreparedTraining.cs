using System.Text;
using Grafting.Core.Checkpoints;
using Grafting.Core.Imaging;
using Grafting.Core.Models;
using Grafting.Core.Text;
using Grafting.Core.Training;
using Grafting.Surrogates;

namespace Grafting.Recipes.Runs;

/// <summary>Everything that a training run works with, opened.</summary>
/// <param name="Template">The chat template.</param>
/// <param name="Model">As it is before any training.</param>
/// <param name="Stages">In order, each with its data.</param>
sealed record PreparedTraining(
    SurrogateFolder Surrogate,
    ChatTemplate Template,
    TrainingModel Model,
    VisionEncoder Encoder,
    PreprocessorConfig Preprocessing,
    TrainingData Data,
    IReadOnlyList<(StageConfig Config, StageData Data)> Stages)
{
    /// <summary>Changes with the content of any data file, and with a chat template that is not graft's own.</summary>
    public string Fingerprint =>
        Template.Source is { } source ? Digests.Sha256(Encoding.UTF8.GetBytes(Data.Read.Fingerprint + source)) : Data.Read.Fingerprint;
}
