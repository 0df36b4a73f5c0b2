namespace TorchSharp;

public static partial class torch
{
    /// <summary>The version of libtorch that the native library was built for.</summary>
    public static string __version__ => Grafting.LibTorch.NativeLibrary.TorchVersion;

    public static int get_num_threads() => graft_get_num_threads();

    public static void set_num_threads(int num) => Done(graft_set_num_threads(num));

    public static int get_num_interop_threads() => graft_get_num_interop_threads();

    public static void set_num_interop_threads(int num) => Done(graft_set_num_interop_threads(num));

    /// <summary>Opens a scope on this thread; tensors made while it is the innermost are disposed with it.</summary>
    public static DisposeScope NewDisposeScope() => DisposeScopeManager.Current.Enter();

    public static DisposeScope? CurrentDisposeScope => DisposeScopeManager.Current.Scope;

    /// <summary>Runs an expression in a scope of its own and keeps its result.</summary>
    public static Tensor WrappedTensorDisposeScope(Func<Tensor> expr)
    {
        using var scope = NewDisposeScope();
        return expr().MoveToOuterDisposeScope();
    }
}
