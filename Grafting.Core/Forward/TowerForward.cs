using Grafting.Core.Models;
using Grafting.Core.Numerics;
using static TorchSharp.torch;

namespace Grafting.Core.Forward;

/// <summary>A vision tower by itself, from a checkpoint of its own or from inside a larger one.</summary>
// n pictures, v tokens, w width
sealed class TowerForward(VisionTower tower) : ForwardModel
{
    public override string Kind => "tower";

    public override string ModelType => tower.Config.ModelType;

    public override IReadOnlyList<string> Inputs => InputNames.OfTower;

    public static TowerForward Load(string folder, Device device, ScalarType dtype) => throw new NotImplementedException();

    public override void Run(ForwardInputs inputs, ForwardOptions options, ForwardOutputs outputs)
    {
    }

    public override void Dispose() => tower.Dispose();
}
