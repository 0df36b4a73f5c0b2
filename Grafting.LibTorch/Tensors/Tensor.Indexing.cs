using System.Runtime.CompilerServices;
using Grafting.LibTorch;

namespace TorchSharp;

public static unsafe partial class torch
{
    public partial class Tensor
    {
        [IndexerName("TensorItems")]
        public Tensor this[params TensorIndex[] indices]
        {
            get => index(indices);
            set => index_put_(value, indices);
        }

        [IndexerName("TensorItems")]
        public Tensor this[params Tensor[] indices]
        {
            get => index(indices);
            set => index_put_(value, indices);
        }

        [IndexerName("TensorItems")]
        public Tensor this[long i1]
        {
            get => At([i1]);
            set => Put(value, [i1]);
        }

        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2]
        {
            get => At([i1, i2]);
            set => Put(value, [i1, i2]);
        }

        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2, long i3]
        {
            get => At([i1, i2, i3]);
            set => Put(value, [i1, i2, i3]);
        }

        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2, long i3, long i4]
        {
            get => At([i1, i2, i3, i4]);
            set => Put(value, [i1, i2, i3, i4]);
        }

        public Tensor index(params TensorIndex[] indices)
        {
            Span<NativeIndex> native = stackalloc NativeIndex[indices.Length];
            for (var i = 0; i < native.Length; i++) native[i] = indices[i].ToNative();
            return Get(native, indices);
        }

        public Tensor index(params Tensor[] indices) => index(AsIndices(indices));

        public Tensor index_put_(Tensor value, params TensorIndex[] indices) => index_put_(value, indices, false);

        public Tensor index_put_(Tensor value, TensorIndex[] indices, bool accumulate = false)
        {
            Span<NativeIndex> native = stackalloc NativeIndex[indices.Length];
            for (var i = 0; i < native.Length; i++)
            {
                native[i] = indices[i].ToNative();
                if (accumulate && native[i].Kind != NativeIndex.Tensor)
                    throw new ArgumentException("Accumulating wants tensors as indices.", nameof(indices));
            }
            fixed (NativeIndex* first = native)
                return Changed(graft_index_put_(Handle, first, native.Length, value.Handle, Code(accumulate)), this, value, indices);
        }

        public Tensor index_put_(Tensor value, params Tensor[] indices) => index_put_(value, AsIndices(indices), false);

        public Tensor index_put_(Tensor value, Tensor[] indices, bool accumulate = false) =>
            index_put_(value, AsIndices(indices), accumulate);

        public Tensor index_put_(Scalar value, params TensorIndex[] indices)
        {
            Span<NativeIndex> native = stackalloc NativeIndex[indices.Length];
            for (var i = 0; i < native.Length; i++) native[i] = indices[i].ToNative();
            fixed (NativeIndex* first = native)
                return Changed(graft_index_put_scalar_(Handle, first, native.Length, value), this, indices);
        }

        public Tensor select(long dim, long index) => Made(graft_select(Handle, dim, index), this);

        public Tensor slice(long dim, long start, long finish, long step) => Made(graft_slice(Handle, dim, start, finish, step), this);

        public Tensor narrow(long dim, long start, long length) => Made(graft_narrow(Handle, dim, start, length), this);

        public Tensor gather(long dim, Tensor index) => Made(graft_gather(Handle, dim, index.Handle), this, index);

        public Tensor scatter(long dim, Tensor index, Tensor src) =>
            Made(graft_scatter(Handle, dim, index.Handle, src.Handle), this, index, src);

        public Tensor scatter_(long dim, Tensor index, Tensor src) =>
            Changed(graft_scatter_(Handle, dim, index.Handle, src.Handle), this, index, src);

        public Tensor scatter_add_(long dim, Tensor index, Tensor src) =>
            Changed(graft_scatter_add_(Handle, dim, index.Handle, src.Handle), this, index, src);

        public Tensor index_select(long dim, Tensor index) => Made(graft_index_select(Handle, dim, index.Handle), this, index);

        public Tensor index_add(long dim, Tensor index, Tensor source, Scalar alpha) =>
            Made(graft_index_add(Handle, dim, index.Handle, source.Handle, alpha), this, index, source);

        public Tensor index_add_(long dim, Tensor index, Tensor source, Scalar alpha) =>
            Changed(graft_index_add_(Handle, dim, index.Handle, source.Handle, alpha), this, index, source);

        public Tensor index_copy(long dim, Tensor index, Tensor source) =>
            Made(graft_index_copy(Handle, dim, index.Handle, source.Handle), this, index, source);

        public Tensor index_copy_(long dim, Tensor index, Tensor source) =>
            Changed(graft_index_copy_(Handle, dim, index.Handle, source.Handle), this, index, source);

        public Tensor index_fill(long dim, Tensor index, Scalar value) =>
            Made(graft_index_fill(Handle, dim, index.Handle, value), this, index);

        public Tensor masked_fill(Tensor mask, Scalar value) => Made(graft_masked_fill(Handle, mask.Handle, value), this, mask);

        public Tensor masked_fill_(Tensor mask, Scalar value) => Changed(graft_masked_fill_(Handle, mask.Handle, value), this, mask);

        public Tensor masked_select(Tensor mask) => Made(graft_masked_select(Handle, mask.Handle), this, mask);

        public Tensor masked_scatter(Tensor mask, Tensor value) =>
            Made(graft_masked_scatter(Handle, mask.Handle, value.Handle), this, mask, value);

        public Tensor nonzero() => Made(graft_nonzero(Handle), this);

        Tensor At(ReadOnlySpan<long> position)
        {
            Span<NativeIndex> native = stackalloc NativeIndex[position.Length];
            for (var i = 0; i < native.Length; i++) native[i] = new() { Kind = NativeIndex.Single, Start = position[i] };
            return Get(native, null);
        }

        void Put(Tensor value, ReadOnlySpan<long> position)
        {
            Span<NativeIndex> native = stackalloc NativeIndex[position.Length];
            for (var i = 0; i < native.Length; i++) native[i] = new() { Kind = NativeIndex.Single, Start = position[i] };
            fixed (NativeIndex* first = native) Done(graft_index_put_(Handle, first, native.Length, value.Handle, 0), this, value);
        }

        Tensor Get(ReadOnlySpan<NativeIndex> native, object? alive)
        {
            fixed (NativeIndex* first = native) return Made(graft_index_get(Handle, first, native.Length), this, alive);
        }

        static TensorIndex[] AsIndices(Tensor[] tensors) => Array.ConvertAll(tensors, TensorIndex.Tensor);
    }
}
