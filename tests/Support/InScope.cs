using TorchSharp;

namespace Grafting.Tests.Support;

/// <summary>Runs each test in a scope of its own.</summary>
public abstract class InScope
{
    DisposeScope _scope = null!;

    [SetUp]
    public void OpenScope() => _scope = torch.NewDisposeScope();

    [TearDown]
    public void CloseScope() => _scope.Dispose();
}
