namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Tensor clone() => Made(graft_clone(Handle), this);

        /// <summary>Another reference to the same tensor, to be disposed on its own.</summary>
        public Tensor alias() => Made(graft_alias(Handle), this);

        public Tensor detach() => Made(graft_detach(Handle), this);

        public Tensor detach_() => Changed(graft_detach_(Handle), this);

        public Tensor cpu() => Made(graft_cpu(Handle), this);

        public Tensor pin_memory() => Made(graft_pin_memory(Handle), this);

        public Tensor cuda(Device? device = null, bool non_blocking = false)
        {
            if (device is not null && device.type != DeviceType.CUDA) throw new ArgumentException($"{device} is not a CUDA device.");
            return Converted(null, device ?? CUDA, false, non_blocking);
        }

        public Tensor to_type(ScalarType type, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            Converted(type, null, copy, non_blocking, disposeAfter);

        public Tensor type_as(Tensor tensor) => to_type(tensor.dtype);

        public Tensor type(ScalarType dtype) => to_type(dtype);

        public Tensor to(ScalarType type, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            Converted(type, null, copy, non_blocking, disposeAfter);

        public Tensor to(Device device, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            Converted(null, InitializeDevice(device), copy, non_blocking, disposeAfter);

        public Tensor to(ScalarType type, Device device, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            Converted(type, InitializeDevice(device), copy, non_blocking, disposeAfter);

        public Tensor to(
            DeviceType deviceType, int deviceIndex = -1, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            to(new Device(deviceType, deviceIndex), copy, disposeAfter, non_blocking);

        public Tensor to(string device, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            to(new Device(device), copy, disposeAfter, non_blocking);

        public Tensor to(Tensor other, bool non_blocking = false) => to(other.dtype, other.device, non_blocking: non_blocking);

        public Tensor @bool() => to_type(ScalarType.Bool);

        public Tensor @byte() => to_type(ScalarType.Byte);

        public Tensor @int() => to_type(ScalarType.Int32);

        public Tensor @long() => to_type(ScalarType.Int64);

        public Tensor half() => to_type(ScalarType.Float16);

        public Tensor bfloat16() => to_type(ScalarType.BFloat16);

        public Tensor @float() => to_type(ScalarType.Float32);

        public Tensor @double() => to_type(ScalarType.Float64);

        Tensor Converted(ScalarType? type, Device? device, bool copy, bool non_blocking, bool disposeAfter = false)
        {
            var result = Made(
                graft_to(Handle, Code(type), device is null ? -1 : (int)device.type, device?.index ?? -1, Code(copy), Code(non_blocking)),
                this);
            if (disposeAfter) Dispose();
            return result;
        }
    }
}
