using Grafting.LibTorch;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>One entry between the brackets of an index: a number, a slice, an ellipsis, a new axis, a boolean or a tensor.</summary>
    public struct TensorIndex
    {
        readonly Tensor? _tensor;

        TensorIndex(long kind, long start = AbsentNumber, long stop = AbsentNumber, long step = AbsentNumber, Tensor? tensor = null)
        {
            Native = new() { Kind = kind, Start = start, Stop = stop, Step = step };
            _tensor = tensor;
        }

        public static TensorIndex Ellipsis = new(NativeIndex.Ellipsis);

        /// <summary>A new axis of length one.</summary>
        public static TensorIndex None = new(NativeIndex.NewAxis);

        /// <summary>The same as <see cref="None"/>.</summary>
        public static TensorIndex Null = new(NativeIndex.NewAxis);

        public static TensorIndex Colon = Slice();

        internal NativeIndex Native { get; }

        public static TensorIndex Slice(long? start = null, long? stop = null, long? step = null) =>
            new(NativeIndex.Slice, start ?? AbsentNumber, stop ?? AbsentNumber, step ?? AbsentNumber);

        public static TensorIndex Slice((int? start, int? end) range) => Slice((long?)range.start, (long?)range.end);

        public static TensorIndex Slice(Range range) =>
            Slice(At(range.Start), range.End is { IsFromEnd: true, Value: 0 } ? null : At(range.End));

        public static TensorIndex Bool(bool value) => new(NativeIndex.Boolean, value ? 1 : 0);

        public static TensorIndex Single(long? index) => new(NativeIndex.Single, index ?? 0);

        public static TensorIndex Tensor(Tensor tensor) => new(NativeIndex.Tensor, tensor: tensor);

        public static implicit operator TensorIndex(long value) => Single(value);

        public static implicit operator TensorIndex((int? start, int? end) range) => Slice(range);

        public static implicit operator TensorIndex(Range range) => Slice(range);

        public static implicit operator TensorIndex(Index index) => Single(At(index));

        /// <summary>Only there so that an index is preferred where both would do; never called.</summary>
        public static implicit operator Tensor(TensorIndex value) => throw new InvalidOperationException("Should not be called.");

        /// <summary>As C++ wants it; the caller keeps the index, and so its tensor, alive over the call.</summary>
        internal readonly NativeIndex ToNative()
        {
            var native = Native;
            if (_tensor is not null) native.Handle = _tensor.Handle;
            return native;
        }

        static long At(Index index) => index.IsFromEnd ? -index.Value : index.Value;
    }
}
