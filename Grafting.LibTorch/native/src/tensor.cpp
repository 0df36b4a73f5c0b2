// Life, properties and conversion of one tensor.
#include "border.h"
#include <cstring>

using namespace graft;

GRAFT_API void graft_dispose(Handle self) { delete self; }

// The cheap questions: nothing here throws for a defined tensor, so they have no error path.
GRAFT_API int64_t graft_dim(Handle self) { return self->dim(); }
GRAFT_API int64_t graft_numel(Handle self) { return self->numel(); }
GRAFT_API int64_t graft_element_size(Handle self) { return static_cast<int64_t>(self->element_size()); }
GRAFT_API int32_t graft_dtype(Handle self) { return static_cast<int32_t>(self->scalar_type()); }
GRAFT_API int32_t graft_device_type(Handle self) { return static_cast<int32_t>(self->device().type()); }
GRAFT_API int32_t graft_device_index(Handle self) { return static_cast<int32_t>(self->device().index()); }
GRAFT_API int32_t graft_is_contiguous(Handle self) { return self->is_contiguous() ? 1 : 0; }
GRAFT_API int64_t graft_storage_offset(Handle self) { return self->storage_offset(); }
GRAFT_API int32_t graft_requires_grad(Handle self) { return self->requires_grad() ? 1 : 0; }
GRAFT_API int32_t graft_is_leaf(Handle self) { return self->is_leaf() ? 1 : 0; }

GRAFT_API void graft_sizes(Handle self, int64_t* sizes)
{
    for (auto size : self->sizes()) *sizes++ = size;
}

GRAFT_API void graft_strides(Handle self, int64_t* strides)
{
    for (auto stride : self->strides()) *strides++ = stride;
}

GRAFT_API int32_t graft_size(Handle self, int64_t dim, int64_t* size)
{
    return run("size", [&] { *size = self->size(dim); }, self);
}

GRAFT_API int32_t graft_stride(Handle self, int64_t dim, int64_t* stride)
{
    return run("stride", [&] { *stride = self->stride(dim); }, self);
}

// Null for a tensor without elements too, so success is told apart.
GRAFT_API int32_t graft_data(Handle self, void** data)
{
    return run("data", [&] { *data = self->data_ptr(); }, self);
}

// kind as in graft::Scalar.
GRAFT_API int32_t graft_item(Handle self, Scalar* value)
{
    return run("item", [&] {
        const at::Scalar item = self->item();
        if (item.isBoolean()) *value = {item.toBool() ? 1 : 0, 3};
        else if (item.isIntegral(false)) *value = {item.toLong(), 1};
        else
        {
            const double number = item.toDouble();
            value->kind = 2;
            std::memcpy(&value->bits, &number, sizeof number);
        }
    }, self);
}

// The tensor itself once more, not a view of it: autograd sees no operation.
GRAFT_API Handle graft_alias(Handle self) { return make("alias", [&] { return *self; }, self); }

GRAFT_UNARY(clone)
GRAFT_UNARY(contiguous)
GRAFT_UNARY(detach)
GRAFT_UNARY_IN_PLACE(detach_)

GRAFT_API Handle graft_cpu(Handle self) { return make("cpu", [&] { return self->cpu(); }, self); }

GRAFT_API Handle graft_pin_memory(Handle self) { return make("pin_memory", [&] { return self->pin_memory(); }, self); }

// dtype < 0: as it is; device_type < 0: where it is.
GRAFT_API Handle graft_to(Handle self, int32_t dtype, int32_t device_type, int32_t device_index, int32_t copy, int32_t non_blocking)
{
    return make("to", [&] {
        const auto type = dtype < 0 ? self->scalar_type() : static_cast<at::ScalarType>(dtype);
        if (device_type < 0) return self->to(type, non_blocking != 0, copy != 0);
        const c10::Device device(static_cast<c10::DeviceType>(device_type), static_cast<c10::DeviceIndex>(device_index));
        return self->to(device, type, non_blocking != 0, copy != 0);
    }, self);
}

GRAFT_API int32_t graft_copy_(Handle self, Handle source, int32_t non_blocking)
{
    return run("copy_", [&] { self->copy_(*source, non_blocking != 0); }, self, source);
}
