using Grafting.Core.Models;
using Grafting.Core.Models.Adapters;
using Grafting.Core.Models.Decoders;
using Grafting.Core.Models.Decoders.Llama;
using Grafting.Core.Models.Towers;
using Grafting.Core.Models.Towers.Clip;
using TorchSharp;
using static TorchSharp.torch;

namespace Grafting.Tests.Models;

/// <summary>Models of a few thousand parameters from a seed, for tests that need no reference values.</summary>
static class Tiny
{
    public static readonly LlamaConfig LlamaConfig = new(
        new(Width: 16, FeedForwardWidth: 24, Layers: 2, Heads: 4, KvHeads: 2, HeadWidth: 4, Vocabulary: 30, MaxPositions: 64),
        NormEpsilon: 1e-5, new(Theta: 200), TieEmbeddings: true, InitialiserRange: 0.3);

    public static readonly ClipVisionConfig TowerConfig = new(
        Width: 12, FeedForwardWidth: 20, Layers: 2, Heads: 3, ImageSize: 8, PatchSize: 4);

    public static LlamaConfig WithShape(Func<DecoderShape, DecoderShape> change) => LlamaConfig with { Shape = change(LlamaConfig.Shape) };

    public static Decoder Llama(ulong seed = 1, ScalarType dtype = ScalarType.Float32, LlamaConfig? config = null) =>
        DecoderFamilies.Create(config ?? LlamaConfig, seed, CPU, dtype);

    public static VisionEncoder Encoder(ulong seed = 1, FeaturePath? path = null, bool boundary = true)
    {
        var tower = TowerFamilies.Create(TowerConfig, path ?? new(), seed, CPU, ScalarType.Float32);
        var encoder = new VisionEncoder(
            tower, new MlpAdapter(new(tower.Width, LlamaConfig.Shape.Width), CPU, ScalarType.Float32), boundary);
        encoder.InitialiseBridge(seed);
        return encoder;
    }

    public static Tensor Positions(long rows, long columns) => torch.arange(columns, ScalarType.Int64).expand(rows, columns);
}
