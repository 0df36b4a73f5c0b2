namespace Grafting.Core.Checkpoints;

/// <summary>Element types that this project reads and writes; names as in the safetensors format.</summary>
public enum TensorType
{
    F64,
    F32,
    F16,
    BF16,
    I64,
    I32,
    I16,
    I8,
    U8,
    Bool,
}

public static class TensorTypes
{
    /// <summary>Bytes of one element.</summary>
    public static int ByteSize(this TensorType type) => type switch
    {
        TensorType.F64 or TensorType.I64 => 8,
        TensorType.F32 or TensorType.I32 => 4,
        TensorType.F16 or TensorType.BF16 or TensorType.I16 => 2,
        TensorType.I8 or TensorType.U8 or TensorType.Bool => 1,
        _ => Fault.Unreachable<int>(type),
    };

    /// <summary>The name in a safetensors header, e.g. <c>BF16</c> or <c>BOOL</c>.</summary>
    public static string Name(this TensorType type) => type switch
    {
        TensorType.F64 => "F64",
        TensorType.F32 => "F32",
        TensorType.F16 => "F16",
        TensorType.BF16 => "BF16",
        TensorType.I64 => "I64",
        TensorType.I32 => "I32",
        TensorType.I16 => "I16",
        TensorType.I8 => "I8",
        TensorType.U8 => "U8",
        TensorType.Bool => "BOOL",
        _ => Fault.Unreachable<string>(type),
    };

    public static bool IsFloat(this TensorType type) =>
        type is TensorType.F64 or TensorType.F32 or TensorType.F16 or TensorType.BF16;

    /// <summary>The type of that safetensors name, or null when the name is not one of <see cref="TensorType"/>.</summary>
    public static TensorType? Parse(string name) => name switch
    {
        "F64" => TensorType.F64,
        "F32" => TensorType.F32,
        "F16" => TensorType.F16,
        "BF16" => TensorType.BF16,
        "I64" => TensorType.I64,
        "I32" => TensorType.I32,
        "I16" => TensorType.I16,
        "I8" => TensorType.I8,
        "U8" => TensorType.U8,
        "BOOL" => TensorType.Bool,
        _ => null,
    };
}
