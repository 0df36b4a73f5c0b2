using System.Runtime.CompilerServices;
using static TorchSharp.torch;

namespace TorchSharp;

/// <summary>Owns the tensors that are created on its thread while it is the innermost scope, and disposes them when it ends.</summary>
public sealed class DisposeScope : IDisposable
{
    readonly DisposeScopeManager _manager;
    readonly List<Tensor> _tensors = [];
    bool _ended;

    internal DisposeScope(DisposeScopeManager manager, DisposeScope? outer)
    {
        _manager = manager;
        OuterScope = outer;
    }

    internal DisposeScope? OuterScope { get; set; }

    public IReadOnlyList<IDisposable> DisposablesView => Live._tensors.ToArray();

    public int DisposablesCount => Live._tensors.Count;

    public bool Contains(IDisposable disposable) => disposable is Tensor tensor && tensor.OwningDisposeScope == this;

    public T MoveToOuter<T>(T disposable) where T : IDisposable
    {
        Move(OuterScope, disposable);
        return disposable;
    }

    public (T1 first, T2 second) MoveToOuter<T1, T2>(T1 first, T2 second) where T1 : IDisposable where T2 : IDisposable =>
        (MoveToOuter(first), MoveToOuter(second));

    public (T1 first, T2 second, T3 third) MoveToOuter<T1, T2, T3>(T1 first, T2 second, T3 third)
        where T1 : IDisposable where T2 : IDisposable where T3 : IDisposable =>
        (MoveToOuter(first), MoveToOuter(second), MoveToOuter(third));

    public void MoveToOuter(params IDisposable[] disposables) => MoveToOuter((IEnumerable<IDisposable>)disposables);

    public void MoveToOuter(IEnumerable<IDisposable> disposables) => MoveToOther(OuterScope, disposables);

    public T MoveToOther<T>(DisposeScope? scope, T disposable) where T : IDisposable
    {
        Move(scope, disposable);
        return disposable;
    }

    public void MoveToOther(DisposeScope? scope, IEnumerable<IDisposable> disposables)
    {
        foreach (var disposable in disposables) Move(scope, disposable);
    }

    public T Detach<T>(T disposable) where T : IDisposable
    {
        Move(null, disposable);
        return disposable;
    }

    public (T1 first, T2 second) Detach<T1, T2>(T1 first, T2 second) where T1 : IDisposable where T2 : IDisposable =>
        (Detach(first), Detach(second));

    public void Detach(params IDisposable[] disposables) => Detach((IEnumerable<IDisposable>)disposables);

    public void Detach(IEnumerable<IDisposable> disposables)
    {
        foreach (var disposable in disposables) Move(null, disposable);
    }

    public void Attach(IDisposable disposable)
    {
        var tensor = TensorOf(disposable);
        if (tensor.OwningDisposeScope == this) return;
        tensor.OwningDisposeScope?.Remove(tensor);
        Live.Add(tensor);
        _manager.Counts.AttachedToScopeCount++;
    }

    public void Attach(params IDisposable[] disposables) => Attach((IEnumerable<IDisposable>)disposables);

    public IReadOnlyList<IDisposable> Attach(IEnumerable<IDisposable> disposables)
    {
        var attached = disposables.ToList();
        foreach (var disposable in attached) Attach(disposable);
        return attached;
    }

    public void DisposeEverything() => DisposeEverythingBut(Enumerable.Empty<IDisposable>());

    public void DisposeEverythingBut(IEnumerable<IDisposable> inKeep)
    {
        var kept = new HashSet<IDisposable>(inKeep, ReferenceEqualityComparer.Instance);
        // Backwards, because disposing a tensor fills its place with the last one.
        for (var i = Live._tensors.Count - 1; i >= 0; i--)
        {
            if (kept.Count == 0 || !kept.Contains(_tensors[i])) _tensors[i].Dispose();
        }
    }

    public void DisposeEverythingBut(params IDisposable[] keep) => DisposeEverythingBut((IEnumerable<IDisposable>)keep);

    public T DisposeEverythingBut<T>(T keep) where T : IDisposable
    {
        DisposeEverythingBut(new IDisposable[] { keep });
        return keep;
    }

    public void Dispose()
    {
        if (_ended) return;
        DisposeEverything();
        _manager.Leave(this);
        _ended = true;
    }

    public void MarkAsDisposed(IDisposable disposable)
    {
        if (disposable is Tensor tensor && tensor.OwningDisposeScope == Live) Remove(tensor);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Add(Tensor tensor)
    {
        tensor.OwningDisposeScope = this;
        tensor.PlaceInScope = _tensors.Count;
        _tensors.Add(tensor);
    }

    internal void Remove(Tensor tensor)
    {
        var last = _tensors[^1];
        last.PlaceInScope = tensor.PlaceInScope;
        _tensors[tensor.PlaceInScope] = last;
        _tensors.RemoveAt(_tensors.Count - 1);
        tensor.OwningDisposeScope = null;
    }

    /// <summary>Puts one tensor in the place of another, whose memory it took over.</summary>
    internal void Replace(Tensor tensor, Tensor successor)
    {
        _tensors[tensor.PlaceInScope] = successor;
        successor.OwningDisposeScope = this;
        successor.PlaceInScope = tensor.PlaceInScope;
        tensor.OwningDisposeScope = null;
    }

    DisposeScope Live
    {
        get
        {
            ObjectDisposedException.ThrowIf(_ended, this);
            return this;
        }
    }

    void Move(DisposeScope? scope, IDisposable disposable)
    {
        var tensor = TensorOf(disposable);
        if (tensor.OwningDisposeScope != Live) return;
        Remove(tensor);
        if (scope is null) _manager.Counts.DetachedFromScopeCount++;
        else scope.Live.Add(tensor);
    }

    static Tensor TensorOf(IDisposable disposable) =>
        disposable as Tensor ?? throw new InvalidOperationException("DisposeScope can only manage tensors");
}
