using System.Runtime.CompilerServices;

namespace TorchSharp;

/// <summary>The scopes of one thread, innermost first, and the count of what its tensors lived through.</summary>
public class DisposeScopeManager
{
    [ThreadStatic]
    static DisposeScopeManager? s_current;

    internal static DisposeScopeManager Current
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => s_current ??= new();
    }

    internal LifetimeStatistics Counts => StatisticsOfThread.TensorStatistics;

    internal ThreadDisposeScopeStatistics StatisticsOfThread { get; } = new();

    internal DisposeScope? Scope { get; private set; }

    public static ThreadDisposeScopeStatistics Statistics => Current.StatisticsOfThread;

    internal DisposeScope Enter() => Scope = new DisposeScope(this, Scope);

    internal void Leave(DisposeScope scope)
    {
        if (Scope == scope)
        {
            Scope = scope.OuterScope;
            return;
        }
        // Ended out of order: the scopes inside it go on with the one outside it.
        for (var inner = Scope; inner is not null; inner = inner.OuterScope)
        {
            if (inner.OuterScope == scope)
            {
                inner.OuterScope = scope.OuterScope;
                return;
            }
        }
    }

    internal void Created(torch.Tensor tensor)
    {
        if (Scope is { } scope)
        {
            scope.Add(tensor);
            Counts.CreatedInScopeCount++;
        }
        else
        {
            Counts.CreatedOutsideScopeCount++;
        }
    }

    internal void Disposing(torch.Tensor tensor)
    {
        if (tensor.OwningDisposeScope is { } scope)
        {
            scope.Remove(tensor);
            Counts.DisposedInScopeCount++;
        }
        else
        {
            Counts.DisposedOutsideScopeCount++;
        }
    }
}
