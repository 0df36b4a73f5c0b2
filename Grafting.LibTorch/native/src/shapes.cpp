// Views, rearranging, joining and splitting.
#include "border.h"

using namespace graft;

GRAFT_UNARY(t)

GRAFT_API Handle graft_view(Handle self, const int64_t* shape, int32_t length)
{
    return make("view", [&] { return self->view(sizes(shape, length)); }, self);
}

GRAFT_API Handle graft_reshape(Handle self, const int64_t* shape, int32_t length)
{
    return make("reshape", [&] { return self->reshape(sizes(shape, length)); }, self);
}

GRAFT_API Handle graft_flatten(Handle self, int64_t start, int64_t end)
{
    return make("flatten", [&] { return self->flatten(start, end); }, self);
}

GRAFT_API Handle graft_unflatten(Handle self, int64_t dim, const int64_t* shape, int32_t length)
{
    return make("unflatten", [&] { return self->unflatten(dim, sizes(shape, length)); }, self);
}

GRAFT_API Handle graft_squeeze(Handle self, int64_t dim)
{
    return make("squeeze", [&] { return dim == absent ? self->squeeze() : self->squeeze(dim); }, self);
}

GRAFT_API Handle graft_unsqueeze(Handle self, int64_t dim)
{
    return make("unsqueeze", [&] { return self->unsqueeze(dim); }, self);
}

GRAFT_API Handle graft_transpose(Handle self, int64_t dim0, int64_t dim1)
{
    return make("transpose", [&] { return self->transpose(dim0, dim1); }, self);
}

GRAFT_API Handle graft_permute(Handle self, const int64_t* dims, int32_t length)
{
    return make("permute", [&] { return self->permute(sizes(dims, length)); }, self);
}

GRAFT_API Handle graft_expand(Handle self, const int64_t* shape, int32_t length, int32_t is_implicit)
{
    return make("expand", [&] { return self->expand(sizes(shape, length), is_implicit != 0); }, self);
}

GRAFT_API Handle graft_repeat(Handle self, const int64_t* times, int32_t length)
{
    return make("repeat", [&] { return self->repeat(sizes(times, length)); }, self);
}

GRAFT_API Handle graft_repeat_interleave(Handle self, int64_t repeats, int64_t dim, int64_t output_size)
{
    return make("repeat_interleave", [&] {
        return self->repeat_interleave(repeats, number_or_none(dim), number_or_none(output_size));
    }, self);
}

GRAFT_API Handle graft_repeat_interleave_tensor(Handle self, Handle repeats, int64_t dim, int64_t output_size)
{
    return make("repeat_interleave", [&] {
        return self->repeat_interleave(*repeats, number_or_none(dim), number_or_none(output_size));
    }, self, repeats);
}

GRAFT_API Handle graft_flip(Handle self, const int64_t* dims, int32_t length)
{
    return make("flip", [&] { return self->flip(sizes(dims, length)); }, self);
}

GRAFT_API Handle graft_roll(Handle self, const int64_t* shifts, int32_t shift_count, const int64_t* dims, int32_t dim_count)
{
    return make("roll", [&] { return self->roll(sizes(shifts, shift_count), sizes(dims, dim_count)); }, self);
}

GRAFT_API Handle graft_tril(Handle self, int64_t diagonal) { return make("tril", [&] { return self->tril(diagonal); }, self); }
GRAFT_API Handle graft_triu(Handle self, int64_t diagonal) { return make("triu", [&] { return self->triu(diagonal); }, self); }

GRAFT_API Handle graft_as_strided(Handle self, const int64_t* size, int32_t size_count, const int64_t* strides, int32_t stride_count,
                                  int64_t offset)
{
    return make("as_strided", [&] { return self->as_strided(sizes(size, size_count), sizes(strides, stride_count), offset); }, self);
}

GRAFT_API Handle graft_cat(const Handle* tensors, int32_t count, int64_t dim)
{
    return make("cat", [&] { return at::cat(gather_list(tensors, count), dim); },
                count > 0 ? tensors[0] : nullptr, count > 1 ? tensors[1] : nullptr);
}

GRAFT_API Handle graft_stack(const Handle* tensors, int32_t count, int64_t dim)
{
    return make("stack", [&] { return at::stack(gather_list(tensors, count), dim); },
                count > 0 ? tensors[0] : nullptr, count > 1 ? tensors[1] : nullptr);
}

GRAFT_API int32_t graft_split(Handle self, int64_t size, int64_t dim)
{
    return make_many("split", [&] { return self->split(size, dim); }, self);
}

GRAFT_API int32_t graft_split_sizes(Handle self, const int64_t* parts, int32_t length, int64_t dim)
{
    return make_many("split", [&] { return self->split_with_sizes(sizes(parts, length), dim); }, self);
}

GRAFT_API int32_t graft_chunk(Handle self, int64_t chunks, int64_t dim)
{
    return make_many("chunk", [&] { return self->chunk(chunks, dim); }, self);
}

GRAFT_API int32_t graft_unbind(Handle self, int64_t dim)
{
    return make_many("unbind", [&] { return self->unbind(dim); }, self);
}
