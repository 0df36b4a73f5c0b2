using Grafting.Core;
using Grafting.Core.Checkpoints;
using Grafting.Core.Models;
using Grafting.Core.Models.Adapters;
using Grafting.Core.Models.Towers.Clip;
using Grafting.Core.Numerics;
using Grafting.Core.Running;
using Grafting.Core.Text;
using Grafting.Core.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Grafting.Surrogates.Planning;

/// <summary>What training a surrogate of a target's real sizes took on this machine, beside what the plan says.</summary>
/// <param name="Layers">Of the surrogate: the one before the last is the translator.</param>
/// <param name="Steps">Steps of stage 1 that ran; the first is not timed.</param>
/// <param name="MedianSeconds">Of a step.</param>
/// <param name="Predicted">What the plan computes for it.</param>
/// <param name="PlannedPeak">Bytes at the peak, with recomputation where the plan is made for it.</param>
/// <param name="MeasuredPeak">Bytes that the process grew by at most; null where the system does not tell, as for CUDA devices.</param>
public sealed record Rehearsal(
    string Device, string Type, int Layers, int Steps, double MedianSeconds, MemoryNeed Predicted, long PlannedPeak, long? MeasuredPeak)
{
    const int StepCount = 4;

    /// <summary>
    /// Trains a few steps of stage 1 with the trainer that <c>train-encoder</c> uses, on random weights and random samples: adapter,
    /// boundary, the tower's last norm and one translator.
    /// </summary>
    /// <param name="layers">Of the surrogate in all.</param>
    /// <param name="scratch">Folder that is made for the run's log and checkpoint (the trained weights), and removed.</param>
    /// <exception cref="GraftException">
    /// Resources when it does not fit in memory; Usage for a number of layers that no cut gives.
    /// </exception>
    public static Rehearsal Run(
        TargetShape target, int layers, VisionTowerConfig tower, TrainingWorkload work, string scratch,
        IProgress<ProgressReport>? progress = null)
    {
        CutRequest.Layers(layers).Resolve(target.Layers);
        var device = ScaleModel.BestDevice();
        var type = ScaleModel.DType(work.Type, device);
        var layout = new DecoderLayout(target, [.. Enumerable.Range(0, layers).Select(layer => layer == layers - 2)]);
        var predicted = MemoryNeed.Of(layout, VisionShape.Of(tower, target.Width), work);
        ScaleModel.RequireMemory(device, work.Recompute ? predicted.PeakRecomputed : predicted.Peak, $"A rehearsal with {layers} layers");
        if (work.Squares > 1) throw Fault.Usage($"--tiles is {work.Squares - 1}; a rehearsal reads pictures whole.", "Leave --tiles out.");
        if (work.ImageTokens != tower.Shape.Features + 2)
            throw Fault.Usage(
                $"--image-tokens is {work.ImageTokens}; a rehearsal uses the tower's own {tower.Shape.Features + 2}.",
                "Leave --image-tokens out.");

        WarmUp(device, type, scratch);
        var before = ResidentMemory.Now();
        var measurable = ResidentMemory.TryResetPeak() && device.type == DeviceType.CPU;
        var seconds = Train(target, layers, tower, work, device, type, scratch, progress);
        return new(
            device.ToString(), TensorLoading.HuggingFaceName(type), layers, StepCount, seconds, predicted,
            work.Recompute ? predicted.PeakRecomputed : predicted.Peak,
            measurable ? ResidentMemory.Peak() - before : null);
    }

    /// <summary>
    /// What every process needs once, whatever the model: compiled code, through a rehearsal too small to count, and the buffers of BLAS,
    /// through a product large enough to fill them.
    /// </summary>
    static void WarmUp(Device device, ScalarType type, string scratch)
    {
        using (NewDisposeScope())
        {
            var x = ones([2048, 2048], type, device);
            x.mm(x).sum().to(ScalarType.Float32).item<float>();
        }
        var target = new TargetShape(
            "llama", 4, 256, 256, 4, 2, 64, 64, true, LayerParameters: 393_728, LayerMatrices: 393_216, TensorType.F32);
        var work = new TrainingWorkload(TensorType.F32, Batch: 2, ImageTokens: 7, TextTokens: 25, SupervisedTokens: 8);
        Train(target, 3, new ClipVisionConfig(64, 64, 1, 2, ImageSize: 28, PatchSize: 14), work, device, type, scratch, null);
    }

    static double Train(
        TargetShape target, int layers, VisionTowerConfig tower, TrainingWorkload work, Device device, ScalarType type, string scratch,
        IProgress<ProgressReport>? progress)
    {
        using var decoder = ScaleModel.Config(target, layers, target.Vocabulary, work.Positions).Build(device, type);
        CpuThreads.Fit(decoder.Shape, device);
        ScaleModel.FillRandomly(decoder);
        var vision = tower.Build(new FeaturePath(KeepClass: tower.Shape.ClassTokens > 0), device, type);
        using var encoder = new VisionEncoder(vision, new MlpAdapter(new MlpAdapterConfig(vision.Width, target.Width), device, type));
        ScaleModel.FillRandomly(encoder);
        return Train(new TrainingModel(decoder, encoder, [layers - 2]), work, tower.Shape.ImageSize, target.Vocabulary, scratch, progress);
    }

    static double Train(
        TrainingModel model, TrainingWorkload work, int imageSize, int vocabulary, string scratch, IProgress<ProgressReport>? progress)
    {
        var stage = new StageConfig
        {
            Name = "rehearsal",
            Steps = StepCount,
            ImageBatch = work.Batch,
            MicroBatch = work.Batch,
            RowLength = work.Positions,
            Recompute = work.Recompute,
            LearningRate = 1e-6,
            Train =
            [
                new TrainedPart { Part = "adapter" }, new TrainedPart { Part = "boundary" }, new TrainedPart { Part = "tower-norm" },
                new TrainedPart { Part = "translator" },
            ],
        };
        try
        {
            using (var run = RunFolder.Create(scratch, "rehearsal", "plan --rehearse"))
            {
                var trainer = new Trainer(
                    model, run, new TrainerSettings(CheckpointEvery: StepCount + 1, ValidateEvery: StepCount + 1, Workers: 0));
                trainer.Train([(stage, new StageData(new RandomSamples(work, imageSize, vocabulary), null, []))], "", "", progress);
            }
            var ends = MetricsLog.Read(
                Path.Combine(scratch, RunFolder.MetricsName)).Select(step => step["seconds"]!.GetValue<double>()).ToList();
            var times = ends.Zip(ends.Skip(1), (from, to) => to - from).Order().ToList();
            return times[times.Count / 2];
        }
        finally
        {
            if (Directory.Exists(scratch)) Directory.Delete(scratch, recursive: true);
        }
    }

    /// <summary>One picture and its text, as long as the plan assumes.</summary>
    sealed class RandomSamples(TrainingWorkload work, int imageSize, int vocabulary) : ISampleSource
    {
        readonly float[] _pixels = new float[3 * imageSize * imageSize];

        public EncodedSample At(long position)
        {
            var random = new DeterministicRandom(1, (ulong)position);
            var text = Enumerable.Range(0, work.TextTokens).Select(_ => random.NextInt(vocabulary)).ToArray();
            int[] ids = [text[0], EncodedChat.ImageSlot, .. text[1..]];
            float[] weights = [.. ids.Select((_, i) => i >= ids.Length - work.SupervisedTokens ? 1f : 0)];
            return new EncodedSample($"random {position}", new EncodedChat(ids, weights), [_pixels]);
        }
    }
}
