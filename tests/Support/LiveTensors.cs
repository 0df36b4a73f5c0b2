using NUnit.Framework.Interfaces;
using TorchSharp;

[assembly: Grafting.Tests.Support.NoTensorLeftBehind]

namespace Grafting.Tests.Support;

/// <summary>
/// The number of tensors that this thread made and has not disposed. <c>Tensor.TotalCount</c> will not do: the collector lowers it when
/// it frees what was forgotten, which would hide the fault, and with every parameter TorchSharp's rises by one for good.
/// </summary>
static class LiveTensors
{
    internal static long Count => DisposeScopeManager.Statistics.ThreadTotalLiveCount;
}

/// <summary>
/// Fails a test that leaves tensors behind. A tensor has to be disposed on the thread that made it, which is the rule of this project
/// anyway. What a fixture shares between its tests belongs into its OneTimeSetUp and OneTimeTearDown.
/// </summary>
[AttributeUsage(AttributeTargets.Assembly)]
sealed class NoTensorLeftBehindAttribute : Attribute, ITestAction
{
    [ThreadStatic]
    static long s_before;

    public ActionTargets Targets => ActionTargets.Test;

    public void BeforeTest(ITest test) => s_before = LiveTensors.Count;

    public void AfterTest(ITest test)
    {
        var left = LiveTensors.Count - s_before;
        Assert.That(left, Is.Zero, $"{left} tensors are alive that were not there before the test");
    }
}
