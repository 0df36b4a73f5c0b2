using System.Runtime.InteropServices;

namespace Grafting.LibTorch;

// Versions, devices, threads: native/src/runtime.cpp.
static unsafe partial class NativeMethods
{
    [LibraryImport(Library)]
    internal static partial int graft_abi_version();

    [LibraryImport(Library)]
    internal static partial int graft_abi_size(int what);

    [LibraryImport(Library)]
    internal static partial byte* graft_abi_dtype_name(int dtype);

    [LibraryImport(Library)]
    internal static partial byte* graft_abi_device_name(int device);

    [LibraryImport(Library)]
    internal static partial byte* graft_torch_version();

    [LibraryImport(Library)]
    internal static partial byte* graft_torch_path();

    [LibraryImport(Library)]
    internal static partial byte* graft_torch_configuration();

    [LibraryImport(Library)]
    internal static partial int graft_cuda_is_available();

    [LibraryImport(Library)]
    internal static partial int graft_cuda_device_count();

    [LibraryImport(Library)]
    internal static partial int graft_cuda_synchronize(int deviceIndex);

    [LibraryImport(Library)]
    internal static partial int graft_get_num_threads();

    [LibraryImport(Library)]
    internal static partial int graft_set_num_threads(int count);

    [LibraryImport(Library)]
    internal static partial int graft_get_num_interop_threads();

    [LibraryImport(Library)]
    internal static partial int graft_set_num_interop_threads(int count);
}
