using System.Runtime.InteropServices;

namespace Grafting.LibTorch;

// New tensors: native/src/creation.cpp.
static unsafe partial class NativeMethods
{
    [LibraryImport(Library)]
    internal static partial nint graft_empty(long* size, int length, Placement place);

    [LibraryImport(Library)]
    internal static partial nint graft_zeros(long* size, int length, Placement place);

    [LibraryImport(Library)]
    internal static partial nint graft_ones(long* size, int length, Placement place);

    [LibraryImport(Library)]
    internal static partial nint graft_full(long* size, int length, NativeScalar value, Placement place);

    [LibraryImport(Library)]
    internal static partial nint graft_arange(NativeScalar start, NativeScalar stop, NativeScalar step, Placement place);

    [LibraryImport(Library)]
    internal static partial nint graft_eye(long rows, long columns, Placement place);

    [LibraryImport(Library)]
    internal static partial nint graft_linspace(double start, double end, long steps, Placement place);

    [LibraryImport(Library)]
    internal static partial nint graft_from_memory(void* data, int dtype, long* size, int length, Placement place);

    [LibraryImport(Library)]
    internal static partial nint graft_over_memory(
        void* data, int dtype, long* size, int length, delegate* unmanaged<void*, void> released, void* context);
}
