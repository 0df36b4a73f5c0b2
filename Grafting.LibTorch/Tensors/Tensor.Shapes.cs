namespace TorchSharp;

public static unsafe partial class torch
{
    public partial class Tensor
    {
        public Tensor view(params long[] shape)
        {
            fixed (long* first = shape) return Made(graft_view(Handle, first, shape.Length), this);
        }

        public Tensor reshape(params long[] shape)
        {
            fixed (long* first = shape) return Made(graft_reshape(Handle, first, shape.Length), this);
        }

        public Tensor permute(params long[] permutation)
        {
            fixed (long* first = permutation) return Made(graft_permute(Handle, first, permutation.Length), this);
        }

        public Tensor repeat(params long[] sizes)
        {
            fixed (long* first = sizes) return Made(graft_repeat(Handle, first, sizes.Length), this);
        }

        public Tensor flip(params long[] dims)
        {
            fixed (long* first = dims) return Made(graft_flip(Handle, first, dims.Length), this);
        }

        public Tensor flatten(long start_dim = 0, long end_dim = -1) => Made(graft_flatten(Handle, start_dim, end_dim), this);

        public Tensor unflatten(long dim, params long[] sizes)
        {
            fixed (long* first = sizes) return Made(graft_unflatten(Handle, dim, first, sizes.Length), this);
        }

        public Tensor squeeze(long? dim = null) => Made(graft_squeeze(Handle, dim ?? AbsentNumber), this);

        public Tensor unsqueeze(long dim) => Made(graft_unsqueeze(Handle, dim), this);

        public Tensor t() => Made(graft_t(Handle), this);

        public Tensor T => t();

        public Tensor transpose(long dim0, long dim1) => Made(graft_transpose(Handle, dim0, dim1), this);

        public Tensor contiguous() => Made(graft_contiguous(Handle), this);

        public Tensor view_as(Tensor other) => view(other.shape);

        public Tensor expand(ReadOnlySpan<long> sizes, bool isImplicit = false)
        {
            fixed (long* first = sizes) return Made(graft_expand(Handle, first, sizes.Length, Code(isImplicit)), this);
        }

        public Tensor expand(long[] sizes, bool isImplicit = false) => expand((ReadOnlySpan<long>)sizes, isImplicit);

        public Tensor expand(params long[] sizes) => expand((ReadOnlySpan<long>)sizes);

        public Tensor expand_as(Tensor other) => expand(other.shape);

        public Tensor repeat_interleave(long repeats, long? dim = null, long? output_size = null) =>
            Made(graft_repeat_interleave(Handle, repeats, dim ?? AbsentNumber, output_size ?? AbsentNumber), this);

        public Tensor repeat_interleave(Tensor repeats, long? dim = null, long? output_size = null) =>
            Made(graft_repeat_interleave_tensor(Handle, repeats.Handle, dim ?? AbsentNumber, output_size ?? AbsentNumber), this, repeats);

        public Tensor roll(long shifts, long? dims = null)
        {
            var dim = dims ?? 0;
            return Made(graft_roll(Handle, &shifts, 1, &dim, dims is null ? 0 : 1), this);
        }

        public Tensor tril(long diagonal = 0) => Made(graft_tril(Handle, diagonal), this);

        public Tensor triu(long diagonal = 0) => Made(graft_triu(Handle, diagonal), this);

        public Tensor as_strided(long[] size, long[] strides, long storageOffset = 0L)
        {
            fixed (long* sizes = size, steps = strides)
                return Made(graft_as_strided(Handle, sizes, size.Length, steps, strides.Length, storageOffset), this);
        }

        public Tensor[] split(long size, int dim = 0) => MadeMany(graft_split(Handle, size, dim), this);

        public Tensor[] split(ReadOnlySpan<long> sizes, long dim = 0)
        {
            fixed (long* first = sizes) return MadeMany(graft_split_sizes(Handle, first, sizes.Length, dim), this);
        }

        public Tensor[] split(long[] sizes, long dim = 0) => split((ReadOnlySpan<long>)sizes, dim);

        public Tensor[] chunk(long chunks, long dim = 0L) => MadeMany(graft_chunk(Handle, chunks, dim), this);

        public Tensor[] unbind(long dimension = 0L) => MadeMany(graft_unbind(Handle, dimension), this);
    }
}
