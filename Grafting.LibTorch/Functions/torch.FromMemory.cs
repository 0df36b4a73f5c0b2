using System.Runtime.InteropServices;

namespace TorchSharp;

public static unsafe partial class torch
{
    public static Tensor from_array(Array rawArray, Device? device = null) => from_array(rawArray, null, device);

    /// <summary>Shares the array's memory where neither dtype nor device differ; the array stays pinned while the tensor lives.</summary>
    public static Tensor from_array(
        Array rawArray, ScalarType? dtype, Device? device = null, bool requires_grad = false, string[]? names = null)
    {
        var place = Place(dtype ?? ElementTypeOf(rawArray), device, requires_grad, names);
        var type = ElementTypeOf(rawArray);
        var shape = new long[rawArray.Rank];
        for (var d = 0; d < shape.Length; d++) shape[d] = rawArray.GetLength(d);
        if ((dtype ?? type) != type || (device?.type ?? DeviceType.CPU) != DeviceType.CPU)
        {
            fixed (byte* data = &MemoryMarshal.GetArrayDataReference(rawArray))
            fixed (long* first = shape)
                return Made(graft_from_memory(data, (int)type, first, shape.Length, place));
        }

        var pin = GCHandle.Alloc(rawArray, GCHandleType.Pinned);
        fixed (long* first = shape)
        {
            var handle = graft_over_memory(
                (void*)pin.AddrOfPinnedObject(), (int)type, first, shape.Length, &Unpin, (void*)GCHandle.ToIntPtr(pin));
            if (handle == 0) pin.Free();
            var tensor = Made(handle);
            if (requires_grad) tensor.requires_grad = true;
            return tensor;
        }
    }

    [UnmanagedCallersOnly]
    static void Unpin(void* pin) => GCHandle.FromIntPtr((nint)pin).Free();

    static ScalarType ElementTypeOf(Array array) => ElementTypes.TryGetValue(array.GetType().GetElementType()!, out var type)
        ? type
        : throw new NotSupportedException($"There is no dtype for elements of {array.GetType().GetElementType()}.");

    static Tensor CopyOf<T>(
        ReadOnlySpan<T> values, ReadOnlySpan<long> shape,
        ScalarType? dtype, Device? device, bool requires_grad, string[]? names = null)
        where T : unmanaged
    {
        var wanted = 1L;
        foreach (var size in shape) wanted = checked(wanted * size);
        if (wanted > values.Length)
            throw new ArgumentException(
                $"A tensor of [{string.Join(", ", shape.ToArray())}] wants {wanted} values, there are {values.Length}.");
        var type = ElementTypes[typeof(T)];
        var place = Place(dtype ?? type, device, requires_grad, names);
        fixed (T* data = values)
        fixed (long* first = shape)
            return Made(graft_from_memory(data, (int)type, first, shape.Length, place));
    }

    static ReadOnlySpan<T> SpanOf<T>(IList<T> values) => values switch
    {
        T[] array => array,
        List<T> list => CollectionsMarshal.AsSpan(list),
        _ => values.ToArray(),
    };

    static ReadOnlySpan<T> SpanOf<T>(Array array) where T : unmanaged => array.Length == 0
        ? []
        : MemoryMarshal.CreateReadOnlySpan(
            ref System.Runtime.CompilerServices.Unsafe.As<byte, T>(ref MemoryMarshal.GetArrayDataReference(array)), array.Length);
}
