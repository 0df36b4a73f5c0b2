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

    /// <summary>One of its layers alone, with undefined parameters.</summary>
    public abstract DecoderLayer BuildLayer(int index, Device device, ScalarType dtype);

    /// <summary>A decoder made of these layers of this one, in this order; of none, it is embedding, final norm and head alone.</summary>
    public abstract DecoderConfig WithLayers(IReadOnlyList<int> layers);

    /// <summary>The model's part of <c>config.json</c>, in the spelling that every version of transformers reads.</summary>
    public abstract JsonObject ToJson(ScalarType dtype);
}
