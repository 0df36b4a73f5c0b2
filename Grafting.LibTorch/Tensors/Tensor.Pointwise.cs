namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Tensor abs() => Made(graft_abs(Handle), this);

        public Tensor ceil() => Made(graft_ceil(Handle), this);

        public Tensor cos() => Made(graft_cos(Handle), this);

        public Tensor erf() => Made(graft_erf(Handle), this);

        public Tensor exp() => Made(graft_exp(Handle), this);

        public Tensor expm1() => Made(graft_expm1(Handle), this);

        public Tensor floor() => Made(graft_floor(Handle), this);

        public Tensor log() => Made(graft_log(Handle), this);

        public Tensor log1p() => Made(graft_log1p(Handle), this);

        public Tensor log2() => Made(graft_log2(Handle), this);

        public Tensor logical_not() => Made(graft_logical_not(Handle), this);

        public Tensor neg() => Made(graft_neg(Handle), this);

        public Tensor reciprocal() => Made(graft_reciprocal(Handle), this);

        public Tensor relu() => Made(graft_relu(Handle), this);

        public Tensor rsqrt() => Made(graft_rsqrt(Handle), this);

        public Tensor sigmoid() => Made(graft_sigmoid(Handle), this);

        public Tensor sign() => Made(graft_sign(Handle), this);

        public Tensor silu() => Made(graft_silu(Handle), this);

        public Tensor sin() => Made(graft_sin(Handle), this);

        public Tensor sqrt() => Made(graft_sqrt(Handle), this);

        public Tensor square() => Made(graft_square(Handle), this);

        public Tensor tanh() => Made(graft_tanh(Handle), this);

        public Tensor trunc() => Made(graft_trunc(Handle), this);

        public Tensor gelu() => gelu(Modules.GELU.Approximate.none);

        public Tensor gelu(Modules.GELU.Approximate approximate) =>
            Made(graft_gelu(Handle, Code(approximate == Modules.GELU.Approximate.tanh)), this);

        public Tensor negative() => neg();

        public Tensor round(long decimals = 0L) => Made(graft_round(Handle, decimals), this);

        public Tensor clamp(Scalar? min = null, Scalar? max = null) => Made(graft_clamp(Handle, min, max), this);

        public Tensor clamp(Tensor? min = null, Tensor? max = null) =>
            Made(graft_clamp_tensor(Handle, HandleOf(min), HandleOf(max)), this, min, max);

        public Tensor clamp_max(Scalar max) => Made(graft_clamp(Handle, default, max), this);

        public Tensor clamp_min(Scalar min) => Made(graft_clamp(Handle, min, default), this);

        public Tensor lerp(Tensor end, Tensor weight) => Made(graft_lerp(Handle, end.Handle, weight.Handle), this, end, weight);

        public Tensor addcmul(Tensor tensor1, Tensor tensor2, Scalar value) =>
            Made(graft_addcmul(Handle, tensor1.Handle, tensor2.Handle, value), this, tensor1, tensor2);

        public Tensor addcdiv(Tensor tensor1, Tensor tensor2, Scalar value) =>
            Made(graft_addcdiv(Handle, tensor1.Handle, tensor2.Handle, value), this, tensor1, tensor2);

        public Tensor addcdiv(Tensor tensor1, Tensor tensor2) => addcdiv(tensor1, tensor2, 1);
    }
}
