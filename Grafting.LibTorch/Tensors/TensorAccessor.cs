using System.Collections;
using static TorchSharp.torch;

namespace TorchSharp.Utils;

/// <summary>The elements of a tensor in row-major order, whatever its strides.</summary>
public sealed unsafe class TensorAccessor<T> : IDisposable, IEnumerable<T> where T : unmanaged
{
    readonly Tensor _tensor;
    readonly bool _owned;
    readonly T* _data;

    internal TensorAccessor(Tensor tensor)
    {
        _owned = !tensor.is_cpu();
        _tensor = _owned ? tensor.cpu().DetachFromDisposeScope() : tensor;
        _data = (T*)_tensor.Data;
    }

    public long Count => _tensor.NumberOfElements;

    public bool IsReadOnly => false;

    internal T First => Alive(*_data);

    public T this[params long[] indices]
    {
        get => Alive(_data[OffsetOf(indices)]);
        set
        {
            _data[OffsetOf(indices)] = value;
            GC.KeepAlive(this);
        }
    }

    public T[] ToArray()
    {
        var array = new T[Count];
        CopyTo(array.AsSpan());
        return array;
    }

    public void CopyTo(T[] array, int arrayIndex = 0, long tensorIndex = 0) => CopyTo(array.AsSpan(), arrayIndex, tensorIndex);

    public void CopyTo(Span<T> array, int arrayIndex = 0, long tensorIndex = 0)
    {
        var target = array[arrayIndex..];
        var count = Math.Min(Count - tensorIndex, target.Length);
        if (_tensor.is_contiguous())
        {
            new ReadOnlySpan<T>(_data + tensorIndex, (int)count).CopyTo(target);
        }
        else
        {
            var walk = new Walk(_tensor, tensorIndex);
            for (var i = 0; i < count; i++, walk.Next()) target[i] = _data[walk.Offset];
        }
        GC.KeepAlive(this);
    }

    public void CopyFrom(T[] array, int arrayIndex = 0, long tensorIndex = 0) =>
        CopyFrom((ReadOnlySpan<T>)array, arrayIndex, tensorIndex);

    public void CopyFrom(ReadOnlySpan<T> array, int arrayIndex = 0, long tensorIndex = 0)
    {
        var source = array[arrayIndex..];
        var count = Math.Min(Count - tensorIndex, source.Length);
        var walk = new Walk(_tensor, tensorIndex);
        for (var i = 0; i < count; i++, walk.Next()) _data[walk.Offset] = source[i];
        GC.KeepAlive(this);
    }

    public IEnumerator<T> GetEnumerator()
    {
        var walk = new Walk(_tensor, 0);
        for (var i = 0L; i < Count; i++, walk.Next()) yield return At(walk.Offset);
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public void Dispose()
    {
        if (_owned) _tensor.Dispose();
    }

    T At(long offset) => Alive(_data[offset]);

    T Alive(T value)
    {
        GC.KeepAlive(this);
        return value;
    }

    long OffsetOf(long[] indices)
    {
        var shape = _tensor.shape;
        if (indices.Length == 1 && shape.Length != 1)
        {
            if ((ulong)indices[0] >= (ulong)Count)
                throw new ArgumentOutOfRangeException(nameof(indices), $"{indices[0]} of {Count} elements");
            return new Walk(_tensor, indices[0]).Offset;
        }
        if (indices.Length != shape.Length) throw new ArgumentException($"{indices.Length} indices for {shape.Length} dimensions");
        var strides = _tensor.stride();
        var offset = 0L;
        for (var d = 0; d < shape.Length; d++)
        {
            if ((ulong)indices[d] >= (ulong)shape[d])
                throw new ArgumentOutOfRangeException(nameof(indices), $"{indices[d]} of {shape[d]} in dimension {d}");
            offset += indices[d] * strides[d];
        }
        return offset;
    }

    // Steps through the elements in row-major order.
    struct Walk
    {
        readonly long[] _shape;
        readonly long[] _strides;
        readonly long[] _at;

        internal Walk(Tensor tensor, long start)
        {
            _shape = tensor.shape;
            _strides = tensor.stride();
            _at = new long[_shape.Length];
            for (var d = _shape.Length - 1; d >= 0 && start > 0; d--)
            {
                (start, _at[d]) = Math.DivRem(start, _shape[d]);
                Offset += _at[d] * _strides[d];
            }
        }

        internal long Offset { get; private set; }

        internal void Next()
        {
            for (var d = _shape.Length - 1; d >= 0; d--)
            {
                Offset += _strides[d];
                if (++_at[d] < _shape[d]) return;
                Offset -= _at[d] * _strides[d];
                _at[d] = 0;
            }
        }
    }
}
