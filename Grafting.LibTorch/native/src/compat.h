// Everything that differs between the versions of libtorch that are supported (1.13 and newer), and nothing else.
#pragma once
#include <ATen/ATen.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <torch/version.h>
#include <cmath>
#include <limits>

#define GRAFT_TORCH_AT_LEAST(major, minor) \
    (TORCH_VERSION_MAJOR > (major) || (TORCH_VERSION_MAJOR == (major) && TORCH_VERSION_MINOR >= (minor)))

namespace graft {

#if GRAFT_TORCH_AT_LEAST(2, 4)
template <class T> using optional = std::optional<T>;
constexpr auto none = std::nullopt;
#else
template <class T> using optional = c10::optional<T>;
constexpr auto none = c10::nullopt;
#endif

#if GRAFT_TORCH_AT_LEAST(2, 6)
using string_view = std::string_view;
#else
using string_view = c10::string_view;
#endif

#if GRAFT_TORCH_AT_LEAST(2, 0)
inline at::Tensor attention(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                            const optional<at::Tensor>& mask, double dropout, bool causal)
{
    return at::scaled_dot_product_attention(query, key, value, mask, dropout, causal);
}
#else
// 1.13 has no public attention function. Same meaning as the later one: a boolean mask is true where a query may attend, any other
// mask is added to the scores, and a query that may attend to nothing gets zeros (also in the gradient) instead of NaN.
inline at::Tensor attention(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                            const optional<at::Tensor>& mask, double dropout, bool causal)
{
    auto scores = at::matmul(query * (1.0 / std::sqrt(static_cast<double>(query.size(-1)))), key.transpose(-2, -1));
    at::Tensor allowed;
    if (causal)
        allowed = at::ones({query.size(-2), key.size(-2)}, query.options().dtype(at::kBool)).tril();
    else if (mask.has_value() && mask->scalar_type() == at::kBool)
        allowed = *mask;
    else if (mask.has_value())
        scores = scores + *mask;

    at::Tensor nothing;
    if (allowed.defined())
    {
        const double lowest = scores.scalar_type() == at::kHalf ? -65504.0
            : scores.scalar_type() == at::kDouble ? std::numeric_limits<double>::lowest() : -3.3895313892515355e38;
        scores = scores.masked_fill(allowed.logical_not(), lowest);
        if (!causal) nothing = allowed.any(-1, true).logical_not();
    }
    auto weights = at::softmax(scores, -1);
    if (nothing.defined()) weights = weights.masked_fill(nothing, 0);
    if (dropout > 0) weights = at::dropout(weights, dropout, true);
    return at::matmul(weights, value);
}
#endif

// The device count comes from the device guard, whose interface has stayed the same; the CUDA hooks renamed theirs.
inline int32_t cuda_device_count()
{
    return at::hasCUDA() ? static_cast<int32_t>(c10::impl::VirtualGuardImpl(c10::DeviceType::CUDA).deviceCount()) : 0;
}

// index < 0: the current device.
inline void cuda_synchronize(int32_t index)
{
    const c10::impl::VirtualGuardImpl guard(c10::DeviceType::CUDA);
    at::detail::getCUDAHooks().deviceSynchronize(static_cast<c10::DeviceIndex>(index < 0 ? guard.getDevice().index() : index));
}

}
