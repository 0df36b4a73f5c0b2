using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Grafting.Core.Models.Layers;

/// <summary>The embedding table [vocabulary, width]; with tied weights it is the head as well.</summary>
public sealed class TokenEmbedding : nn.Module
{
    readonly Parameter weight;

    public TokenEmbedding(long vocabulary, long width, Device device, ScalarType dtype) : base(nameof(TokenEmbedding))
    {
        weight = Parameters.Empty(device, dtype, vocabulary, width);
        RegisterComponents();
    }

    /// <param name="ids_bs">Token ids, int64, on the table's device.</param>
    /// <returns>One row per id: [b, s, width].</returns>
    public Tensor forward(Tensor ids_bs) => weight.index_select(0, ids_bs.reshape(-1)).view(ids_bs.shape[0], ids_bs.shape[1], -1);

    /// <returns>Logits [n, vocabulary] for hidden states [n, width].</returns>
    public Tensor Project(Tensor hidden_nw) => nn.functional.linear(hidden_nw, weight);
}
