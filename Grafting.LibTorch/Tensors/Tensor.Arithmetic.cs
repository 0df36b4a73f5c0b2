using Grafting.LibTorch;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Tensor add(Tensor target) => Made(graft_add(Handle, target.Handle, NativeScalar.One), this, target);

        public Tensor add(Tensor target, Scalar alpha) => Made(graft_add(Handle, target.Handle, alpha), this, target);

        public Tensor add(Scalar scalar) => Made(graft_add_scalar(Handle, scalar, NativeScalar.One), this);

        public Tensor add(Scalar scalar, Scalar alpha) => Made(graft_add_scalar(Handle, scalar, alpha), this);

        public Tensor sub(Tensor target) => Made(graft_sub(Handle, target.Handle), this, target);

        public Tensor sub(Scalar target) => Made(graft_sub_scalar(Handle, target), this);

        public Tensor mul(Tensor target) => Made(graft_mul(Handle, target.Handle), this, target);

        public Tensor mul(Scalar target) => Made(graft_mul_scalar(Handle, target), this);

        public Tensor div(Tensor target, RoundingMode rounding_mode = RoundingMode.None) =>
            Made(graft_div(Handle, target.Handle, (int)rounding_mode), this, target);

        public Tensor div(Scalar target, RoundingMode rounding_mode = RoundingMode.None) =>
            Made(graft_div_scalar(Handle, target, (int)rounding_mode), this);

        public Tensor floor_divide(Tensor other) => Made(graft_floor_divide(Handle, other.Handle), this, other);

        public Tensor floor_divide(Scalar other) => Made(graft_floor_divide_scalar(Handle, other), this);

        public Tensor remainder(Tensor target) => Made(graft_remainder(Handle, target.Handle), this, target);

        public Tensor remainder(Scalar scalar) => Made(graft_remainder_scalar(Handle, scalar), this);

        public Tensor pow(Tensor exponent) => Made(graft_pow(Handle, exponent.Handle), this, exponent);

        public Tensor pow(Scalar exponent) => Made(graft_pow_scalar(Handle, exponent), this);

        public Tensor atan2(Tensor other) => Made(graft_atan2(Handle, other.Handle), this, other);

        public static Tensor operator +(Tensor left, Tensor right) =>
            Made(graft_add(left.Handle, right.Handle, NativeScalar.One), left, right);

        public static Tensor operator +(Tensor left, Scalar right) => Made(graft_add_scalar(left.Handle, right, NativeScalar.One), left);

        public static Tensor operator +(Tensor left, int right) => Made(graft_add_scalar(left.Handle, (long)right, NativeScalar.One), left);

        public static Tensor operator +(Tensor left, long right) => Made(graft_add_scalar(left.Handle, right, NativeScalar.One), left);

        public static Tensor operator +(Tensor left, float right) =>
            Made(graft_add_scalar(left.Handle, (double)right, NativeScalar.One), left);

        public static Tensor operator +(Tensor left, double right) => Made(graft_add_scalar(left.Handle, right, NativeScalar.One), left);

        public static Tensor operator +(Scalar left, Tensor right) => Made(graft_add_scalar(right.Handle, left, NativeScalar.One), right);

        public static Tensor operator +(int left, Tensor right) =>
            Made(graft_add_scalar(right.Handle, (long)left, NativeScalar.One), right);

        public static Tensor operator +(long left, Tensor right) => Made(graft_add_scalar(right.Handle, left, NativeScalar.One), right);

        public static Tensor operator +(float left, Tensor right) =>
            Made(graft_add_scalar(right.Handle, (double)left, NativeScalar.One), right);

        public static Tensor operator +(double left, Tensor right) => Made(graft_add_scalar(right.Handle, left, NativeScalar.One), right);

        public static Tensor operator -(Tensor left, Tensor right) => Made(graft_sub(left.Handle, right.Handle), left, right);

        public static Tensor operator -(Tensor left, Scalar right) => Made(graft_sub_scalar(left.Handle, right), left);

        public static Tensor operator -(Tensor left, int right) => Made(graft_sub_scalar(left.Handle, (long)right), left);

        public static Tensor operator -(Tensor left, long right) => Made(graft_sub_scalar(left.Handle, right), left);

        public static Tensor operator -(Tensor left, float right) => Made(graft_sub_scalar(left.Handle, (double)right), left);

        public static Tensor operator -(Tensor left, double right) => Made(graft_sub_scalar(left.Handle, right), left);

        public static Tensor operator -(Scalar left, Tensor right) => Made(graft_subtract_from(right.Handle, left), right);

        public static Tensor operator -(int left, Tensor right) => Made(graft_subtract_from(right.Handle, (long)left), right);

        public static Tensor operator -(long left, Tensor right) => Made(graft_subtract_from(right.Handle, left), right);

        public static Tensor operator -(float left, Tensor right) => Made(graft_subtract_from(right.Handle, (double)left), right);

        public static Tensor operator -(double left, Tensor right) => Made(graft_subtract_from(right.Handle, left), right);

        public static Tensor operator *(Tensor left, Tensor right) => Made(graft_mul(left.Handle, right.Handle), left, right);

        public static Tensor operator *(Tensor left, Scalar right) => Made(graft_mul_scalar(left.Handle, right), left);

        public static Tensor operator *(Tensor left, int right) => Made(graft_mul_scalar(left.Handle, (long)right), left);

        public static Tensor operator *(Tensor left, long right) => Made(graft_mul_scalar(left.Handle, right), left);

        public static Tensor operator *(Tensor left, float right) => Made(graft_mul_scalar(left.Handle, (double)right), left);

        public static Tensor operator *(Tensor left, double right) => Made(graft_mul_scalar(left.Handle, right), left);

        public static Tensor operator *(Scalar left, Tensor right) => Made(graft_mul_scalar(right.Handle, left), right);

        public static Tensor operator *(int left, Tensor right) => Made(graft_mul_scalar(right.Handle, (long)left), right);

        public static Tensor operator *(long left, Tensor right) => Made(graft_mul_scalar(right.Handle, left), right);

        public static Tensor operator *(float left, Tensor right) => Made(graft_mul_scalar(right.Handle, (double)left), right);

        public static Tensor operator *(double left, Tensor right) => Made(graft_mul_scalar(right.Handle, left), right);

        public static Tensor operator /(Tensor left, Tensor right) => Made(graft_div(left.Handle, right.Handle, 0), left, right);

        public static Tensor operator /(Tensor left, Scalar right) => Made(graft_div_scalar(left.Handle, right, 0), left);

        public static Tensor operator /(Tensor left, int right) => Made(graft_div_scalar(left.Handle, (long)right, 0), left);

        public static Tensor operator /(Tensor left, long right) => Made(graft_div_scalar(left.Handle, right, 0), left);

        public static Tensor operator /(Tensor left, float right) => Made(graft_div_scalar(left.Handle, (double)right, 0), left);

        public static Tensor operator /(Tensor left, double right) => Made(graft_div_scalar(left.Handle, right, 0), left);

        public static Tensor operator /(Scalar left, Tensor right) => Made(graft_divide_into(right.Handle, left), right);

        public static Tensor operator /(int left, Tensor right) => Made(graft_divide_into(right.Handle, (long)left), right);

        public static Tensor operator /(long left, Tensor right) => Made(graft_divide_into(right.Handle, left), right);

        public static Tensor operator /(float left, Tensor right) => Made(graft_divide_into(right.Handle, (double)left), right);

        public static Tensor operator /(double left, Tensor right) => Made(graft_divide_into(right.Handle, left), right);

        public static Tensor operator %(Tensor left, Tensor right) => left.remainder(right);

        public static Tensor operator %(Tensor left, Scalar right) => left.remainder(right);

        public static Tensor operator -(Tensor tensor) => tensor.neg();
    }
}
