namespace Grafting.Surrogates.Planning;

/// <summary>What training an encoder against one decoder takes.</summary>
/// <param name="Layers">Of the decoder.</param>
/// <param name="Parameters">Of the decoder.</param>
/// <param name="TrainedParameters">In stage 1: translators, adapter, boundary, the tower's last norm.</param>
/// <param name="Memory">At the peak of stage 1.</param>
/// <param name="StageOne">Per sample.</param>
/// <param name="StageTwo">Per sample.</param>
/// <param name="PeakMemory">Bytes, with recomputed layers where the plan is made for them.</param>
/// <param name="Flops">Of both stages with all samples.</param>
/// <param name="Hours">Of both stages; null where the speed is not known.</param>
/// <param name="SpeedNeeded">Operations a second, sustained, to be done within the hours that there are; null without such a limit.</param>
public sealed record TrainingCost(
    int Layers, long Parameters, long TrainedParameters, MemoryNeed Memory, ComputeNeed StageOne, ComputeNeed StageTwo, long PeakMemory,
    double Flops,
    double? Hours, double? SpeedNeeded)
{
    public static TrainingCost Of(DecoderLayout layout, PlanRequest request)
    {
        var vision = VisionShape.Of(request.Tower, layout.Shape.Width);
        var memory = MemoryNeed.Of(layout, vision, request.Work);
        var (one, two) = (ComputeNeed.StageOne(layout, vision, request.Work), ComputeNeed.StageTwo(layout, vision, request.Work));
        var flops = (one.Total * request.Samples.StageOne) + (two.Total * request.Samples.StageTwo);
        return new(
            layout.Layers, layout.Parameters, layout.TrainedParameters + vision.TrainedParameters, memory, one, two,
            request.Work.Recompute ? memory.PeakRecomputed : memory.Peak, flops, request.Speed?.Hours(flops),
            flops / (3600 * request.Limits.Hours));
    }
}
