using System.Runtime.InteropServices;

namespace Grafting.LibTorch;

// Sums, means, extremes, order: native/src/reductions.cpp.
static unsafe partial class NativeMethods
{
    [LibraryImport(Library)]
    internal static partial nint graft_sum(nint self, int dtype);

    [LibraryImport(Library)]
    internal static partial nint graft_sum_dims(nint self, long* dims, int length, int keepdim, int dtype);

    [LibraryImport(Library)]
    internal static partial nint graft_mean(nint self);

    [LibraryImport(Library)]
    internal static partial nint graft_mean_dims(nint self, long* dims, int length, int keepdim, int dtype);

    [LibraryImport(Library)]
    internal static partial nint graft_std(nint self, int unbiased);

    [LibraryImport(Library)]
    internal static partial nint graft_std_dims(nint self, long* dims, int length, int unbiased, int keepdim);

    [LibraryImport(Library)]
    internal static partial nint graft_var(nint self, int unbiased);

    [LibraryImport(Library)]
    internal static partial nint graft_var_dims(nint self, long* dims, int length, int unbiased, int keepdim);

    [LibraryImport(Library)]
    internal static partial nint graft_prod(nint self, int dtype);

    [LibraryImport(Library)]
    internal static partial nint graft_amax(nint self, long* dims, int length, int keepdim);

    [LibraryImport(Library)]
    internal static partial nint graft_amin(nint self, long* dims, int length, int keepdim);

    [LibraryImport(Library)]
    internal static partial nint graft_max(nint self);

    [LibraryImport(Library)]
    internal static partial nint graft_min(nint self);

    [LibraryImport(Library)]
    internal static partial int graft_max_dim(nint self, long dim, int keepdim);

    [LibraryImport(Library)]
    internal static partial int graft_min_dim(nint self, long dim, int keepdim);

    [LibraryImport(Library)]
    internal static partial int graft_topk(nint self, long k, long dim, int largest, int sorted);

    [LibraryImport(Library)]
    internal static partial int graft_sort(nint self, long dim, int descending, int stable);

    [LibraryImport(Library)]
    internal static partial nint graft_argsort(nint self, long dim, int descending);

    [LibraryImport(Library)]
    internal static partial nint graft_argmax(nint self, long dim, int keepdim);

    [LibraryImport(Library)]
    internal static partial nint graft_argmin(nint self, long dim, int keepdim);

    [LibraryImport(Library)]
    internal static partial nint graft_all(nint self);

    [LibraryImport(Library)]
    internal static partial nint graft_any(nint self);

    [LibraryImport(Library)]
    internal static partial nint graft_all_dim(nint self, long dim, int keepdim);

    [LibraryImport(Library)]
    internal static partial nint graft_any_dim(nint self, long dim, int keepdim);

    [LibraryImport(Library)]
    internal static partial nint graft_norm(nint self, float p);

    [LibraryImport(Library)]
    internal static partial nint graft_norm_dim(nint self, long dim, int keepdim, float p);

    [LibraryImport(Library)]
    internal static partial nint graft_cumsum(nint self, long dim, int dtype);

    [LibraryImport(Library)]
    internal static partial nint graft_logsumexp(nint self, long dim, int keepdim);

    [LibraryImport(Library)]
    internal static partial nint graft_softmax(nint self, long dim, int dtype);

    [LibraryImport(Library)]
    internal static partial nint graft_log_softmax(nint self, long dim, int dtype);

    [LibraryImport(Library)]
    internal static partial nint graft_count_nonzero(nint self);

    [LibraryImport(Library)]
    internal static partial nint graft_bincount(nint self, nint weights, long minlength);
}
