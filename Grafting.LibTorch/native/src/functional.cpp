// The layers' functions.
#include "border.h"

using namespace graft;

GRAFT_API Handle graft_linear(Handle input, Handle weight, Handle bias)
{
    return make("linear", [&] { return at::linear(*input, *weight, tensor_or_none(bias)); }, input, weight, bias);
}

GRAFT_API Handle graft_layer_norm(Handle input, const int64_t* shape, int32_t length, Handle weight, Handle bias, double eps)
{
    return make("layer_norm", [&] {
        return at::layer_norm(*input, sizes(shape, length), tensor_or_none(weight), tensor_or_none(bias), eps);
    }, input, weight, bias);
}

GRAFT_API Handle graft_conv2d(Handle input, Handle weight, Handle bias, const int64_t* strides, int32_t stride_count,
                              const int64_t* padding, int32_t padding_count, const int64_t* dilation, int32_t dilation_count, int64_t groups)
{
    return make("conv2d", [&] {
        return at::conv2d(*input, *weight, tensor_or_none(bias), sizes(strides, stride_count), sizes(padding, padding_count),
                          sizes(dilation, dilation_count), groups);
    }, input, weight, bias);
}

GRAFT_API Handle graft_dropout(Handle input, double p, int32_t training)
{
    return make("dropout", [&] { return at::dropout(*input, p, training != 0); }, input);
}

GRAFT_API int32_t graft_dropout_(Handle input, double p, int32_t training)
{
    return run("dropout_", [&] { at::dropout_(*input, p, training != 0); }, input);
}

GRAFT_API Handle graft_attention(Handle query, Handle key, Handle value, Handle mask, double dropout, int32_t causal)
{
    return make("scaled_dot_product_attention", [&] {
        return attention(*query, *key, *value, tensor_or_none(mask), dropout, causal != 0);
    }, query, key, value, mask);
}

// reduction: 0 none, 1 mean, 2 sum
GRAFT_API Handle graft_cross_entropy(Handle input, Handle target, Handle weight, int64_t ignore_index, int64_t reduction, double smoothing)
{
    return make("cross_entropy", [&] {
        return at::cross_entropy_loss(*input, *target, tensor_or_none(weight), reduction, ignore_index, smoothing);
    }, input, target, weight);
}

GRAFT_API Handle graft_nll_loss(Handle input, Handle target, Handle weight, int64_t reduction)
{
    return make("nll_loss", [&] { return at::nll_loss_nd(*input, *target, tensor_or_none(weight), reduction); }, input, target, weight);
}

GRAFT_API Handle graft_mse_loss(Handle input, Handle target, int64_t reduction)
{
    return make("mse_loss", [&] { return at::mse_loss(*input, *target, reduction); }, input, target);
}

GRAFT_API Handle graft_kl_div(Handle input, Handle target, int64_t reduction, int32_t log_target)
{
    return make("kl_div", [&] { return at::kl_div(*input, *target, reduction, log_target != 0); }, input, target);
}

GRAFT_API Handle graft_one_hot(Handle input, int64_t classes)
{
    return make("one_hot", [&] { return at::one_hot(*input, classes); }, input);
}

GRAFT_API Handle graft_constant_pad(Handle input, const int64_t* pad, int32_t length, double value)
{
    return make("pad", [&] { return at::constant_pad_nd(*input, sizes(pad, length), value); }, input);
}

// mode: 0 nearest, 2 bilinear, 3 bicubic; the picture is [batch, channels, height, width].
GRAFT_API Handle graft_interpolate(Handle input, const int64_t* size, int32_t length, int32_t mode, int32_t align_corners, int32_t antialias)
{
    return make("interpolate", [&]() -> at::Tensor {
        const auto to = sizes(size, length);
        const bool align = align_corners != 0;
        switch (mode)
        {
        case 0: return at::upsample_nearest2d(*input, to);
        case 2: return antialias != 0 ? at::_upsample_bilinear2d_aa(*input, to, align) : at::upsample_bilinear2d(*input, to, align);
        case 3: return antialias != 0 ? at::_upsample_bicubic2d_aa(*input, to, align) : at::upsample_bicubic2d(*input, to, align);
        default: TORCH_CHECK(false, "interpolation mode ", mode, " is not supported");
        }
    }, input);
}
