using System.Runtime.InteropServices;

namespace Grafting.LibTorch;

// Records of failures and lists of results: native/src/border.cpp.
static unsafe partial class NativeMethods
{
    [LibraryImport(Library)]
    internal static partial int graft_last_error(byte** operation, byte** message);

    [LibraryImport(Library)]
    internal static partial int graft_take_tensors(nint* handles);
}
