using Grafting.Core.Models.Lora;
using Grafting.Core.Models.Decoders;
using Grafting.Core.Checkpoints;
using Grafting.Core.Training;
using Grafting.Core.Transfer;
using static TorchSharp.torch;

namespace Grafting.Recipes.Runs;

/// <summary>Parameters that a fine-tuning trains.</summary>
/// <param name="Part">As the recipe calls them.</param>
/// <param name="Rate">Factor on the learning rate.</param>
public sealed record PlannedPart(string Part, long Parameters, double Rate);

/// <summary>What a fine-tuning would do, without memory for any weight.</summary>
/// <param name="Stage">As it would be trained.</param>
/// <param name="Samples">Samples with pictures in all.</param>
/// <param name="Parameters">Of decoder, adapters and encoder together.</param>
/// <param name="WeightBytes">Of all parameters.</param>
/// <param name="GradientBytes">Of those that train.</param>
/// <param name="OptimizerBytes">Two float32 moments each, and a float32 master copy of what is held in half precision.</param>
public sealed record FineTunePlan(
    StageConfig Stage, int Samples, IReadOnlyList<FineTuneMark> Marks, IReadOnlyList<PlannedPart> Trained, long Parameters,
    long WeightBytes, long GradientBytes, long OptimizerBytes)
{
    /// <summary>Weights, gradients and optimizer state; activations come on top.</summary>
    public long Bytes => WeightBytes + GradientBytes + OptimizerBytes;

    /// <param name="request">Its graft need not be there yet.</param>
    /// <param name="encoder">How the graft's encoder is built.</param>
    /// <param name="target">Folder of the language model.</param>
    public static FineTunePlan Make(FineTuneRequest request, EncoderDescription encoder, string target)
    {
        var section = request.Section;
        var lora = request.Method == FineTuneMethod.Lora;
        using var data = new FineTuneData(request.Data, request.Recipe, section, request.Fractions);
        var stage = section.ToStage(data.Marks[^1].Steps, lora);
        using var checkpoint = Checkpoint.Open(target);
        using var decoder = DecoderFamilies.ReadConfig(checkpoint).Build(META, request.DType);
        using var eyes = encoder.Build(ArtefactManifest.FileName, META, request.DType);
        if (lora) LoraAdapters.Attach(decoder, section.Lora, (ulong)request.Recipe.Seed);
        var model = new TrainingModel(decoder, eyes, []);
        var groups = model.Choose(stage.Train);
        var trained = groups.SelectMany(group => group.Parameters).Select(entry => entry.Value).ToList();
        return new FineTunePlan(
            stage,
            data.Count,
            data.Marks,
            [.. groups.Select(group => new PlannedPart(group.Name, group.Count, group.Rate))],
            model.All().Sum(entry => entry.Value.numel()),
            model.All().Sum(entry => entry.Value.numel() * entry.Value.element_size()),
            trained.Sum(parameter => parameter.numel() * parameter.element_size()),
            trained.Sum(parameter => parameter.numel() * (parameter.dtype == ScalarType.Float32 ? 2 : 3) * sizeof(float)));
    }
}
