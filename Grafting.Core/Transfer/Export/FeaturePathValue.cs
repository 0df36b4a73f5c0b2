using Grafting.Core.Models;
using Grafting.Core.Models.Adapters;
using Grafting.Core.Models.Towers.Clip;

namespace Grafting.Core.Transfer.Export;

/// <summary>A model class of transformers that pictures can be expressed in.</summary>
public enum LlavaArchitecture
{
    /// <summary>LlavaForConditionalGeneration: a hidden state of the tower, no norm.</summary>
    Llava,

    /// <summary>VipLlavaForConditionalGeneration: a hidden state without its first token, and a norm.</summary>
    VipLlava,
}

/// <summary>
/// What happens between a picture and the language model, as far as other programs may or may not be able to say it. The rules are those of
/// transformers' <c>modeling_llava.py</c> and <c>modeling_vipllava.py</c>, and of llama.cpp's <c>tools/mtmd/models/llava.cpp</c>.
/// </summary>
/// <param name="Tower">Model type of the tower.</param>
/// <param name="Layer">Hidden state, counted from 0: the input of the first block.</param>
/// <param name="Layers">Blocks of the tower, so that this is the number of the last hidden state.</param>
/// <param name="PostNorm">Whether the tower's last norm is applied to it.</param>
/// <param name="ClassTokens">Tokens before the patches.</param>
/// <param name="KeepsClass">Whether they stay; false where there are none.</param>
/// <param name="Projector">What leads to the language model's width, e.g. <c>mlp2x_gelu</c>.</param>
/// <param name="Boundary">Whether learned vectors stand around a picture.</param>
/// <param name="PatchTokens">Tokens of a picture that are patches.</param>
/// <param name="Tokens">Tokens that leave the tower.</param>
public sealed record FeaturePathValue(
    string Tower, int Layer, int Layers, bool PostNorm, int ClassTokens, bool KeepsClass, string Projector, bool Boundary, int PatchTokens,
    int Tokens)
{
    const string Mlp = "mlp2x_gelu";
    const string Siglip = "siglip_vision_model";

    /// <summary>Whether pictures are cut into tiles.</summary>
    public bool Tiles { get; init; }

    /// <summary>Whether transformers is told to take all of the tower's tokens, and not to drop the first.</summary>
    public bool TakesAllTokens => KeepsClass || ClassTokens == 0;

    public static FeaturePathValue Of(VisionEncoder encoder)
    {
        var (tower, shape) = (encoder.Tower, encoder.Tower.Config.Shape);
        return new(
            tower.Config.ModelType, tower.Path.BlocksUsed(shape.Layers), shape.Layers, tower.Path.PostNorm, shape.ClassTokens,
            tower.Path.KeepClass && shape.ClassTokens > 0, Describe(encoder.Adapter.Config), encoder.Boundary is not null, shape.Patches,
            tower.Tokens)
        {
            Tiles = encoder.Tiling is not null,
        };
    }

    /// <summary>The class of transformers that says the same.</summary>
    /// <param name="asked">That of the user; null chooses.</param>
    /// <exception cref="GraftException">
    /// Of kind Input: none does, or not the one that was asked for; says why and what can be done.
    /// </exception>
    public LlavaArchitecture RequireHuggingFace(LlavaArchitecture? asked)
    {
        RequireKnownParts();
        var architecture = asked ?? (PostNorm ? LlavaArchitecture.VipLlava : LlavaArchitecture.Llava);
        if (architecture == LlavaArchitecture.Llava)
        {
            return !PostNorm ? architecture : throw Fault.Input(
                "post-norm features cannot be expressed as LlavaForConditionalGeneration.",
                KeepsClass || ClassTokens == 0
                    ? "Train with features.postNorm: false."
                    : "Use --architecture vipllava, or train with features.postNorm: false.");
        }
        if (!PostNorm)
        {
            throw Fault.Input(
                "features without the tower's last norm cannot be expressed as VipLlavaForConditionalGeneration, which has a norm in "
                    + "front of its projector.",
                "Use --architecture llava.");
        }
        if (KeepsClass)
        {
            throw Fault.Input(
                "post-norm features with the class token kept can be expressed neither as LlavaForConditionalGeneration, which has no "
                    + "such norm, nor as VipLlavaForConditionalGeneration, which drops the class token.",
                "Train with features.keepClass: false, or with features.postNorm: false; --format native keeps the encoder as it is.");
        }
        if (ClassTokens == 0)
        {
            throw Fault.Input(
                $"post-norm features of a {Tower} cannot be expressed as VipLlavaForConditionalGeneration: it drops the first token, "
                    + "which is a patch in a tower without class token.",
                "Train with features.postNorm: false.");
        }
        return architecture;
    }

    /// <summary>Refuses what llama.cpp's mmproj cannot say; boundary vectors are a matter of the language model's file.</summary>
    /// <exception cref="GraftException">Of kind Input: says why, and what can be done.</exception>
    public void RequireGguf()
    {
        RequireKnownParts();
        if (KeepsClass)
        {
            throw Fault.Input(
                "a class token that is kept cannot be expressed in an mmproj file: llama.cpp hands on the rows of the patches and nothing "
                    + "else.",
                "Train with features.keepClass: false.");
        }
    }

    /// <summary>The parts that all formats know.</summary>
    void RequireKnownParts()
    {
        if (Tower is not (ClipVisionConfig.Type or Siglip))
            throw Fault.Input(
                $"the tower is a {Tower}; LLaVA is written with {ClipVisionConfig.Type} or {Siglip}.",
                "--format native keeps the encoder as it is.");
        if (Projector != Mlp)
        {
            throw Fault.Input(
                $"the adapter is {Projector}; a LLaVA's projector is two linear layers with a GELU between them.",
                "Train with adapter.kind: mlp and adapter.depth: 2, or use --format native.");
        }
        if (Tiles)
        {
            throw Fault.Input(
                "pictures are cut into tiles; a LLaVA reads each picture as one square.", "Train without 'tiles', or use --format native.");
        }
    }

    /// <summary>The names that LLaVA's own configurations had for their projectors.</summary>
    static string Describe(AdapterConfig adapter) => adapter switch
    {
        MlpAdapterConfig { Depth: 1 } => "linear",
        MlpAdapterConfig mlp => $"mlp{mlp.Depth}x_gelu",
        _ => $"of kind '{adapter.Settings.Kind}'",
    };
}
