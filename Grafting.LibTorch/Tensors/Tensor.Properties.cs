using System.Runtime.InteropServices;

using Grafting.LibTorch;

namespace TorchSharp;

public static unsafe partial class torch
{
    public partial class Tensor
    {
        public string? name { get; set; }

        public long Dimensions => Asked(graft_dim(Handle));

        public long ndim => Dimensions;

        public long NumberOfElements => Asked(graft_numel(Handle));

        public long ElementSize => Asked(graft_element_size(Handle));

        public ScalarType dtype => (ScalarType)Asked(graft_dtype(Handle));

        public DeviceType device_type => (DeviceType)Asked(graft_device_type(Handle));

        public int device_index => Asked(graft_device_index(Handle));

        public Device device => device_type == DeviceType.CPU ? CPU : new Device(device_type, device_index);

        public bool is_cuda => device_type == DeviceType.CUDA;

        public bool is_meta => device_type == DeviceType.META;

        public bool is_leaf => Asked(graft_is_leaf(Handle)) != 0;

        public long[] shape => size();

        public long dim() => Dimensions;

        public long numel() => NumberOfElements;

        public long element_size() => ElementSize;

        public bool is_cpu() => device_type == DeviceType.CPU;

        public bool is_contiguous() => Asked(graft_is_contiguous(Handle)) != 0;

        public bool is_integral() => torch.is_integral(dtype);

        public bool is_floating_point() => torch.is_floating_point(dtype);

        public long storage_offset() => Asked(graft_storage_offset(Handle));

        public long[] size()
        {
            var sizes = new long[Dimensions];
            fixed (long* first = sizes) graft_sizes(Handle, first);
            GC.KeepAlive(this);
            return sizes;
        }

        public long size(int dim)
        {
            long size;
            Done(graft_size(Handle, dim, &size), this);
            return size;
        }

        public long[] stride()
        {
            var strides = new long[Dimensions];
            fixed (long* first = strides) graft_strides(Handle, first);
            GC.KeepAlive(this);
            return strides;
        }

        public long stride(int dim)
        {
            long stride;
            Done(graft_stride(Handle, dim, &stride), this);
            return stride;
        }

        /// <summary>The memory itself, in place, of a dense tensor on the CPU; valid while the tensor lives.</summary>
        public Span<byte> bytes
        {
            get => MemoryOf(this);
            set
            {
                var memory = MemoryOf(this);
                if (memory.Length != value.Length)
                    throw new ArgumentException($"The tensor holds {memory.Length} bytes and was given {value.Length}.");
                value.CopyTo(memory);
            }
        }

        /// <summary>Typed access to the elements; a tensor on another device is copied first.</summary>
        public Utils.TensorAccessor<T> data<T>() where T : unmanaged
        {
            CheckElementType(typeof(T));
            return new(this);
        }

        /// <summary>The number in a tensor of one element.</summary>
        public T item<T>() where T : unmanaged
        {
            if (NumberOfElements != 1) throw new ArgumentException($"item() wants one element, not {NumberOfElements}.");
            CheckElementType(typeof(T));
            using var accessor = new Utils.TensorAccessor<T>(this);
            return accessor.First;
        }

        public Scalar ToScalar()
        {
            NativeScalar value;
            Done(graft_item(Handle, &value), this);
            return new Scalar(value);
        }

        internal void* Data
        {
            get
            {
                void* data;
                Done(graft_data(Handle, &data), this);
                return data;
            }
        }

        internal void CheckElementType(Type type)
        {
            var expected = dtype;
            if (ElementTypes.TryGetValue(type, out var found) && found == expected) return;
            throw new ArgumentException($"{type.Name} is not the element type of a {expected} tensor.");
        }

        // The tensor is alive after the answer has come, not only when its handle was read.
        T Asked<T>(T answer)
        {
            GC.KeepAlive(this);
            return answer;
        }

        static Span<byte> MemoryOf(Tensor tensor)
        {
            if (!tensor.is_cpu()) throw new InvalidOperationException("bytes wants a tensor on the CPU; copy it there first.");
            if (!tensor.is_contiguous()) throw new InvalidOperationException("bytes wants a contiguous tensor.");
            var length = tensor.NumberOfElements * tensor.ElementSize;
            if (length > int.MaxValue) throw new ArgumentException($"bytes spans at most {int.MaxValue} bytes, the tensor has {length}.");
            return length == 0 ? [] : MemoryMarshal.CreateSpan(ref *(byte*)tensor.Data, (int)length);
        }
    }
}
