using System.Runtime.InteropServices;

namespace Grafting.LibTorch;

// Picking and placing: native/src/indexing.cpp.
static unsafe partial class NativeMethods
{
    [LibraryImport(Library)]
    internal static partial nint graft_index_get(nint self, NativeIndex* indices, int count);

    [LibraryImport(Library)]
    internal static partial int graft_index_put_(nint self, NativeIndex* indices, int count, nint value, int accumulate);

    [LibraryImport(Library)]
    internal static partial int graft_index_put_scalar_(nint self, NativeIndex* indices, int count, NativeScalar value);

    [LibraryImport(Library)]
    internal static partial nint graft_select(nint self, long dim, long index);

    [LibraryImport(Library)]
    internal static partial nint graft_slice(nint self, long dim, long start, long finish, long step);

    [LibraryImport(Library)]
    internal static partial nint graft_narrow(nint self, long dim, long start, long length);

    [LibraryImport(Library)]
    internal static partial nint graft_gather(nint self, long dim, nint index);

    [LibraryImport(Library)]
    internal static partial nint graft_scatter(nint self, long dim, nint index, nint source);

    [LibraryImport(Library)]
    internal static partial int graft_scatter_(nint self, long dim, nint index, nint source);

    [LibraryImport(Library)]
    internal static partial int graft_scatter_add_(nint self, long dim, nint index, nint source);

    [LibraryImport(Library)]
    internal static partial nint graft_index_select(nint self, long dim, nint index);

    [LibraryImport(Library)]
    internal static partial nint graft_index_add(nint self, long dim, nint index, nint source, NativeScalar alpha);

    [LibraryImport(Library)]
    internal static partial int graft_index_add_(nint self, long dim, nint index, nint source, NativeScalar alpha);

    [LibraryImport(Library)]
    internal static partial nint graft_index_copy(nint self, long dim, nint index, nint source);

    [LibraryImport(Library)]
    internal static partial int graft_index_copy_(nint self, long dim, nint index, nint source);

    [LibraryImport(Library)]
    internal static partial nint graft_index_fill(nint self, long dim, nint index, NativeScalar value);

    [LibraryImport(Library)]
    internal static partial nint graft_masked_fill(nint self, nint mask, NativeScalar value);

    [LibraryImport(Library)]
    internal static partial int graft_masked_fill_(nint self, nint mask, NativeScalar value);

    [LibraryImport(Library)]
    internal static partial nint graft_masked_select(nint self, nint mask);

    [LibraryImport(Library)]
    internal static partial nint graft_masked_scatter(nint self, nint mask, nint source);

    [LibraryImport(Library)]
    internal static partial nint graft_nonzero(nint self);
}
