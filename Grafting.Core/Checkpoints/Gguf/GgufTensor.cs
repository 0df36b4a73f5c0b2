namespace Grafting.Core.Checkpoints.Gguf;

/// <summary>Element types of a GGUF file that are written here; the numbers are those of the format.</summary>
public enum GgufType
{
    F32 = 0,
    F16 = 1,
}

/// <summary>A tensor on its way into a GGUF file.</summary>
/// <param name="Shape">Sizes, outermost first; the file has them the other way round.</param>
/// <param name="Values">Row by row.</param>
public sealed record GgufTensor(string Name, GgufType Type, long[] Shape, ReadOnlyMemory<float> Values)
{
    public long ByteCount => Values.Length * (long)(Type == GgufType.F32 ? sizeof(float) : sizeof(ushort));
}
