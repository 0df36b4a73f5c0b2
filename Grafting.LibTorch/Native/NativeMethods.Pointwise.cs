using System.Runtime.InteropServices;

namespace Grafting.LibTorch;

// Element by element: native/src/pointwise.cpp.
static unsafe partial class NativeMethods
{
    [LibraryImport(Library)]
    internal static partial nint graft_abs(nint self);

    [LibraryImport(Library)]
    internal static partial nint graft_ceil(nint self);

    [LibraryImport(Library)]
    internal static partial nint graft_cos(nint self);

    [LibraryImport(Library)]
    internal static partial nint graft_erf(nint self);

    [LibraryImport(Library)]
    internal static partial nint graft_exp(nint self);

    [LibraryImport(Library)]
    internal static partial nint graft_expm1(nint self);

    [LibraryImport(Library)]
    internal static partial nint graft_floor(nint self);

    [LibraryImport(Library)]
    internal static partial nint graft_log(nint self);

    [LibraryImport(Library)]
    internal static partial nint graft_log1p(nint self);

    [LibraryImport(Library)]
    internal static partial nint graft_log2(nint self);

    [LibraryImport(Library)]
    internal static partial nint graft_logical_not(nint self);

    [LibraryImport(Library)]
    internal static partial nint graft_neg(nint self);

    [LibraryImport(Library)]
    internal static partial nint graft_reciprocal(nint self);

    [LibraryImport(Library)]
    internal static partial nint graft_relu(nint self);

    [LibraryImport(Library)]
    internal static partial nint graft_rsqrt(nint self);

    [LibraryImport(Library)]
    internal static partial nint graft_sigmoid(nint self);

    [LibraryImport(Library)]
    internal static partial nint graft_sign(nint self);

    [LibraryImport(Library)]
    internal static partial nint graft_sin(nint self);

    [LibraryImport(Library)]
    internal static partial nint graft_sqrt(nint self);

    [LibraryImport(Library)]
    internal static partial nint graft_square(nint self);

    [LibraryImport(Library)]
    internal static partial nint graft_tanh(nint self);

    [LibraryImport(Library)]
    internal static partial nint graft_trunc(nint self);

    [LibraryImport(Library)]
    internal static partial int graft_abs_(nint self);

    [LibraryImport(Library)]
    internal static partial int graft_cos_(nint self);

    [LibraryImport(Library)]
    internal static partial int graft_exp_(nint self);

    [LibraryImport(Library)]
    internal static partial int graft_floor_(nint self);

    [LibraryImport(Library)]
    internal static partial int graft_log_(nint self);

    [LibraryImport(Library)]
    internal static partial int graft_neg_(nint self);

    [LibraryImport(Library)]
    internal static partial int graft_reciprocal_(nint self);

    [LibraryImport(Library)]
    internal static partial int graft_relu_(nint self);

    [LibraryImport(Library)]
    internal static partial int graft_rsqrt_(nint self);

    [LibraryImport(Library)]
    internal static partial int graft_sigmoid_(nint self);

    [LibraryImport(Library)]
    internal static partial int graft_sin_(nint self);

    [LibraryImport(Library)]
    internal static partial int graft_sqrt_(nint self);

    [LibraryImport(Library)]
    internal static partial int graft_tanh_(nint self);

    [LibraryImport(Library)]
    internal static partial int graft_zero_(nint self);

    [LibraryImport(Library)]
    internal static partial nint graft_silu(nint self);

    [LibraryImport(Library)]
    internal static partial int graft_silu_(nint self);

    [LibraryImport(Library)]
    internal static partial nint graft_gelu(nint self, int tanh);

    [LibraryImport(Library)]
    internal static partial int graft_gelu_(nint self, int tanh);

    [LibraryImport(Library)]
    internal static partial nint graft_round(nint self, long decimals);

    [LibraryImport(Library)]
    internal static partial int graft_fill_(nint self, NativeScalar value);

    [LibraryImport(Library)]
    internal static partial nint graft_add(nint self, nint other, NativeScalar alpha);

