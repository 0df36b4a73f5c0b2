// Picking and placing elements.
#include "border.h"

using namespace graft;

namespace {

std::vector<at::indexing::TensorIndex> entries(const Index* indices, int32_t count)
{
    std::vector<at::indexing::TensorIndex> list;
    list.reserve(static_cast<size_t>(count));
    for (int32_t i = 0; i < count; i++)
    {
        const auto& entry = indices[i];
        switch (entry.kind)
        {
        case 0: list.emplace_back(at::indexing::None); break;
        case 1: list.emplace_back(entry.start); break;
        case 2: list.emplace_back(at::indexing::Slice(number_or_none(entry.start), number_or_none(entry.stop), number_or_none(entry.step))); break;
        case 3: list.emplace_back(at::indexing::Ellipsis); break;
        case 4: list.emplace_back(entry.start != 0); break;
        default: list.emplace_back(*entry.tensor); break;
        }
    }
    return list;
}

}

GRAFT_API Handle graft_index_get(Handle self, const Index* indices, int32_t count)
{
    return make("index", [&] { return self->index(entries(indices, count)); }, self);
}

GRAFT_API int32_t graft_index_put_(Handle self, const Index* indices, int32_t count, Handle value, int32_t accumulate)
{
    return run("index_put_", [&] {
        if (accumulate == 0) { self->index_put_(entries(indices, count), *value); return; }
        c10::List<optional<at::Tensor>> tensors;
        for (int32_t i = 0; i < count; i++) tensors.push_back(tensor_or_none(indices[i].tensor));
        self->index_put_(tensors, *value, true);
    }, self, value);
}

GRAFT_API int32_t graft_index_put_scalar_(Handle self, const Index* indices, int32_t count, Scalar value)
{
    return run("index_put_", [&] { self->index_put_(entries(indices, count), static_cast<at::Scalar>(value)); }, self);
}

GRAFT_API Handle graft_select(Handle self, int64_t dim, int64_t index)
{
    return make("select", [&] { return self->select(dim, index); }, self);
}

GRAFT_API Handle graft_slice(Handle self, int64_t dim, int64_t start, int64_t finish, int64_t step)
{
    return make("slice", [&] { return self->slice(dim, start, finish, step); }, self);
}

GRAFT_API Handle graft_narrow(Handle self, int64_t dim, int64_t start, int64_t length)
{
    return make("narrow", [&] { return self->narrow(dim, start, length); }, self);
}

GRAFT_API Handle graft_gather(Handle self, int64_t dim, Handle index)
{
    return make("gather", [&] { return self->gather(dim, *index); }, self, index);
}

GRAFT_API Handle graft_scatter(Handle self, int64_t dim, Handle index, Handle source)
{
    return make("scatter", [&] { return self->scatter(dim, *index, *source); }, self, index, source);
}

GRAFT_API int32_t graft_scatter_(Handle self, int64_t dim, Handle index, Handle source)
{
    return run("scatter_", [&] { self->scatter_(dim, *index, *source); }, self, index, source);
}

GRAFT_API int32_t graft_scatter_add_(Handle self, int64_t dim, Handle index, Handle source)
{
    return run("scatter_add_", [&] { self->scatter_add_(dim, *index, *source); }, self, index, source);
}

GRAFT_API Handle graft_index_select(Handle self, int64_t dim, Handle index)
{
    return make("index_select", [&] { return self->index_select(dim, *index); }, self, index);
}

GRAFT_API Handle graft_index_add(Handle self, int64_t dim, Handle index, Handle source, Scalar alpha)
{
    return make("index_add", [&] { return self->index_add(dim, *index, *source, alpha); }, self, index, source);
}

GRAFT_API int32_t graft_index_add_(Handle self, int64_t dim, Handle index, Handle source, Scalar alpha)
{
    return run("index_add_", [&] { self->index_add_(dim, *index, *source, alpha); }, self, index, source);
}

GRAFT_API Handle graft_index_copy(Handle self, int64_t dim, Handle index, Handle source)
{
    return make("index_copy", [&] { return self->index_copy(dim, *index, *source); }, self, index, source);
}

GRAFT_API int32_t graft_index_copy_(Handle self, int64_t dim, Handle index, Handle source)
{
    return run("index_copy_", [&] { self->index_copy_(dim, *index, *source); }, self, index, source);
}

GRAFT_API Handle graft_index_fill(Handle self, int64_t dim, Handle index, Scalar value)
{
    return make("index_fill", [&] { return self->index_fill(dim, *index, static_cast<at::Scalar>(value)); }, self, index);
}

GRAFT_API Handle graft_masked_fill(Handle self, Handle mask, Scalar value)
{
    return make("masked_fill", [&] { return self->masked_fill(*mask, static_cast<at::Scalar>(value)); }, self, mask);
}

GRAFT_API int32_t graft_masked_fill_(Handle self, Handle mask, Scalar value)
{
    return run("masked_fill_", [&] { self->masked_fill_(*mask, static_cast<at::Scalar>(value)); }, self, mask);
}

GRAFT_API Handle graft_masked_select(Handle self, Handle mask)
{
    return make("masked_select", [&] { return self->masked_select(*mask); }, self, mask);
}

GRAFT_API Handle graft_masked_scatter(Handle self, Handle mask, Handle source)
{
    return make("masked_scatter", [&] { return self->masked_scatter(*mask, *source); }, self, mask, source);
}

GRAFT_UNARY(nonzero)
