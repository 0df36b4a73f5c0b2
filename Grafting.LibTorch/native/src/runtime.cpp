// The library itself: versions, devices, threads.
#include "border.h"
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <dlfcn.h>
#include <string>

using namespace graft;

// Raised with every change of a signature or a struct; the managed half refuses any other.
GRAFT_API int32_t graft_abi_version() { return 1; }

// For the ABI tests: sizes of what crosses the border by value.
GRAFT_API int32_t graft_abi_size(int32_t what)
{
    switch (what)
    {
    case 0: return sizeof(Scalar);
    case 1: return sizeof(Placement);
    case 2: return sizeof(Index);
    default: return -1;
    }
}

// For the ABI tests: libtorch's name of a dtype or device number, so that the managed enumerations can be compared with it.
GRAFT_API const char* graft_abi_dtype_name(int32_t dtype) { return c10::toString(static_cast<at::ScalarType>(dtype)); }

GRAFT_API const char* graft_abi_device_name(int32_t device)
{
    static thread_local std::string name;
    return run("device", [&] { name = c10::DeviceTypeName(static_cast<c10::DeviceType>(device), true); }) == 0 ? name.c_str() : nullptr;
}

GRAFT_API const char* graft_torch_version() { return TORCH_VERSION; }

// Where the loader found the library that does the work.
GRAFT_API const char* graft_torch_path()
{
    static const std::string path = [] {
        Dl_info info;
        return dladdr(reinterpret_cast<const void*>(&at::get_num_threads), &info) != 0 && info.dli_fname != nullptr
            ? std::string(info.dli_fname) : std::string();
    }();
    return path.c_str();
}

GRAFT_API const char* graft_torch_configuration()
{
    static const std::string text = [] {
        try { return at::show_config() + at::get_parallel_info(); }
        catch (const std::exception& error) { return std::string("unknown: ") + error.what(); }
    }();
    return text.c_str();
}

GRAFT_API int32_t graft_cuda_is_available()
{
    int32_t available = 0;
    run("cuda.is_available", [&] { available = at::hasCUDA() ? 1 : 0; });
    return available;
}

GRAFT_API int32_t graft_cuda_device_count()
{
    int32_t count = 0;
    run("cuda.device_count", [&] { count = cuda_device_count(); });
    return count;
}

GRAFT_API int32_t graft_cuda_synchronize(int32_t device_index)
{
    return run("cuda.synchronize", [&] { if (at::hasCUDA()) cuda_synchronize(device_index); });
}

GRAFT_API int32_t graft_get_num_threads() { return at::get_num_threads(); }

// ATen hands the number to OpenMP and MKL; an OpenBLAS with threads of its own has to be told here.
GRAFT_API int32_t graft_set_num_threads(int32_t count)
{
    return run("set_num_threads", [&] {
        at::set_num_threads(count);
        using SetThreads = void (*)(int);
        if (const auto set_blas = reinterpret_cast<SetThreads>(dlsym(RTLD_DEFAULT, "openblas_set_num_threads"))) set_blas(count);
    });
}

GRAFT_API int32_t graft_get_num_interop_threads() { return at::get_num_interop_threads(); }

GRAFT_API int32_t graft_set_num_interop_threads(int32_t count)
{
    return run("set_num_interop_threads", [&] { at::set_num_interop_threads(count); });
}