    [LibraryImport(Library)]
    internal static partial nint graft_add_scalar(nint self, NativeScalar other, NativeScalar alpha);

    [LibraryImport(Library)]
    internal static partial int graft_add_(nint self, nint other, NativeScalar alpha);

    [LibraryImport(Library)]
    internal static partial int graft_add_scalar_(nint self, NativeScalar other, NativeScalar alpha);

    [LibraryImport(Library)]
    internal static partial nint graft_sub(nint self, nint other);

    [LibraryImport(Library)]
    internal static partial nint graft_sub_scalar(nint self, NativeScalar other);

    [LibraryImport(Library)]
    internal static partial int graft_sub_(nint self, nint other);

    [LibraryImport(Library)]
    internal static partial int graft_sub_scalar_(nint self, NativeScalar other);

    [LibraryImport(Library)]
    internal static partial nint graft_mul(nint self, nint other);

    [LibraryImport(Library)]
    internal static partial nint graft_mul_scalar(nint self, NativeScalar other);

    [LibraryImport(Library)]
    internal static partial int graft_mul_(nint self, nint other);

    [LibraryImport(Library)]
    internal static partial int graft_mul_scalar_(nint self, NativeScalar other);

    [LibraryImport(Library)]
    internal static partial nint graft_pow(nint self, nint other);

    [LibraryImport(Library)]
    internal static partial nint graft_pow_scalar(nint self, NativeScalar other);

    [LibraryImport(Library)]
    internal static partial int graft_pow_(nint self, nint other);

    [LibraryImport(Library)]
    internal static partial int graft_pow_scalar_(nint self, NativeScalar other);

    [LibraryImport(Library)]
    internal static partial nint graft_remainder(nint self, nint other);

    [LibraryImport(Library)]
    internal static partial nint graft_remainder_scalar(nint self, NativeScalar other);

    [LibraryImport(Library)]
    internal static partial nint graft_floor_divide(nint self, nint other);

    [LibraryImport(Library)]
    internal static partial nint graft_floor_divide_scalar(nint self, NativeScalar other);

    [LibraryImport(Library)]
    internal static partial nint graft_atan2(nint self, nint other);

    [LibraryImport(Library)]
    internal static partial nint graft_div(nint self, nint other, int mode);

    [LibraryImport(Library)]
    internal static partial nint graft_div_scalar(nint self, NativeScalar other, int mode);

    [LibraryImport(Library)]
    internal static partial int graft_div_(nint self, nint other, int mode);

    [LibraryImport(Library)]
    internal static partial int graft_div_scalar_(nint self, NativeScalar other, int mode);

    [LibraryImport(Library)]
    internal static partial nint graft_subtract_from(nint self, NativeScalar number);

    [LibraryImport(Library)]
    internal static partial nint graft_divide_into(nint self, NativeScalar number);

    [LibraryImport(Library)]
    internal static partial nint graft_addcmul(nint self, nint tensor1, nint tensor2, NativeScalar value);

    [LibraryImport(Library)]
    internal static partial int graft_addcmul_(nint self, nint tensor1, nint tensor2, NativeScalar value);

    [LibraryImport(Library)]
    internal static partial nint graft_addcdiv(nint self, nint tensor1, nint tensor2, NativeScalar value);

    [LibraryImport(Library)]
    internal static partial int graft_addcdiv_(nint self, nint tensor1, nint tensor2, NativeScalar value);

    [LibraryImport(Library)]
    internal static partial nint graft_lerp(nint self, nint end, nint weight);

    [LibraryImport(Library)]
    internal static partial int graft_lerp_(nint self, nint end, nint weight);

    [LibraryImport(Library)]
    internal static partial nint graft_clamp(nint self, NativeScalar low, NativeScalar high);

    [LibraryImport(Library)]
    internal static partial int graft_clamp_(nint self, NativeScalar low, NativeScalar high);

    [LibraryImport(Library)]
    internal static partial nint graft_clamp_tensor(nint self, nint low, nint high);
}
