using System.Runtime.InteropServices;

namespace Grafting.LibTorch;

// Life, properties and conversion of one tensor: native/src/tensor.cpp.
// Where the garbage collector is not told (SuppressGCTransition), C++ reads a field: no lock, no allocation, no exception.
static unsafe partial class NativeMethods
{
    [LibraryImport(Library)]
    internal static partial void graft_dispose(nint self);

    [LibraryImport(Library), SuppressGCTransition]
    internal static partial long graft_dim(nint self);

    [LibraryImport(Library), SuppressGCTransition]
    internal static partial long graft_numel(nint self);

    [LibraryImport(Library), SuppressGCTransition]
    internal static partial long graft_element_size(nint self);

    [LibraryImport(Library), SuppressGCTransition]
    internal static partial int graft_dtype(nint self);

    [LibraryImport(Library), SuppressGCTransition]
    internal static partial int graft_device_type(nint self);

    [LibraryImport(Library), SuppressGCTransition]
    internal static partial int graft_device_index(nint self);

    [LibraryImport(Library), SuppressGCTransition]
    internal static partial int graft_is_contiguous(nint self);

    [LibraryImport(Library), SuppressGCTransition]
    internal static partial long graft_storage_offset(nint self);

    [LibraryImport(Library), SuppressGCTransition]
    internal static partial int graft_requires_grad(nint self);

    [LibraryImport(Library), SuppressGCTransition]
    internal static partial int graft_is_leaf(nint self);

    [LibraryImport(Library), SuppressGCTransition]
    internal static partial void graft_sizes(nint self, long* sizes);

    [LibraryImport(Library), SuppressGCTransition]
    internal static partial void graft_strides(nint self, long* strides);

    [LibraryImport(Library)]
    internal static partial int graft_size(nint self, long dim, long* size);

    [LibraryImport(Library)]
    internal static partial int graft_stride(nint self, long dim, long* stride);

    [LibraryImport(Library)]
    internal static partial int graft_data(nint self, void** data);

    [LibraryImport(Library)]
    internal static partial int graft_item(nint self, NativeScalar* value);

    [LibraryImport(Library)]
    internal static partial nint graft_alias(nint self);

    [LibraryImport(Library)]
    internal static partial nint graft_clone(nint self);

    [LibraryImport(Library)]
    internal static partial nint graft_contiguous(nint self);

    [LibraryImport(Library)]
    internal static partial nint graft_detach(nint self);

    [LibraryImport(Library)]
    internal static partial int graft_detach_(nint self);

    [LibraryImport(Library)]
    internal static partial nint graft_cpu(nint self);

    [LibraryImport(Library)]
    internal static partial nint graft_pin_memory(nint self);

    [LibraryImport(Library)]
    internal static partial nint graft_to(nint self, int dtype, int deviceType, int deviceIndex, int copy, int nonBlocking);

    [LibraryImport(Library)]
    internal static partial int graft_copy_(nint self, nint source, int nonBlocking);
}
