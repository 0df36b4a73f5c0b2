namespace TorchSharp;

public static unsafe partial class torch
{
    public partial class Tensor
    {
        public Tensor sum(ScalarType? type = null) => Made(graft_sum(Handle, Code(type)), this);

        public Tensor sum(long[] dim, bool keepdim = false, ScalarType? type = null) => sum((ReadOnlySpan<long>)dim, keepdim, type);

        public Tensor sum(ReadOnlySpan<long> dim, bool keepdim = false, ScalarType? type = null)
        {
            fixed (long* first = dim) return Made(graft_sum_dims(Handle, first, dim.Length, Code(keepdim), Code(type)), this);
        }

        public Tensor sum(long dim, bool keepdim = false, ScalarType? type = null) => sum([dim], keepdim, type);

        public Tensor mean() => Made(graft_mean(Handle), this);

        public Tensor mean(long[] dimensions, bool keepdim = false, ScalarType? type = null)
        {
            fixed (long* first = dimensions)
                return Made(graft_mean_dims(Handle, first, dimensions.Length, Code(keepdim), Code(type)), this);
        }

        public Tensor prod(ScalarType? type = null) => Made(graft_prod(Handle, Code(type)), this);

        public Tensor std(bool unbiased = true) => Made(graft_std(Handle, Code(unbiased)), this);

        public Tensor std(long[] dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null) =>
            std((ReadOnlySpan<long>)dimensions, unbiased, keepdim, type);

        /// <param name="type">Has no effect, as in TorchSharp.</param>
        public Tensor std(ReadOnlySpan<long> dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null)
        {
            fixed (long* first = dimensions)
                return Made(graft_std_dims(Handle, first, dimensions.Length, Code(unbiased), Code(keepdim)), this);
        }

        public Tensor std(long dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null) =>
            std([dim], unbiased, keepdim, type);

        public Tensor var(bool unbiased = true) => Made(graft_var(Handle, Code(unbiased)), this);

        public Tensor var(long[] dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null) =>
            var((ReadOnlySpan<long>)dimensions, unbiased, keepdim, type);

        /// <param name="type">Has no effect, as in TorchSharp.</param>
        public Tensor var(ReadOnlySpan<long> dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null)
        {
            fixed (long* first = dimensions)
                return Made(graft_var_dims(Handle, first, dimensions.Length, Code(unbiased), Code(keepdim)), this);
        }

        public Tensor var(long dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null) =>
            var([dim], unbiased, keepdim, type);

        public Tensor amax(params long[] dims)
        {
            fixed (long* first = dims) return Made(graft_amax(Handle, first, dims.Length, 0), this);
        }

        public Tensor amin(params long[] dims)
        {
            fixed (long* first = dims) return Made(graft_amin(Handle, first, dims.Length, 0), this);
        }

        public Tensor max() => Made(graft_max(Handle), this);

        public Tensor max(Tensor other) => maximum(other);

        public (Tensor values, Tensor indexes) max(long dim, bool keepdim = false) =>
            MadeTwo(graft_max_dim(Handle, dim, Code(keepdim)), this);

        public Tensor argmax() => Made(graft_argmax(Handle, AbsentNumber, 0), this);

        public Tensor argmax(long dim, bool keepdim = false) => Made(graft_argmax(Handle, dim, Code(keepdim)), this);

        public Tensor min() => Made(graft_min(Handle), this);

        public Tensor min(Tensor other) => minimum(other);

        public (Tensor values, Tensor indexes) min(long dim, bool keepdim = false) =>
            MadeTwo(graft_min_dim(Handle, dim, Code(keepdim)), this);

        public Tensor argmin() => Made(graft_argmin(Handle, AbsentNumber, 0), this);

        public Tensor argmin(long dim, bool keepdim = false) => Made(graft_argmin(Handle, dim, Code(keepdim)), this);

        public Tensor all() => Made(graft_all(Handle), this);

        public Tensor all(long dim, bool keepdim = false) => Made(graft_all_dim(Handle, dim, Code(keepdim)), this);

        public Tensor any() => Made(graft_any(Handle), this);

        public Tensor any(long dim, bool keepdim = false) => Made(graft_any_dim(Handle, dim, Code(keepdim)), this);

        public (Tensor values, Tensor indexes) topk(int k, int dim = -1, bool largest = true, bool sorted = true) =>
            MadeTwo(graft_topk(Handle, k, dim, Code(largest), Code(sorted)), this);

        public (Tensor Values, Tensor Indices) sort(long dim = -1, bool descending = false, bool stable = false) =>
            MadeTwo(graft_sort(Handle, dim, Code(descending), Code(stable)), this);

        public Tensor argsort(long dim = -1, bool descending = false) => Made(graft_argsort(Handle, dim, Code(descending)), this);

        public Tensor norm(float p = 2.0f) => Made(graft_norm(Handle, p), this);

        public Tensor norm(int dim, bool keepdim = false, float p = 2.0f) => Made(graft_norm_dim(Handle, dim, Code(keepdim), p), this);

        public Tensor cumsum(long dim, ScalarType? type = null) => Made(graft_cumsum(Handle, dim, Code(type)), this);

        public Tensor logsumexp(long dim, bool keepdim = false) => Made(graft_logsumexp(Handle, dim, Code(keepdim)), this);

        public Tensor softmax(long dim, ScalarType? dtype = null) => Made(graft_softmax(Handle, dim, Code(dtype)), this);

        public Tensor log_softmax(long dim, ScalarType? dtype = null) => Made(graft_log_softmax(Handle, dim, Code(dtype)), this);

        public Tensor bincount(Tensor? weights, long minlength = 0) =>
            Made(graft_bincount(Handle, HandleOf(weights), minlength), this, weights);

        public Tensor multinomial(long num_samples, bool replacement = false, Generator? generator = null) =>
            Made(graft_multinomial(Handle, num_samples, Code(replacement), Generator.HandleOf(generator)), this, generator);
    }
}
