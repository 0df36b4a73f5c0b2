using System.Reflection;
using System.Runtime.InteropServices;

namespace Grafting.LibTorch;

// The flat C interface of native/src. A handle is the address of a tensor on the C++ heap; functions that make one return it
// (zero: failed), functions that change one return 0 (1: failed), functions that make several return their number (-1: failed).
static unsafe partial class NativeMethods
{
    internal const string Library = "graft_torch";
    internal const int AbiVersion = 1;

    static NativeMethods()
    {
        Threads.BeforeLoading();
        System.Runtime.InteropServices.NativeLibrary.SetDllImportResolver(typeof(NativeMethods).Assembly, Resolve);
        var found = graft_abi_version();
        if (found != AbiVersion)
        {
            throw new NotSupportedException(
                $"libgraft_torch.so speaks version {found} of the interface, this assembly version {AbiVersion}; rebuild both together.");
        }
        Threads.AfterLoading();
    }

    static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path)
    {
        if (name != Library) return 0;
        var beside = Path.Combine(AppContext.BaseDirectory, $"lib{Library}.so");
        if (!File.Exists(beside))
            throw new DllNotFoundException($"{beside} is missing; build with -p:TorchProvider=system, which makes it.");
        try
        {
            return System.Runtime.InteropServices.NativeLibrary.Load(beside);
        }
        catch (DllNotFoundException error)
        {
            throw new DllNotFoundException(
                $"{beside} could not be loaded: {error.Message} It was built against a libtorch that is not there any more or not "
                    + "complete; delete artifacts/native and build again.",
                error);
        }
    }
}
