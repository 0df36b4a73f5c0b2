// Element by element.
#include "border.h"

using namespace graft;

GRAFT_UNARY(abs)
GRAFT_UNARY(ceil)
GRAFT_UNARY(cos)
GRAFT_UNARY(erf)
GRAFT_UNARY(exp)
GRAFT_UNARY(expm1)
GRAFT_UNARY(floor)
GRAFT_UNARY(log)
GRAFT_UNARY(log1p)
GRAFT_UNARY(log2)
GRAFT_UNARY(logical_not)
GRAFT_UNARY(neg)
GRAFT_UNARY(reciprocal)
GRAFT_UNARY(relu)
GRAFT_UNARY(rsqrt)
GRAFT_UNARY(sigmoid)
GRAFT_UNARY(sign)
GRAFT_UNARY(sin)
GRAFT_UNARY(sqrt)
GRAFT_UNARY(square)
GRAFT_UNARY(tanh)
GRAFT_UNARY(trunc)

GRAFT_UNARY_IN_PLACE(abs_)
GRAFT_UNARY_IN_PLACE(cos_)
GRAFT_UNARY_IN_PLACE(exp_)
GRAFT_UNARY_IN_PLACE(floor_)
GRAFT_UNARY_IN_PLACE(log_)
GRAFT_UNARY_IN_PLACE(neg_)
GRAFT_UNARY_IN_PLACE(reciprocal_)
GRAFT_UNARY_IN_PLACE(relu_)
GRAFT_UNARY_IN_PLACE(rsqrt_)
GRAFT_UNARY_IN_PLACE(sigmoid_)
GRAFT_UNARY_IN_PLACE(sin_)
GRAFT_UNARY_IN_PLACE(sqrt_)
GRAFT_UNARY_IN_PLACE(tanh_)
GRAFT_UNARY_IN_PLACE(zero_)

GRAFT_API Handle graft_silu(Handle self) { return make("silu", [&] { return at::silu(*self); }, self); }
GRAFT_API int32_t graft_silu_(Handle self) { return run("silu_", [&] { at::silu_(*self); }, self); }

GRAFT_API Handle graft_gelu(Handle self, int32_t tanh)
{
    return make("gelu", [&] { return at::gelu(*self, tanh != 0 ? "tanh" : "none"); }, self);
}

GRAFT_API int32_t graft_gelu_(Handle self, int32_t tanh)
{
    return run("gelu_", [&] { at::gelu_(*self, tanh != 0 ? "tanh" : "none"); }, self);
}

GRAFT_API Handle graft_round(Handle self, int64_t decimals)
{
    return make("round", [&] { return decimals == 0 ? self->round() : self->round(decimals); }, self);
}

GRAFT_API int32_t graft_fill_(Handle self, Scalar value) { return run("fill_", [&] { self->fill_(static_cast<at::Scalar>(value)); }, self); }

GRAFT_API Handle graft_add(Handle self, Handle other, Scalar alpha)
{
    return make("add", [&] { return self->add(*other, alpha); }, self, other);
}

GRAFT_API Handle graft_add_scalar(Handle self, Scalar other, Scalar alpha)
{
    return make("add", [&] { return self->add(static_cast<at::Scalar>(other), alpha); }, self);
}

GRAFT_API int32_t graft_add_(Handle self, Handle other, Scalar alpha)
{
    return run("add_", [&] { self->add_(*other, alpha); }, self, other);
}

GRAFT_API int32_t graft_add_scalar_(Handle self, Scalar other, Scalar alpha)
{
    return run("add_", [&] { self->add_(static_cast<at::Scalar>(other), alpha); }, self);
}

GRAFT_BINARY(sub)
GRAFT_BINARY_SCALAR(sub)
GRAFT_BINARY_IN_PLACE(sub_)
GRAFT_BINARY_SCALAR_IN_PLACE(sub)
GRAFT_BINARY(mul)
GRAFT_BINARY_SCALAR(mul)
GRAFT_BINARY_IN_PLACE(mul_)
GRAFT_BINARY_SCALAR_IN_PLACE(mul)
GRAFT_BINARY(pow)
GRAFT_BINARY_SCALAR(pow)
GRAFT_BINARY_IN_PLACE(pow_)
GRAFT_BINARY_SCALAR_IN_PLACE(pow)
GRAFT_BINARY(remainder)
GRAFT_BINARY_SCALAR(remainder)
GRAFT_BINARY(floor_divide)
GRAFT_BINARY_SCALAR(floor_divide)
GRAFT_BINARY(atan2)

