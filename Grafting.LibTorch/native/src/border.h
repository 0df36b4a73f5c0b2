// The border between C++ and .NET: a handle is an at::Tensor allocated with new; no exception crosses; every function tells
// failure in its return value and leaves the record of it in thread-local storage (graft_last_error).
#pragma once
#include "compat.h"
#include <cstdint>
#include <initializer_list>
#include <vector>

#define GRAFT_API extern "C" __attribute__((visibility("default")))

namespace graft {

using Handle = at::Tensor*;

enum class ErrorKind : int32_t { other = 0, argument = 1, index = 2, out_of_memory = 3, not_implemented = 4 };

// A number on its way in; kind: 0 absent, 1 integer (bits), 2 floating (bits of a double), 3 boolean.
struct Scalar
{
    int64_t bits;
    int64_t kind;

    bool given() const { return kind != 0; }
    operator at::Scalar() const;
};

// What a factory needs to know: dtype, device type and index, requires_grad.
struct Placement
{
    int32_t dtype;
    int32_t device_type;
    int32_t device_index;
    int32_t requires_grad;

    at::TensorOptions options() const;
    at::Tensor finish(at::Tensor tensor) const { return requires_grad ? tensor.set_requires_grad(true) : tensor; }
};

// One entry between the brackets. kind: 0 None/Null (new axis), 1 single, 2 slice, 3 ellipsis, 4 boolean, 5 tensor.
struct Index
{
    int64_t kind;
    int64_t start;
    int64_t stop;
    int64_t step;
    Handle tensor;
};

// Files what is being handled in a catch block: its kind, the operation, the message and the operands' dtypes and shapes.
void file_error(const char* operation, std::initializer_list<const at::Tensor*> operands) noexcept;

template <class Body, class... Operands>
Handle make(const char* operation, Body&& body, Operands... operands) noexcept
{
    try { return new at::Tensor(body()); }
    catch (...) { file_error(operation, {operands...}); return nullptr; }
}

// 0: done, 1: failed.
template <class Body, class... Operands>
int32_t run(const char* operation, Body&& body, Operands... operands) noexcept
{
    try { body(); return 0; }
    catch (...) { file_error(operation, {operands...}); return 1; }
}

// Several tensors at once: they wait in thread-local storage for graft_take_tensors. Returns their number, -1: failed.
int32_t hand_over(std::vector<at::Tensor>&& tensors);

template <class Body, class... Operands>
int32_t make_many(const char* operation, Body&& body, Operands... operands) noexcept
{
    try { return hand_over(body()); }
    catch (...) { file_error(operation, {operands...}); return -1; }
}

inline at::IntArrayRef sizes(const int64_t* data, int32_t length) { return at::IntArrayRef(data, static_cast<size_t>(length)); }

inline optional<at::ScalarType> dtype_or_none(int32_t dtype)
{
    return dtype < 0 ? optional<at::ScalarType>() : optional<at::ScalarType>(static_cast<at::ScalarType>(dtype));
}

inline optional<at::Tensor> tensor_or_none(Handle tensor)
{
    return tensor == nullptr ? optional<at::Tensor>() : optional<at::Tensor>(*tensor);
}

// An absent length, dimension or slice border.
constexpr int64_t absent = INT64_MIN;
inline optional<int64_t> number_or_none(int64_t value) { return value == absent ? optional<int64_t>() : optional<int64_t>(value); }

std::vector<at::Tensor> gather_list(const Handle* tensors, int32_t count);

}

using graft::Handle;

// The common forms, so that each operation is one line.
#define GRAFT_UNARY(name) \
    GRAFT_API Handle graft_##name(Handle self) { return graft::make(#name, [&] { return self->name(); }, self); }
#define GRAFT_UNARY_IN_PLACE(name) \
    GRAFT_API int32_t graft_##name(Handle self) { return graft::run(#name, [&] { self->name(); }, self); }
#define GRAFT_BINARY(name) \
    GRAFT_API Handle graft_##name(Handle self, Handle other) \
    { return graft::make(#name, [&] { return self->name(*other); }, self, other); }
#define GRAFT_BINARY_IN_PLACE(name) \
    GRAFT_API int32_t graft_##name(Handle self, Handle other) \
    { return graft::run(#name, [&] { self->name(*other); }, self, other); }
#define GRAFT_BINARY_SCALAR(name) \
    GRAFT_API Handle graft_##name##_scalar(Handle self, graft::Scalar other) \
    { return graft::make(#name, [&] { return self->name(static_cast<at::Scalar>(other)); }, self); }
#define GRAFT_BINARY_SCALAR_IN_PLACE(name) \
    GRAFT_API int32_t graft_##name##_scalar_(Handle self, graft::Scalar other) \
    { return graft::run(#name "_", [&] { self->name##_(static_cast<at::Scalar>(other)); }, self); }
