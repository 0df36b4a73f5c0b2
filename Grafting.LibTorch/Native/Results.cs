using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Grafting.LibTorch;

// What comes back over the border. The operands are passed along so that none of them can be finalized while C++ works on it:
// they are evaluated after the native call and kept alive here.
static unsafe class Results
{
    internal const long AbsentNumber = long.MinValue;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Tensor Made(nint handle, object? a = null, object? b = null, object? c = null, object? d = null)
    {
        GC.KeepAlive(a);
        GC.KeepAlive(b);
        GC.KeepAlive(c);
        GC.KeepAlive(d);
        if (handle == 0) ThrowLast();
        return new Tensor(handle);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Tensor Changed(int status, Tensor self, object? a = null, object? b = null)
    {
        GC.KeepAlive(self);
        GC.KeepAlive(a);
        GC.KeepAlive(b);
        if (status != 0) ThrowLast();
        return self;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Done(int status, object? a = null, object? b = null)
    {
        GC.KeepAlive(a);
        GC.KeepAlive(b);
        if (status != 0) ThrowLast();
    }

    /// <summary>The tensors that the last call made, an undefined one as null.</summary>
    internal static Tensor[] MadeMany(int count, object? a = null, object? b = null)
    {
        GC.KeepAlive(a);
        GC.KeepAlive(b);
        if (count < 0) ThrowLast();
        var handles = count <= 64 ? stackalloc nint[count] : new nint[count];
        fixed (nint* first = handles) Done(graft_take_tensors(first));
        var tensors = new Tensor[count];
        for (var i = 0; i < count; i++) tensors[i] = new Tensor(handles[i]);
        return tensors;
    }

    internal static (Tensor, Tensor) MadeTwo(int count, object? a = null)
    {
        var tensors = MadeMany(count, a);
        return (tensors[0], tensors[1]);
    }

    internal static int Code(ScalarType? dtype) => dtype is { } given ? (int)given : -1;

    internal static int Code(bool value) => value ? 1 : 0;

    internal static nint HandleOf(Tensor? tensor) => tensor is null ? 0 : tensor.Handle;

    [StackTraceHidden]
    internal static void ThrowLast()
    {
        byte* operation, message;
        var kind = graft_last_error(&operation, &message);
        throw TorchException.Of(kind, Text(operation), Text(message));
    }

    internal static string Text(byte* text) => Marshal.PtrToStringUTF8((nint)text) ?? "";
}
