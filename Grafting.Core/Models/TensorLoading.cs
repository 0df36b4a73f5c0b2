using Grafting.Core.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace Grafting.Core.Models;

/// <summary>Moves bytes between checkpoint files and tensors, in pieces, so that no tensor is ever held twice in memory.</summary>
public static class TensorLoading
{
    // Large enough for full disk speed; a view of a tensor's bytes ends at 2 GB in any case.
    const long PieceBytes = 64L << 20;

    static readonly (ScalarType Scalar, TensorType Type, string Name)[] Floats =
    [
        (ScalarType.Float32, TensorType.F32, "float32"),
        (ScalarType.BFloat16, TensorType.BF16, "bfloat16"),
        (ScalarType.Float16, TensorType.F16, "float16"),
        (ScalarType.Float64, TensorType.F64, "float64"),
    ];

    /// <summary>The spelling in <c>config.json</c>, e.g. "bfloat16".</summary>
    public static string HuggingFaceName(ScalarType dtype) => Find(f => f.Scalar == dtype, dtype).Name;

    public static TensorType StoredType(ScalarType dtype) => Find(f => f.Scalar == dtype, dtype).Type;

    public static ScalarType DType(TensorType type) => Find(f => f.Type == type, type).Scalar;

    /// <summary>
    /// Fills a tensor from a file. Where dtype or device differ the values are converted (round to nearest even), otherwise the bytes
    /// go straight into the tensor. The shapes must have been compared before.
    /// </summary>
    public static void Fill(Tensor target, StoredTensor stored)
    {
        var sameBytes = target.device_type == DeviceType.CPU && StoredType(target.dtype) == stored.Entry.Type;
        var offset = 0L;
        using var _ = no_grad();
        foreach (var shape in Pieces(stored.Entry.Shape, stored.Entry.Type.ByteSize()))
        {
            using var scope = NewDisposeScope();
            var piece = shape.Slice(target);
            var bytes = sameBytes ? piece : torch.empty(piece.shape, DType(stored.Entry.Type), CPU);
            stored.File.Read(stored.Entry, bytes.bytes, offset);
            offset += bytes.bytes.Length;
            if (!sameBytes) piece.copy_(bytes);
        }
    }

    /// <summary>A tensor as something that a checkpoint writer streams; the tensor must live until it is written.</summary>
    public static TensorSource Source(string name, Tensor tensor) => SourceAs(name, tensor, tensor.dtype);

    /// <summary>The same in another type: the values are converted (round to nearest even) as they are written.</summary>
    public static TensorSource SourceAs(string name, Tensor tensor, ScalarType dtype)
    {
        var type = StoredType(dtype);
        return new(name, type, tensor.shape, stream =>
        {
            using var _ = no_grad();
            foreach (var shape in Pieces(tensor.shape, type.ByteSize()))
            {
                using var scope = NewDisposeScope();
                stream.Write(shape.Slice(tensor).to(dtype).cpu().contiguous().bytes);
            }
        });
    }

    static (ScalarType Scalar, TensorType Type, string Name) Find(
        Predicate<(ScalarType Scalar, TensorType Type, string Name)> match, object wanted) =>
        Array.FindIndex(Floats, match) is >= 0 and var index ? Floats[index]
            : throw Fault.Input($"{wanted} is not an element type that weights can have.");

    static IEnumerable<Piece> Pieces(long[] shape, int elementBytes)
    {
        if (shape.Contains(0)) yield break;
        if (shape.Length == 0)
        {
            yield return new(0, 0);
            yield break;
        }
        var rowBytes = shape.Skip(1).Aggregate((long)elementBytes, (product, size) => product * size);
        var rows = Math.Max(1, PieceBytes / rowBytes);
        for (var start = 0L; start < shape[0]; start += rows) yield return new(start, Math.Min(rows, shape[0] - start));
    }

    /// <summary>Consecutive rows of a tensor; a scalar is one piece of its own.</summary>
    readonly record struct Piece(long Start, long Rows)
    {
        public Tensor Slice(Tensor tensor) => Rows == 0 ? tensor : tensor.narrow(0, Start, Rows);
    }
}
