using static TorchSharp.torch;

namespace Grafting.Core.Transfer.Export;

/// <summary>What <c>export --format hf</c> is asked to write.</summary>
/// <param name="Output">Folder that receives it.</param>
/// <param name="Command">The command line, for the manifest.</param>
public sealed record ExportRequest(string Output, string Command)
{
    /// <summary>Null: the one that can express the features.</summary>
    public LlavaArchitecture? Architecture { get; init; }

    /// <summary>Of tower and projector; the language model keeps its own.</summary>
    public ScalarType DType { get; init; } = ScalarType.Float32;

    public DecoderMode Decoder { get; init; } = DecoderMode.Link;

    /// <summary>Token of the vocabulary that stands for a picture; null chooses one.</summary>
    public string? ImageToken { get; init; }

    /// <summary>Tokens of the vocabulary whose embeddings become the vectors around a picture; null chooses them.</summary>
    public (string Start, string End)? BoundaryTokens { get; init; }

    /// <summary>Bytes of memory that reading the language model back may take; null: most of what is free.</summary>
    public long? CheckMemory { get; init; }

    /// <summary>Models that parts came from, for the model card; the language model is added.</summary>
    public IReadOnlyList<PartOrigin> Parts { get; init; } = [];
}

/// <summary>What would be or was exported.</summary>
/// <param name="Output">The folder.</param>
/// <param name="Path">What happens between a picture and the language model.</param>
/// <param name="TokensPerPicture">Image tokens that a processor writes, boundary not included.</param>
/// <param name="TotalBytes">Of the files with weights, those included that share blocks with the target's.</param>
/// <param name="Notes">What is exact only to rounding, and the like, in words.</param>
public sealed record HuggingFaceExport(
    string Output, LlavaArchitecture Architecture, FeaturePathValue Path, PictureTokens Tokens, int TokensPerPicture, DecoderMode Decoder,
    long TotalBytes, IReadOnlyList<string> Notes)
{
    /// <summary>How the language model's bytes came there; null for a plan.</summary>
    public Checkpoints.MovedBytes? Moved { get; init; }

    /// <summary>Tensors of the language model that were proved to be the target's; null for a plan.</summary>
    public int? ProvedTensors { get; init; }

    /// <summary>Null for a plan.</summary>
    public ExportComparison? Comparison { get; init; }
}
