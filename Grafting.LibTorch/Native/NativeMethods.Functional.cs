using System.Runtime.InteropServices;

namespace Grafting.LibTorch;

// The layers' functions: native/src/functional.cpp.
static unsafe partial class NativeMethods
{
    [LibraryImport(Library)]
    internal static partial nint graft_linear(nint input, nint weight, nint bias);

    [LibraryImport(Library)]
    internal static partial nint graft_layer_norm(nint input, long* shape, int length, nint weight, nint bias, double eps);

    [LibraryImport(Library)]
    internal static partial nint graft_conv2d(
        nint input, nint weight, nint bias, long* strides, int strideCount, long* padding, int paddingCount, long* dilation,
        int dilationCount, long groups);

    [LibraryImport(Library)]
    internal static partial nint graft_dropout(nint input, double p, int training);

    [LibraryImport(Library)]
    internal static partial int graft_dropout_(nint input, double p, int training);

    [LibraryImport(Library)]
    internal static partial nint graft_attention(nint query, nint key, nint value, nint mask, double dropout, int causal);

    [LibraryImport(Library)]
    internal static partial nint graft_cross_entropy(
        nint input, nint target, nint weight, long ignoreIndex, long reduction, double smoothing);

    [LibraryImport(Library)]
    internal static partial nint graft_nll_loss(nint input, nint target, nint weight, long reduction);

    [LibraryImport(Library)]
    internal static partial nint graft_mse_loss(nint input, nint target, long reduction);

    [LibraryImport(Library)]
    internal static partial nint graft_kl_div(nint input, nint target, long reduction, int logTarget);

    [LibraryImport(Library)]
    internal static partial nint graft_one_hot(nint input, long classes);

    [LibraryImport(Library)]
    internal static partial nint graft_constant_pad(nint input, long* pad, int length, double value);

    [LibraryImport(Library)]
    internal static partial nint graft_interpolate(nint input, long* size, int length, int mode, int alignCorners, int antialias);
}
