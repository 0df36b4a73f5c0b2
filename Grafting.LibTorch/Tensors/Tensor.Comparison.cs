namespace TorchSharp;

public static unsafe partial class torch
{
    public partial class Tensor
    {
        public Tensor eq(Tensor target) => Made(graft_eq(Handle, target.Handle), this, target);

        public Tensor eq(Scalar target) => Made(graft_eq_scalar(Handle, target), this);

        public Tensor ne(Tensor target) => Made(graft_ne(Handle, target.Handle), this, target);

        public Tensor ne(Scalar target) => Made(graft_ne_scalar(Handle, target), this);

        public Tensor lt(Tensor target) => Made(graft_lt(Handle, target.Handle), this, target);

        public Tensor lt(Scalar target) => Made(graft_lt_scalar(Handle, target), this);

        public Tensor le(Tensor target) => Made(graft_le(Handle, target.Handle), this, target);

        public Tensor le(Scalar target) => Made(graft_le_scalar(Handle, target), this);

        public Tensor gt(Tensor target) => Made(graft_gt(Handle, target.Handle), this, target);

        public Tensor gt(Scalar target) => Made(graft_gt_scalar(Handle, target), this);

        public Tensor ge(Tensor target) => Made(graft_ge(Handle, target.Handle), this, target);

        public Tensor ge(Scalar target) => Made(graft_ge_scalar(Handle, target), this);

        public static Tensor operator ==(Tensor left, Tensor right) => left.eq(right);

        public static Tensor operator ==(Tensor left, Scalar right) => left.eq(right);

        public static Tensor operator ==(Scalar left, Tensor right) => right.eq(left);

        public static Tensor operator !=(Tensor left, Tensor right) => left.ne(right);

        public static Tensor operator !=(Tensor left, Scalar right) => left.ne(right);

        public static Tensor operator !=(Scalar left, Tensor right) => right.ne(left);

        public static Tensor operator <(Tensor left, Tensor right) => left.lt(right);

        public static Tensor operator <(Tensor left, Scalar right) => left.lt(right);

        public static Tensor operator <(Scalar left, Tensor right) => right.gt(left);

        public static Tensor operator <=(Tensor left, Tensor right) => left.le(right);

        public static Tensor operator <=(Tensor left, Scalar right) => left.le(right);

        public static Tensor operator <=(Scalar left, Tensor right) => right.ge(left);

        public static Tensor operator >(Tensor left, Tensor right) => left.gt(right);

        public static Tensor operator >(Tensor left, Scalar right) => left.gt(right);

        public static Tensor operator >(Scalar left, Tensor right) => right.lt(left);

        public static Tensor operator >=(Tensor left, Tensor right) => left.ge(right);

        public static Tensor operator >=(Tensor left, Scalar right) => left.ge(right);

        public static Tensor operator >=(Scalar left, Tensor right) => right.le(left);

        /// <summary>Element by element, like <see cref="eq(Tensor)"/>.</summary>
        public Tensor equal(Tensor target) => eq(target);

        public Tensor maximum(Tensor other) => Made(graft_maximum(Handle, other.Handle), this, other);

        public Tensor minimum(Tensor other) => Made(graft_minimum(Handle, other.Handle), this, other);

        public Tensor logical_and(Tensor other) => Made(graft_logical_and(Handle, other.Handle), this, other);

        public Tensor logical_or(Tensor other) => Made(graft_logical_or(Handle, other.Handle), this, other);

        public Tensor logical_xor(Tensor other) => Made(graft_logical_xor(Handle, other.Handle), this, other);

        public static Tensor operator &(Tensor left, Tensor right) => Made(graft_bitwise_and(left.Handle, right.Handle), left, right);

        public static Tensor operator |(Tensor left, Tensor right) => Made(graft_bitwise_or(left.Handle, right.Handle), left, right);

        public static Tensor operator ^(Tensor left, Tensor right) => Made(graft_bitwise_xor(left.Handle, right.Handle), left, right);

        public static Tensor operator ~(Tensor left) => Made(graft_bitwise_not(left.Handle), left);

        public Tensor isfinite() => Made(graft_isfinite(Handle), this);

        public Tensor isinf() => Made(graft_isinf(Handle), this);

        public Tensor isnan() => Made(graft_isnan(Handle), this);

        public bool allclose(Tensor target, double rtol = 1e-05, double atol = 1e-08, bool equal_nan = false)
        {
            int close;
            Done(graft_allclose(Handle, target.Handle, rtol, atol, Code(equal_nan), &close), this, target);
            return close != 0;
        }

        public Tensor where(Tensor condition, Tensor y) => Made(graft_where(condition.Handle, Handle, y.Handle), this, condition, y);
    }
}
