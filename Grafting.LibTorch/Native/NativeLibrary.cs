using TorchSharp;

namespace Grafting.LibTorch;

/// <summary>What TorchSharp's API cannot tell about the library behind it.</summary>
public static unsafe class NativeLibrary
{
    /// <summary>The version of libtorch that the native library was compiled against, as in <c>1.13.1</c>.</summary>
    public static string TorchVersion => Text(graft_torch_version());

    /// <summary>The file of libtorch that is loaded.</summary>
    public static string TorchPath => Text(graft_torch_path());

    /// <summary>libtorch's own description of its build: compiler, BLAS, CUDA and its architectures, thread pools.</summary>
    public static string Configuration => Text(graft_torch_configuration());

    /// <summary>Tensors that nobody disposed and that the garbage collector had to free, since the start.</summary>
    public static long TensorsLeftToFinalizer => torch.Tensor.Finalized;
}
