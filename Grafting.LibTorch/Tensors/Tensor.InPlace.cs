using Grafting.LibTorch;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Tensor abs_() => Changed(graft_abs_(Handle), this);

        public Tensor cos_() => Changed(graft_cos_(Handle), this);

        public Tensor exp_() => Changed(graft_exp_(Handle), this);

        public Tensor floor_() => Changed(graft_floor_(Handle), this);

        public Tensor log_() => Changed(graft_log_(Handle), this);

        public Tensor neg_() => Changed(graft_neg_(Handle), this);

        public Tensor reciprocal_() => Changed(graft_reciprocal_(Handle), this);

        public Tensor relu_() => Changed(graft_relu_(Handle), this);

        public Tensor rsqrt_() => Changed(graft_rsqrt_(Handle), this);

        public Tensor sigmoid_() => Changed(graft_sigmoid_(Handle), this);

        public Tensor silu_() => Changed(graft_silu_(Handle), this);

        public Tensor sin_() => Changed(graft_sin_(Handle), this);

        public Tensor sqrt_() => Changed(graft_sqrt_(Handle), this);

        public Tensor tanh_() => Changed(graft_tanh_(Handle), this);

        // TorchSharp returns another reference here, not this object: without a scope, dispose it.
        public Tensor zero_() => Changed(graft_zero_(Handle), this).alias();

        public Tensor gelu_() => gelu_(Modules.GELU.Approximate.none);

        public Tensor gelu_(Modules.GELU.Approximate approximate) =>
            Changed(graft_gelu_(Handle, Code(approximate == Modules.GELU.Approximate.tanh)), this).alias();

        public Tensor fill_(Scalar value) => Changed(graft_fill_(Handle, value), this);

        public Tensor copy_(Tensor source, bool nonBlocking = false) =>
            Changed(graft_copy_(Handle, source.Handle, Code(nonBlocking)), this, source);

        public Tensor add_(Tensor target) => Changed(graft_add_(Handle, target.Handle, NativeScalar.One), this, target);

        public Tensor add_(Tensor target, Scalar alpha) => Changed(graft_add_(Handle, target.Handle, alpha), this, target);

        public Tensor add_(Scalar scalar) => Changed(graft_add_scalar_(Handle, scalar, NativeScalar.One), this);

        public Tensor add_(Scalar scalar, Scalar alpha) => Changed(graft_add_scalar_(Handle, scalar, alpha), this);

        public Tensor sub_(Tensor target) => Changed(graft_sub_(Handle, target.Handle), this, target);

        public Tensor sub_(Scalar target) => Changed(graft_sub_scalar_(Handle, target), this);

        public Tensor mul_(Tensor target) => Changed(graft_mul_(Handle, target.Handle), this, target);

        public Tensor mul_(Scalar target) => Changed(graft_mul_scalar_(Handle, target), this);

        public Tensor pow_(Tensor exponent) => Changed(graft_pow_(Handle, exponent.Handle), this, exponent);

        public Tensor pow_(Scalar exponent) => Changed(graft_pow_scalar_(Handle, exponent), this);

        public Tensor div_(Tensor target, RoundingMode rounding_mode = RoundingMode.None) =>
            Changed(graft_div_(Handle, target.Handle, (int)rounding_mode), this, target);

        public Tensor div_(Scalar target, RoundingMode rounding_mode = RoundingMode.None) =>
            Changed(graft_div_scalar_(Handle, target, (int)rounding_mode), this);

        public Tensor addcmul_(Tensor tensor1, Tensor tensor2, Scalar value) =>
            Changed(graft_addcmul_(Handle, tensor1.Handle, tensor2.Handle, value), this, tensor1, tensor2);

        public Tensor addcdiv_(Tensor tensor1, Tensor tensor2, Scalar value) =>
            Changed(graft_addcdiv_(Handle, tensor1.Handle, tensor2.Handle, value), this, tensor1, tensor2);

        public Tensor addcdiv_(Tensor tensor1, Tensor tensor2) => addcdiv_(tensor1, tensor2, 1);

        public Tensor lerp_(Tensor end, Tensor weight) => Changed(graft_lerp_(Handle, end.Handle, weight.Handle), this, end, weight);

        public Tensor clamp_(Scalar? min = null, Scalar? max = null) => Changed(graft_clamp_(Handle, min, max), this);

        public Tensor clamp_max_(Scalar max) => Changed(graft_clamp_(Handle, default, max), this);

        public Tensor clamp_min_(Scalar min) => Changed(graft_clamp_(Handle, min, default), this);

        public Tensor normal_(double mean = 0.0, double std = 1.0, Generator? generator = null) =>
            Changed(graft_normal_(Handle, mean, std, Generator.HandleOf(generator)), this, generator);

        public Tensor uniform_(double from, double to, Generator? generator = null) =>
            Changed(graft_uniform_(Handle, from, to, Generator.HandleOf(generator)), this, generator);
    }
}
