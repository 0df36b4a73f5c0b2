namespace Grafting.Core.Checkpoints;

/// <summary>A tensor and the open file that it stands in.</summary>
public sealed record StoredTensor(TensorEntry Entry, SafetensorsFile File)
{
    /// <summary>Fills <paramref name="destination"/> with the bytes of the tensor from <paramref name="offset"/> on.</summary>
    public void Read(Span<byte> destination, long offset = 0) => File.Read(Entry, destination, offset);

    /// <summary>The elements as F32, whatever float type is stored.</summary>
    public float[] ReadFloats() => File.ReadFloats(Entry);
}
