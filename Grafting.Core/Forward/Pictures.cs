using Grafting.Core.Models;
using static TorchSharp.torch;

namespace Grafting.Core.Forward;

/// <summary>What turns pictures into what stands among a decoder's words.</summary>
/// <param name="Token">Id that stands at every position of a picture.</param>
/// <param name="Features">Pictures [n, 3, S, S] to embeddings [n, v, w].</param>
sealed record Pictures(VisionTower Tower, long Token, Func<Tensor, Tensor> Features);