namespace {

optional<string_view> rounding(int32_t mode)
{
    if (mode == 0) return none;
    return string_view(mode == 1 ? "trunc" : "floor");
}

}

GRAFT_API Handle graft_div(Handle self, Handle other, int32_t mode)
{
    return make("div", [&] { return self->div(*other, rounding(mode)); }, self, other);
}

GRAFT_API Handle graft_div_scalar(Handle self, Scalar other, int32_t mode)
{
    return make("div", [&] { return self->div(static_cast<at::Scalar>(other), rounding(mode)); }, self);
}

GRAFT_API int32_t graft_div_(Handle self, Handle other, int32_t mode)
{
    return run("div_", [&] { self->div_(*other, rounding(mode)); }, self, other);
}

GRAFT_API int32_t graft_div_scalar_(Handle self, Scalar other, int32_t mode)
{
    return run("div_", [&] { self->div_(static_cast<at::Scalar>(other), rounding(mode)); }, self);
}

// number - tensor, number / tensor
GRAFT_API Handle graft_subtract_from(Handle self, Scalar number)
{
    return make("sub", [&] { return at::rsub(*self, static_cast<at::Scalar>(number)); }, self);
}

GRAFT_API Handle graft_divide_into(Handle self, Scalar number)
{
    return make("div", [&] { return self->reciprocal().mul(static_cast<at::Scalar>(number)); }, self);
}

GRAFT_API Handle graft_addcmul(Handle self, Handle tensor1, Handle tensor2, Scalar value)
{
    return make("addcmul", [&] { return self->addcmul(*tensor1, *tensor2, value); }, self, tensor1, tensor2);
}

GRAFT_API int32_t graft_addcmul_(Handle self, Handle tensor1, Handle tensor2, Scalar value)
{
    return run("addcmul_", [&] { self->addcmul_(*tensor1, *tensor2, value); }, self, tensor1, tensor2);
}

GRAFT_API Handle graft_addcdiv(Handle self, Handle tensor1, Handle tensor2, Scalar value)
{
    return make("addcdiv", [&] { return self->addcdiv(*tensor1, *tensor2, value); }, self, tensor1, tensor2);
}

GRAFT_API int32_t graft_addcdiv_(Handle self, Handle tensor1, Handle tensor2, Scalar value)
{
    return run("addcdiv_", [&] { self->addcdiv_(*tensor1, *tensor2, value); }, self, tensor1, tensor2);
}

GRAFT_API Handle graft_lerp(Handle self, Handle end, Handle weight)
{
    return make("lerp", [&] { return self->lerp(*end, *weight); }, self, end, weight);
}

GRAFT_API int32_t graft_lerp_(Handle self, Handle end, Handle weight)
{
    return run("lerp_", [&] { self->lerp_(*end, *weight); }, self, end, weight);
}

namespace {

optional<at::Scalar> scalar_or_none(const Scalar& value)
{
    return value.given() ? optional<at::Scalar>(static_cast<at::Scalar>(value)) : optional<at::Scalar>();
}

}

GRAFT_API Handle graft_clamp(Handle self, Scalar low, Scalar high)
{
    return make("clamp", [&] { return self->clamp(scalar_or_none(low), scalar_or_none(high)); }, self);
}

GRAFT_API int32_t graft_clamp_(Handle self, Scalar low, Scalar high)
{
    return run("clamp_", [&] { self->clamp_(scalar_or_none(low), scalar_or_none(high)); }, self);
}

GRAFT_API Handle graft_clamp_tensor(Handle self, Handle low, Handle high)
{
    return make("clamp", [&] { return self->clamp(tensor_or_none(low), tensor_or_none(high)); }, self, low, high);
}
