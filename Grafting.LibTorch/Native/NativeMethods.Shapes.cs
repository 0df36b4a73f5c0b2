using System.Runtime.InteropServices;

namespace Grafting.LibTorch;

// Views, joining, splitting: native/src/shapes.cpp.
static unsafe partial class NativeMethods
{
    [LibraryImport(Library)]
    internal static partial nint graft_t(nint self);

    [LibraryImport(Library)]
    internal static partial nint graft_view(nint self, long* shape, int length);

    [LibraryImport(Library)]
    internal static partial nint graft_reshape(nint self, long* shape, int length);

    [LibraryImport(Library)]
    internal static partial nint graft_flatten(nint self, long start, long end);

    [LibraryImport(Library)]
    internal static partial nint graft_unflatten(nint self, long dim, long* shape, int length);

    [LibraryImport(Library)]
    internal static partial nint graft_squeeze(nint self, long dim);

    [LibraryImport(Library)]
    internal static partial nint graft_unsqueeze(nint self, long dim);

    [LibraryImport(Library)]
    internal static partial nint graft_transpose(nint self, long dim0, long dim1);

    [LibraryImport(Library)]
    internal static partial nint graft_permute(nint self, long* dims, int length);

    [LibraryImport(Library)]
    internal static partial nint graft_expand(nint self, long* shape, int length, int isImplicit);

    [LibraryImport(Library)]
    internal static partial nint graft_repeat(nint self, long* times, int length);

    [LibraryImport(Library)]
    internal static partial nint graft_repeat_interleave(nint self, long repeats, long dim, long outputSize);

    [LibraryImport(Library)]
    internal static partial nint graft_repeat_interleave_tensor(nint self, nint repeats, long dim, long outputSize);

    [LibraryImport(Library)]
    internal static partial nint graft_flip(nint self, long* dims, int length);

    [LibraryImport(Library)]
    internal static partial nint graft_roll(nint self, long* shifts, int shiftCount, long* dims, int dimCount);

    [LibraryImport(Library)]
    internal static partial nint graft_tril(nint self, long diagonal);

    [LibraryImport(Library)]
    internal static partial nint graft_triu(nint self, long diagonal);

    [LibraryImport(Library)]
    internal static partial nint graft_as_strided(nint self, long* size, int sizeCount, long* strides, int strideCount, long offset);

    [LibraryImport(Library)]
    internal static partial nint graft_cat(nint* tensors, int count, long dim);

    [LibraryImport(Library)]
    internal static partial nint graft_stack(nint* tensors, int count, long dim);

    [LibraryImport(Library)]
    internal static partial int graft_split(nint self, long size, long dim);

    [LibraryImport(Library)]
    internal static partial int graft_split_sizes(nint self, long* parts, int length, long dim);

    [LibraryImport(Library)]
    internal static partial int graft_chunk(nint self, long chunks, long dim);

    [LibraryImport(Library)]
    internal static partial int graft_unbind(nint self, long dim);
}
