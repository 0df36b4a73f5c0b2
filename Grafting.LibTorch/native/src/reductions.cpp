// Sums, means, extremes, order.
#include "border.h"

using namespace graft;

GRAFT_API Handle graft_sum(Handle self, int32_t dtype)
{
    return make("sum", [&] { return self->sum(dtype_or_none(dtype)); }, self);
}

GRAFT_API Handle graft_sum_dims(Handle self, const int64_t* dims, int32_t length, int32_t keepdim, int32_t dtype)
{
    return make("sum", [&] { return self->sum(sizes(dims, length), keepdim != 0, dtype_or_none(dtype)); }, self);
}

GRAFT_API Handle graft_mean(Handle self) { return make("mean", [&] { return self->mean(); }, self); }

GRAFT_API Handle graft_mean_dims(Handle self, const int64_t* dims, int32_t length, int32_t keepdim, int32_t dtype)
{
    return make("mean", [&] { return self->mean(sizes(dims, length), keepdim != 0, dtype_or_none(dtype)); }, self);
}

GRAFT_API Handle graft_std(Handle self, int32_t unbiased) { return make("std", [&] { return self->std(unbiased != 0); }, self); }

GRAFT_API Handle graft_std_dims(Handle self, const int64_t* dims, int32_t length, int32_t unbiased, int32_t keepdim)
{
    return make("std", [&] { return self->std(sizes(dims, length), unbiased != 0, keepdim != 0); }, self);
}

GRAFT_API Handle graft_var(Handle self, int32_t unbiased) { return make("var", [&] { return self->var(unbiased != 0); }, self); }

GRAFT_API Handle graft_var_dims(Handle self, const int64_t* dims, int32_t length, int32_t unbiased, int32_t keepdim)
{
    return make("var", [&] { return self->var(sizes(dims, length), unbiased != 0, keepdim != 0); }, self);
}

GRAFT_API Handle graft_prod(Handle self, int32_t dtype)
{
    return make("prod", [&] { return self->prod(dtype_or_none(dtype)); }, self);
}

GRAFT_API Handle graft_amax(Handle self, const int64_t* dims, int32_t length, int32_t keepdim)
{
    return make("amax", [&] { return self->amax(sizes(dims, length), keepdim != 0); }, self);
}

GRAFT_API Handle graft_amin(Handle self, const int64_t* dims, int32_t length, int32_t keepdim)
{
    return make("amin", [&] { return self->amin(sizes(dims, length), keepdim != 0); }, self);
}

GRAFT_API Handle graft_max(Handle self) { return make("max", [&] { return self->max(); }, self); }
GRAFT_API Handle graft_min(Handle self) { return make("min", [&] { return self->min(); }, self); }

namespace {

template <class Pair>
std::vector<at::Tensor> both(Pair&& pair) { return {std::get<0>(pair), std::get<1>(pair)}; }

}

GRAFT_API int32_t graft_max_dim(Handle self, int64_t dim, int32_t keepdim)
{
    return make_many("max", [&] { return both(self->max(dim, keepdim != 0)); }, self);
}

GRAFT_API int32_t graft_min_dim(Handle self, int64_t dim, int32_t keepdim)
{
    return make_many("min", [&] { return both(self->min(dim, keepdim != 0)); }, self);
}

GRAFT_API int32_t graft_topk(Handle self, int64_t k, int64_t dim, int32_t largest, int32_t sorted)
{
    return make_many("topk", [&] { return both(self->topk(k, dim, largest != 0, sorted != 0)); }, self);
}

GRAFT_API int32_t graft_sort(Handle self, int64_t dim, int32_t descending, int32_t stable)
{
    return make_many("sort", [&] { return both(self->sort(optional<bool>(stable != 0), dim, descending != 0)); }, self);
}

GRAFT_API Handle graft_argsort(Handle self, int64_t dim, int32_t descending)
{
    return make("argsort", [&] { return self->argsort(dim, descending != 0); }, self);
}

GRAFT_API Handle graft_argmax(Handle self, int64_t dim, int32_t keepdim)
{
    return make("argmax", [&] { return self->argmax(number_or_none(dim), keepdim != 0); }, self);
}

GRAFT_API Handle graft_argmin(Handle self, int64_t dim, int32_t keepdim)
{
    return make("argmin", [&] { return self->argmin(number_or_none(dim), keepdim != 0); }, self);
}

GRAFT_API Handle graft_all(Handle self) { return make("all", [&] { return self->all(); }, self); }
GRAFT_API Handle graft_any(Handle self) { return make("any", [&] { return self->any(); }, self); }

GRAFT_API Handle graft_all_dim(Handle self, int64_t dim, int32_t keepdim)
{
    return make("all", [&] { return self->all(dim, keepdim != 0); }, self);
}

GRAFT_API Handle graft_any_dim(Handle self, int64_t dim, int32_t keepdim)
{
    return make("any", [&] { return self->any(dim, keepdim != 0); }, self);
}

GRAFT_API Handle graft_norm(Handle self, float p) { return make("norm", [&] { return self->norm(p); }, self); }

GRAFT_API Handle graft_norm_dim(Handle self, int64_t dim, int32_t keepdim, float p)
{
    return make("norm", [&] { return self->norm(p, dim, keepdim != 0); }, self);
}

GRAFT_API Handle graft_cumsum(Handle self, int64_t dim, int32_t dtype)
{
    return make("cumsum", [&] { return self->cumsum(dim, dtype_or_none(dtype)); }, self);
}

GRAFT_API Handle graft_logsumexp(Handle self, int64_t dim, int32_t keepdim)
{
    return make("logsumexp", [&] { return self->logsumexp(dim, keepdim != 0); }, self);
}

GRAFT_API Handle graft_softmax(Handle self, int64_t dim, int32_t dtype)
{
    return make("softmax", [&] { return self->softmax(dim, dtype_or_none(dtype)); }, self);
}

GRAFT_API Handle graft_log_softmax(Handle self, int64_t dim, int32_t dtype)
{
    return make("log_softmax", [&] { return self->log_softmax(dim, dtype_or_none(dtype)); }, self);
}

GRAFT_API Handle graft_count_nonzero(Handle self)
{
    return make("count_nonzero", [&] { return self->count_nonzero(); }, self);
}

GRAFT_API Handle graft_bincount(Handle self, Handle weights, int64_t minlength)
{
    return make("bincount", [&] { return self->bincount(tensor_or_none(weights), minlength); }, self, weights);
}
