using System.Runtime.InteropServices;

namespace Grafting.LibTorch;

// Gradients: native/src/autograd.cpp.
static unsafe partial class NativeMethods
{
    [LibraryImport(Library)]
    internal static partial int graft_set_requires_grad(nint self, int value);

    [LibraryImport(Library)]
    internal static partial int graft_retain_grad(nint self);

    [LibraryImport(Library)]
    internal static partial int graft_grad(nint self, nint* result);

    [LibraryImport(Library)]
    internal static partial int graft_set_grad(nint self, nint grad);

    [LibraryImport(Library)]
    internal static partial int graft_backward(nint self);

    [LibraryImport(Library)]
    internal static partial int graft_backward_many(
        nint* tensors, int count, nint* grads, int gradCount, nint* inputs, int inputCount, int retainGraph, int createGraph);

    [LibraryImport(Library)]
    internal static partial int graft_autograd_grad(
        nint* outputs, int count, nint* inputs, int inputCount, nint* grads, int gradCount, int retainGraph, int createGraph,
        int allowUnused);

    [LibraryImport(Library)]
    internal static partial int graft_is_grad_enabled();

    [LibraryImport(Library)]
    internal static partial void graft_set_grad_enabled(int value);

    [LibraryImport(Library)]
    internal static partial int graft_is_inference_mode();

    [LibraryImport(Library)]
    internal static partial nint graft_inference_mode_enter(int value);

    [LibraryImport(Library)]
    internal static partial void graft_inference_mode_leave(nint guard);
}
