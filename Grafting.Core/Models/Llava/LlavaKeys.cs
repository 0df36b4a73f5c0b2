namespace Grafting.Core.Models.Llava;

/// <summary>
/// The layouts in which a LLaVA's tensors are named: where decoder, head and projector stand. The tower is found by itself.
/// </summary>
/// <param name="Body">In front of the decoder's layers, embedding and norm.</param>
/// <param name="Head">The head's module.</param>
/// <param name="Projector">In front of the projector's layers.</param>
public sealed record LlavaKeys(string Body, string Head, string Projector)
{
    /// <summary>Published checkpoints, which every version of transformers, vLLM and SGLang read.</summary>
    public static LlavaKeys Classic { get; } = new("language_model.model.", "language_model.lm_head", "multi_modal_projector.");

    /// <summary>As transformers since 4.52 keeps them in memory, and as version 5 saves them.</summary>
    public static LlavaKeys Newer { get; } = new("model.language_model.", "lm_head", "model.multi_modal_projector.");

    /// <summary>The layout that a checkpoint follows.</summary>
    /// <exception cref="GraftException">Of kind Input when it follows none of them, or mixes them.</exception>
    public static LlavaKeys Find(IEnumerable<string> tensors, string source)
    {
        var names = tensors.ToList();
        var found = new[] { Classic, Newer }.Where(
            keys => names.Any(name => name.StartsWith(keys.Body, StringComparison.Ordinal))).ToList();
        return found.Count == 1 ? found[0] : throw Fault.Input(
            $"{source}: a LLaVA's decoder stands below \"{Classic.Body}\" or \"{Newer.Body}\"; here it stands below "
                + $"{(found.Count == 0 ? "neither" : "both")}.");
    }

    /// <summary>Names of a decoder's parameters in this layout.</summary>
    /// <param name="keys">Its names in a checkpoint of its own.</param>
    public KeyMap Decoder(KeyMap keys) => keys.Rerooted(("model.", Body), ("lm_head", Head));
}
