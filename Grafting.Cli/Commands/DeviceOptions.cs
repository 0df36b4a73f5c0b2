using System.CommandLine;
using Grafting.Core;
using Grafting.Core.Models;
using static TorchSharp.torch;

namespace Grafting.Cli.Commands;

/// <summary>Where tensors live and how exact they are.</summary>
sealed class DeviceOptions
{
    readonly bool _withDouble;
    readonly Option<string> _device = new("--device")
    {
        Description = "cpu, cuda, cuda:N, or auto: the first CUDA device if there is one",
        HelpName = "device",
        DefaultValueFactory = _ => "auto",
    };

    readonly Option<string> _dtype;

    /// <param name="withDouble">Whether float64 can be chosen, which is for comparisons.</param>
    public DeviceOptions(bool withDouble = false)
    {
        _withDouble = withDouble;
        _dtype = new("--dtype")
        {
            Description = $"Type of weights and arithmetic: {Types}",
            HelpName = "type",
            DefaultValueFactory = _ => "float32",
        };
    }

    string Types => _withDouble ? "float32, bfloat16, float16 or float64" : "float32, bfloat16 or float16";

    public void AddTo(Command command, bool withType = true)
    {
        command.Add(_device);
        if (withType) command.Add(_dtype);
    }

    public Device Device(ParseResult parsed)
    {
        var name = parsed.GetRequiredValue(_device);
        if (name == "auto") return cuda.is_available() ? CUDA : CPU;
        if (name == "cpu") return CPU;
        var index = name == "cuda"
            ? 0
            : name.StartsWith("cuda:", StringComparison.Ordinal) && int.TryParse(name[5..], out var n) && n >= 0 ? n
            : -1;
        if (index < 0) throw Fault.Usage($"--device is '{name}'; it must be auto, cpu, cuda or cuda:N.");
        if (index >= cuda.device_count())
            throw Fault.Resources(
                $"--device is '{name}', and this libtorch sees {cuda.device_count()} CUDA devices.",
                "'graft doctor' tells why; or use --device cpu.");
        return device($"cuda:{index}");
    }

    /// <summary>Whether the user chose a type.</summary>
    public bool TypeIsGiven(ParseResult parsed) => parsed.GetResult(_dtype) is { Implicit: false };

    /// <summary>The type to calculate in, once the chosen device has shown that it can.</summary>
    public ScalarType DType(ParseResult parsed)
    {
        var type = parsed.GetRequiredValue(_dtype) switch
        {
            "float32" => ScalarType.Float32,
            "bfloat16" => ScalarType.BFloat16,
            "float16" => ScalarType.Float16,
            "float64" when _withDouble => ScalarType.Float64,
            var other => throw Fault.Usage($"--dtype is '{other}'; it must be {Types}."),
        };
        ComputeType.Require(Device(parsed), type);
        return type;
    }
}
