using Grafting.Core.Models;
using Grafting.Core.Training;
using static TorchSharp.torch;

namespace Grafting.Recipes.Study;

/// <summary>
/// Floating-point operations of training a model, from the weights in its matrices: 2 for every weight and position forward, 2 back to the
/// input wherever something below still trains, 2 for the gradient of a weight that trains. Look-ups, norms and attention scores are left
/// out.
/// </summary>
/// <param name="translators">Layers of the decoder that are translators.</param>
/// <param name="stage">What trains.</param>
sealed class StudyCost(TrainingModel model, int translators, StageConfig stage)
{
    readonly double _perPosition = PerPosition(model, translators, stage);
    readonly double _perTarget = (TrainsDecoder(stage) ? 6.0 : 4.0) * model.Decoder.Shape.Width * model.Decoder.Shape.Vocabulary;
    readonly double _perPicture = PerPicture(model, stage);

    /// <param name="positions">Read by the decoder.</param>
    /// <param name="targets">Supervised positions, at which the head is needed.</param>
    public double Of(double positions, double targets, double pictures) =>
        _perPosition * positions + _perTarget * targets + _perPicture * pictures;

    static double PerPosition(TrainingModel model, int translators, StageConfig stage)
    {
        var layers = model.Decoder.Layers.Count;
        var trained = TrainsDecoder(stage) ? layers : stage.Train.Any(part => part.Part == "translator") ? translators : 0;
        return (4.0 * layers + 2.0 * trained) * Matrices(model.Decoder.Layers[0]);
    }

    static double PerPicture(TrainingModel model, StageConfig stage)
    {
        var encoder = model.Encoder!;
        var tower = stage.Train.Any(part => part.Part == "tower") ? 6.0 : 2.0;
        var adapter = stage.Train.Any(part => part.Part == "adapter") ? 6.0 : 4.0;
        var bridge = encoder.Adapter.Config.Places(FeatureGrid.Of(encoder.Tower)).Sum(place => place.Weights * place.Vectors);
        return tower * encoder.Tower.Tokens * Matrices(encoder.Tower) + adapter * bridge;
    }

    static bool TrainsDecoder(StageConfig stage) => stage.Train.Any(part => part.Part == "decoder");

    static double Matrices(nn.Module module) => module.parameters().Where(p => p.shape.Length > 1).Sum(p => (double)p.numel());
}
