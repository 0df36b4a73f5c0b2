using System.Text.Json.Nodes;
using static TorchSharp.torch;

namespace Grafting.Core.Models;

/// <summary>What a decoder is made of, as its family's <c>config.json</c> says it.</summary>
public abstract record DecoderConfig
{
    public abstract string ModelType { get; }

    public abstract DecoderShape Shape { get; }

    /// <summary>A decoder with undefined parameters.</summary>
    public abstract Decoder Build(Device device, ScalarType dtype);

    /// <summary>The model's part of <c>config.json</c>, in the spelling that every version of transformers reads.</summary>
    public abstract JsonObject ToJson(ScalarType dtype);
}
