// New tensors from sizes, numbers and memory.
#include "border.h"
#include <cstring>

using namespace graft;

GRAFT_API Handle graft_empty(const int64_t* size, int32_t length, Placement place)
{
    return make("empty", [&] { return place.finish(at::empty(sizes(size, length), place.options())); });
}

GRAFT_API Handle graft_zeros(const int64_t* size, int32_t length, Placement place)
{
    return make("zeros", [&] { return place.finish(at::zeros(sizes(size, length), place.options())); });
}

GRAFT_API Handle graft_ones(const int64_t* size, int32_t length, Placement place)
{
    return make("ones", [&] { return place.finish(at::ones(sizes(size, length), place.options())); });
}

GRAFT_API Handle graft_full(const int64_t* size, int32_t length, Scalar value, Placement place)
{
    return make("full", [&] { return place.finish(at::full(sizes(size, length), value, place.options())); });
}

GRAFT_API Handle graft_arange(Scalar start, Scalar stop, Scalar step, Placement place)
{
    return make("arange", [&] { return place.finish(at::arange(start, stop, step, place.options())); });
}

GRAFT_API Handle graft_eye(int64_t rows, int64_t columns, Placement place)
{
    return make("eye", [&] { return place.finish(at::eye(rows, columns, place.options())); });
}

GRAFT_API Handle graft_linspace(double start, double end, int64_t steps, Placement place)
{
    return make("linspace", [&] { return place.finish(at::linspace(start, end, steps, place.options())); });
}

// A copy of dense memory of type dtype, converted and moved as asked.
GRAFT_API Handle graft_from_memory(const void* data, int32_t dtype, const int64_t* size, int32_t length, Placement place)
{
    return make("tensor", [&] {
        auto tensor = at::empty(sizes(size, length), at::TensorOptions().dtype(static_cast<at::ScalarType>(dtype)));
        if (tensor.numel() > 0) std::memcpy(tensor.data_ptr(), data, tensor.nbytes());
        return place.finish(tensor.to(place.options().device(), static_cast<at::ScalarType>(place.dtype)));
    });
}

// Memory of the caller, shared: released(context) is called when the last tensor over it is gone.
GRAFT_API Handle graft_over_memory(void* data, int32_t dtype, const int64_t* size, int32_t length, void (*released)(void*), void* context)
{
    return make("from_array", [&] {
        return at::from_blob(data, sizes(size, length), [released, context](void*) { released(context); },
                             at::TensorOptions().dtype(static_cast<at::ScalarType>(dtype)));
    });
}
