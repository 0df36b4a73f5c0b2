using System.Runtime.InteropServices;

namespace Grafting.LibTorch;

// Comparisons: native/src/comparison.cpp.
static unsafe partial class NativeMethods
{
    [LibraryImport(Library)]
    internal static partial nint graft_eq(nint self, nint other);

    [LibraryImport(Library)]
    internal static partial nint graft_eq_scalar(nint self, NativeScalar other);

    [LibraryImport(Library)]
    internal static partial nint graft_ne(nint self, nint other);

    [LibraryImport(Library)]
    internal static partial nint graft_ne_scalar(nint self, NativeScalar other);

    [LibraryImport(Library)]
    internal static partial nint graft_lt(nint self, nint other);

    [LibraryImport(Library)]
    internal static partial nint graft_lt_scalar(nint self, NativeScalar other);

    [LibraryImport(Library)]
    internal static partial nint graft_le(nint self, nint other);

    [LibraryImport(Library)]
    internal static partial nint graft_le_scalar(nint self, NativeScalar other);

    [LibraryImport(Library)]
    internal static partial nint graft_gt(nint self, nint other);

    [LibraryImport(Library)]
    internal static partial nint graft_gt_scalar(nint self, NativeScalar other);

    [LibraryImport(Library)]
    internal static partial nint graft_ge(nint self, nint other);

    [LibraryImport(Library)]
    internal static partial nint graft_ge_scalar(nint self, NativeScalar other);

    [LibraryImport(Library)]
    internal static partial nint graft_maximum(nint self, nint other);

    [LibraryImport(Library)]
    internal static partial nint graft_minimum(nint self, nint other);

    [LibraryImport(Library)]
    internal static partial nint graft_logical_and(nint self, nint other);

    [LibraryImport(Library)]
    internal static partial nint graft_logical_or(nint self, nint other);

    [LibraryImport(Library)]
    internal static partial nint graft_logical_xor(nint self, nint other);

    [LibraryImport(Library)]
    internal static partial nint graft_bitwise_and(nint self, nint other);

    [LibraryImport(Library)]
    internal static partial nint graft_bitwise_or(nint self, nint other);

    [LibraryImport(Library)]
    internal static partial nint graft_bitwise_xor(nint self, nint other);

    [LibraryImport(Library)]
    internal static partial nint graft_bitwise_not(nint self);

    [LibraryImport(Library)]
    internal static partial nint graft_isfinite(nint self);

    [LibraryImport(Library)]
    internal static partial nint graft_isinf(nint self);

    [LibraryImport(Library)]
    internal static partial nint graft_isnan(nint self);

    [LibraryImport(Library)]
    internal static partial int graft_allclose(nint self, nint other, double rtol, double atol, int equalNan, int* result);

    [LibraryImport(Library)]
    internal static partial nint graft_where(nint condition, nint self, nint other);
}
