using System.Runtime.InteropServices;

namespace Grafting.LibTorch;

// Random numbers: native/src/random.cpp.
static unsafe partial class NativeMethods
{
    [LibraryImport(Library)]
    internal static partial int graft_manual_seed(long seed);

    [LibraryImport(Library)]
    internal static partial nint graft_generator_default();

    [LibraryImport(Library)]
    internal static partial nint graft_generator_new(ulong seed, int deviceType, int deviceIndex);

    [LibraryImport(Library)]
    internal static partial void graft_generator_dispose(nint self);

    [LibraryImport(Library)]
    internal static partial int graft_generator_seed(nint self, ulong seed);

    [LibraryImport(Library)]
    internal static partial long graft_generator_initial_seed(nint self);

    [LibraryImport(Library)]
    internal static partial nint graft_generator_get_state(nint self);

    [LibraryImport(Library)]
    internal static partial int graft_generator_set_state(nint self, nint state);

    [LibraryImport(Library)]
    internal static partial nint graft_rand(long* size, int length, nint generator, Placement place);

    [LibraryImport(Library)]
    internal static partial nint graft_randn(long* size, int length, nint generator, Placement place);

    [LibraryImport(Library)]
    internal static partial nint graft_randint(long low, long high, long* size, int length, nint generator, Placement place);

    [LibraryImport(Library)]
    internal static partial nint graft_randperm(long n, nint generator, Placement place);

    [LibraryImport(Library)]
    internal static partial nint graft_multinomial(nint self, long samples, int replacement, nint generator);

    [LibraryImport(Library)]
    internal static partial int graft_normal_(nint self, double mean, double std, nint generator);

    [LibraryImport(Library)]
    internal static partial int graft_uniform_(nint self, double from, double to, nint generator);
}
