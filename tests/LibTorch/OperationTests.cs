using TorchSharp;
using static TorchSharp.torch;

namespace Grafting.Tests.LibTorch;

/// <summary>A broad sample of operations against numbers worked out by hand.</summary>
public class OperationTests
{
    DisposeScope _scope = null!;

    [SetUp]
    public void Open() => _scope = NewDisposeScope();

    [TearDown]
    public void Close() => _scope.Dispose();

    [Test]
    public void Arithmetic_between_tensors_and_numbers()
    {
        var a = tensor(new float[] { 1, 2, 3, 4 }, [2, 2]);
        var b = tensor(new float[] { 10, 20 });
        Assert.Multiple(() =>
        {
            Assert.That(Values(a + b), Is.EqualTo(new float[] { 11, 22, 13, 24 }));
            Assert.That(Values(a - 1), Is.EqualTo(new float[] { 0, 1, 2, 3 }));
            Assert.That(Values(1 - a), Is.EqualTo(new float[] { 0, -1, -2, -3 }));
            Assert.That(Values(a * 0.5), Is.EqualTo(new float[] { 0.5f, 1, 1.5f, 2 }));
            Assert.That(Values(12 / a), Is.EqualTo(new float[] { 12, 6, 4, 3 }));
            Assert.That(Values(a / 2L), Is.EqualTo(new float[] { 0.5f, 1, 1.5f, 2 }));
            Assert.That(Values(-a), Is.EqualTo(new float[] { -1, -2, -3, -4 }));
            Assert.That(Values(a.matmul(a)), Is.EqualTo(new float[] { 7, 10, 15, 22 }));
        });
    }

    static float[] Values(Tensor tensor) => tensor.data<float>().ToArray();
}
