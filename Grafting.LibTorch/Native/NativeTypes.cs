using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Grafting.LibTorch;

/// <summary>A number on its way to C++ (graft::Scalar): no allocation, no handle.</summary>
[StructLayout(LayoutKind.Sequential)]
readonly struct NativeScalar
{
    internal const long Absent = 0, Integer = 1, Floating = 2, Boolean = 3;

    internal readonly long Bits;
    internal readonly long Kind;

    NativeScalar(long bits, long kind)
    {
        Bits = bits;
        Kind = kind;
    }

    internal static NativeScalar One => new(1, Integer);

    public static implicit operator NativeScalar(long value) => new(value, Integer);

    public static implicit operator NativeScalar(double value) => new(BitConverter.DoubleToInt64Bits(value), Floating);

    public static implicit operator NativeScalar(bool value) => new(value ? 1 : 0, Boolean);

    public static implicit operator NativeScalar(Scalar? value) => value is null ? default : value.Value;

    internal double AsDouble => Kind == Floating ? BitConverter.Int64BitsToDouble(Bits) : Bits;

    // As C++ converts: towards zero, and out of range is an error instead of a wrong number.
    internal long AsLong => Kind == Floating ? checked((long)BitConverter.Int64BitsToDouble(Bits)) : Bits;
}

/// <summary>What a factory needs to know (graft::Placement).</summary>
[StructLayout(LayoutKind.Sequential)]
readonly struct Placement
{
    readonly int dtype;
    readonly int deviceType;
    readonly int deviceIndex;
    readonly int requiresGrad;

    Placement(ScalarType dtype, Device? device, bool requires_grad)
    {
        this.dtype = (int)dtype;
        deviceType = (int)(device?.type ?? DeviceType.CPU);
        deviceIndex = device?.index ?? -1;
        requiresGrad = requires_grad ? 1 : 0;
    }

    internal static Placement Of(ScalarType dtype, Device? device, bool requires_grad, string[]? names = null)
    {
        if (names is not null) throw new NotSupportedException("Named dimensions are not supported by this provider.");
        return new(dtype, device, requires_grad);
    }
}

/// <summary>One entry between the brackets of an index (graft::Index).</summary>
[StructLayout(LayoutKind.Sequential)]
struct NativeIndex
{
    internal const long NewAxis = 0, Single = 1, Slice = 2, Ellipsis = 3, Boolean = 4, Tensor = 5;

    internal long Kind;
    internal long Start;
    internal long Stop;
    internal long Step;
    internal nint Handle;
}
