using TorchSharp;

namespace Grafting.Tests.Support;

/// <summary>
/// The number of tensors that this thread made and has not disposed. <c>Tensor.TotalCount</c> will not do for a test that makes
/// parameters: with each of them TorchSharp's rises by one for good.
/// </summary>
static class LiveTensors
{
    internal static long Count => DisposeScopeManager.Statistics.ThreadTotalLiveCount;
}
