using System.Reflection;
using System.Runtime.CompilerServices;
using Grafting.LibTorch;
using TorchSharp;
using static TorchSharp.torch;

namespace Grafting.Tests.LibTorch;

/// <summary>Both halves of the border agree on functions, structs and numbers.</summary>
public class AbiTests
{
    [Test]
    public void Every_function_that_is_imported_is_exported()
    {
        var library = System.Runtime.InteropServices.NativeLibrary.Load(
            Path.Combine(AppContext.BaseDirectory, "libgraft_torch.so"));
        var imports = typeof(NativeMethods)
            .GetMethods(BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public)
            .Where(method => method.Name.StartsWith("graft_", StringComparison.Ordinal))
            .Select(method => method.Name)
            .ToList();
        Assert.Multiple(() =>
        {
            Assert.That(imports, Has.Count.GreaterThan(200));
            foreach (var name in imports)
                Assert.That(System.Runtime.InteropServices.NativeLibrary.TryGetExport(library, name, out _), Is.True, name);
        });
    }

    [Test]
    public void Structs_have_the_same_size_on_both_sides()
    {
        Assert.Multiple(() =>
        {
            Assert.That(NativeMethods.graft_abi_size(0), Is.EqualTo(Unsafe.SizeOf<NativeScalar>()));
            Assert.That(NativeMethods.graft_abi_size(1), Is.EqualTo(Unsafe.SizeOf<Placement>()));
            Assert.That(NativeMethods.graft_abi_size(2), Is.EqualTo(Unsafe.SizeOf<NativeIndex>()));
        });
    }

    [TestCase(ScalarType.Byte, "Byte")]
    [TestCase(ScalarType.Int8, "Char")]
    [TestCase(ScalarType.Int16, "Short")]
    [TestCase(ScalarType.Int32, "Int")]
    [TestCase(ScalarType.Int64, "Long")]
    [TestCase(ScalarType.Float16, "Half")]
    [TestCase(ScalarType.Float32, "Float")]
    [TestCase(ScalarType.Float64, "Double")]
    [TestCase(ScalarType.ComplexFloat32, "ComplexFloat")]
    [TestCase(ScalarType.ComplexFloat64, "ComplexDouble")]
    [TestCase(ScalarType.Bool, "Bool")]
    [TestCase(ScalarType.QInt8, "QInt8")]
    [TestCase(ScalarType.QUInt8, "QUInt8")]
    [TestCase(ScalarType.QInt32, "QInt32")]
    [TestCase(ScalarType.BFloat16, "BFloat16")]
    public unsafe void Dtypes_have_libtorchs_numbers(ScalarType type, string name) =>
        Assert.That(Results.Text(NativeMethods.graft_abi_dtype_name((int)type)), Is.EqualTo(name));

    [TestCase(DeviceType.CPU, "cpu")]
    [TestCase(DeviceType.CUDA, "cuda")]
    [TestCase(DeviceType.MPS, "mps")]
    [TestCase(DeviceType.META, "meta")]
    public unsafe void Devices_have_libtorchs_numbers(DeviceType type, string name) =>
        Assert.That(Results.Text(NativeMethods.graft_abi_device_name((int)type)), Is.EqualTo(name));

    [Test]
    public void Every_dtype_has_the_element_size_that_it_claims()
    {
        using var scope = NewDisposeScope();
        foreach (var type in new[] { uint8, int8, int16, int32, int64, float16, float32, float64, bfloat16, @bool })
            Assert.That(empty(1, type).ElementSize, Is.EqualTo(type.ElementSize()), $"{type}");
    }

    [Test]
    public void The_library_tells_what_it_is()
    {
        Assert.Multiple(() =>
        {
            Assert.That(Version.TryParse(Grafting.LibTorch.NativeLibrary.TorchVersion.Split('+', 'a')[0], out _), Is.True);
            Assert.That(File.Exists(Grafting.LibTorch.NativeLibrary.TorchPath), Is.True);
            Assert.That(Grafting.LibTorch.NativeLibrary.Configuration, Does.Contain("OpenMP").IgnoreCase);
            Assert.That(__version__, Is.EqualTo(Grafting.LibTorch.NativeLibrary.TorchVersion));
        });
    }
}
