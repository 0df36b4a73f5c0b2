using System.Runtime.InteropServices;

namespace Grafting.LibTorch;

// Matrix products: native/src/linear.cpp.
static unsafe partial class NativeMethods
{
    [LibraryImport(Library)]
    internal static partial nint graft_matmul(nint self, nint other);

    [LibraryImport(Library)]
    internal static partial nint graft_mm(nint self, nint other);

    [LibraryImport(Library)]
    internal static partial nint graft_bmm(nint self, nint other);

    [LibraryImport(Library)]
    internal static partial nint graft_mv(nint self, nint other);

    [LibraryImport(Library)]
    internal static partial nint graft_dot(nint self, nint other);

    [LibraryImport(Library)]
    internal static partial nint graft_outer(nint self, nint other);

    [LibraryImport(Library)]
    internal static partial nint graft_addmm(nint self, nint mat1, nint mat2, float beta, float alpha);

    [LibraryImport(Library)]
    internal static partial nint graft_baddbmm(nint self, nint batch1, nint batch2, float beta, float alpha);

    [LibraryImport(Library)]
    internal static partial nint graft_einsum(byte* equation, nint* tensors, int count);

    [LibraryImport(Library)]
    internal static partial nint graft_linalg_solve(nint a, nint b, int left);
}
