using System.Globalization;
using System.Text.RegularExpressions;
using Grafting.Core.Checkpoints;
using Grafting.Core.Checkpoints.Gguf;
using Grafting.Core.Imaging;
using Grafting.Core.Models;
using static TorchSharp.torch;

namespace Grafting.Core.Transfer.Export;

/// <summary>What was written for llama.cpp.</summary>
/// <param name="Output">The file; for a plan, where it would be.</param>
/// <param name="Type">Of matrices: float16 or float32; everything else is float32.</param>
/// <param name="Notes">What the user has to do beside, in words.</param>
public sealed record MmprojExport(string Output, FeaturePathValue Path, string Type, int Tensors, long Bytes, IReadOnlyList<string> Notes);

/// <summary>
/// Tower and projector as llama.cpp's <c>mmproj</c> file: names and keys of <c>tools/mtmd/clip-impl.h</c> and of the converter. A CLIP or
/// SigLIP tower, a projector of the type <c>mlp</c>.
/// </summary>
public static partial class Mmproj
{
    const string VisionPrefix = "vision_tower.vision_model.";

    static readonly Dictionary<string, string> Outer = new(StringComparer.Ordinal)
    {
        ["embeddings.class_embedding"] = "v.class_embd",
        ["embeddings.patch_embedding.weight"] = "v.patch_embd.weight",
        ["embeddings.patch_embedding.bias"] = "v.patch_embd.bias",
        ["embeddings.position_embedding.weight"] = "v.position_embd.weight",
        // Spelt so in every published checkpoint.
        ["pre_layrnorm.weight"] = "v.pre_ln.weight",
        ["pre_layrnorm.bias"] = "v.pre_ln.bias",
        ["post_layernorm.weight"] = "v.post_ln.weight",
        ["post_layernorm.bias"] = "v.post_ln.bias",
    };

    static readonly Dictionary<string, string> InBlock = new(StringComparer.Ordinal)
    {
        ["layer_norm1"] = "ln1",
        ["self_attn.q_proj"] = "attn_q",
        ["self_attn.k_proj"] = "attn_k",
        ["self_attn.v_proj"] = "attn_v",
        ["self_attn.out_proj"] = "attn_out",
        ["layer_norm2"] = "ln2",
        ["mlp.fc1"] = "ffn_up",
        ["mlp.fc2"] = "ffn_down",
    };

    static readonly Dictionary<string, string> Projector = new(StringComparer.Ordinal) { ["linear_1"] = "mm.0", ["linear_2"] = "mm.2" };

    /// <param name="output">A file that ends in .gguf, or a folder in which the file gets the name that llama.cpp's tools give it.</param>
    /// <param name="type">Of matrices: float16 or float32.</param>
    /// <param name="boundary">
    /// Tokens of the language model's own file whose embeddings are the vectors around a picture; null where the encoder has none.
    /// </param>
    /// <param name="write">False looks for all that can be refused, and writes nothing.</param>
    /// <exception cref="GraftException">Input: the encoder cannot be expressed, or its numbers do not fit the type.</exception>
    public static MmprojExport Write(ExportSource source, string output, ScalarType type, (string Start, string End)? boundary, bool write)
    {
        if (type is not (ScalarType.Float16 or ScalarType.Float32))
            throw Fault.Usage(
                $"an mmproj file is written in float16 or float32, not in {TensorLoading.HuggingFaceName(type)}.", "Use --dtype float16.");
        using var encoder = source.LoadEncoder(CPU, ScalarType.Float32);
        var path = FeaturePathValue.Of(encoder);
        path.RequireGguf();
        RequireBoundary(path, boundary);
        var file = output.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase)
            ? output
            : Path.Combine(output, FileName(source.Model, encoder, type));
        if (File.Exists(file)) throw Fault.Usage($"{file} exists already.", "Choose another name, or remove it first.");
        var preprocessing = EncoderFiles.Preprocessing(source.Folder, source.Encoder);
        if (preprocessing.ImageSize != encoder.Tower.ImageSize)
            throw Fault.Input(
                $"pictures become {preprocessing.ImageSize} pixels wide, and the tower takes {encoder.Tower.ImageSize}.",
                "Train again with the tower's own preprocessing.");
        var tensors = Tensors(encoder, path, type).ToList();
        if (write)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
            GgufWriter.Write(file, Metadata(source, encoder, path, preprocessing, type, boundary), tensors);
        }
        return new(
            Path.GetFullPath(file), path, TensorLoading.HuggingFaceName(type), tensors.Count, tensors.Sum(tensor => tensor.ByteCount),
            [.. Notes(encoder, boundary, preprocessing)]);
    }

    static void RequireBoundary(FeaturePathValue path, (string Start, string End)? boundary)
    {
        if (path.Boundary && boundary is null)
        {
            throw Fault.Input(
                "the learned vectors before and after a picture cannot be expressed in an mmproj file; they have to be two rows of the "
                    + "language model's own embedding table.",
                "Run 'graft export --format hf', which writes them as rows of two tokens, convert the language model of that folder for "
                    + "llama.cpp, and name the two tokens here with --boundary-tokens START,END; or train with boundary: false.");
        }
        if (!path.Boundary && boundary is not null)
            throw Fault.Usage("--boundary-tokens was given, and the encoder has no boundary vectors.", "Leave it out.");
    }

    static GgufMetadata Metadata(
        ExportSource source, VisionEncoder encoder, FeaturePathValue path, PreprocessorConfig preprocessing, ScalarType type,
        (string Start, string End)? boundary)
    {
        var (shape, config) = (encoder.Tower.Config.Shape, encoder.Tower.Config.ToJson(ScalarType.Float32));
        var metadata = new GgufMetadata();
        metadata.Set("general.architecture", "clip");
        metadata.Set("general.type", "mmproj");
        metadata.Set("general.name", Path.GetFileName(Path.TrimEndingDirectorySeparator(source.Folder)));
        metadata.Set("general.file_type", type == ScalarType.Float16 ? 1u : 0u);
        metadata.Set("clip.has_vision_encoder", true);
        metadata.Set("clip.has_llava_projector", true);
        metadata.Set("clip.has_text_encoder", false);
        metadata.Set("clip.projector_type", "mlp");
        // False is CLIP's quick form.
        metadata.Set("clip.use_gelu", (string?)config["hidden_act"] != "quick_gelu");
        metadata.Set("clip.use_silu", false);
        metadata.Set("clip.vision.image_size", (uint)shape.ImageSize);
        metadata.Set("clip.vision.patch_size", (uint)shape.PatchSize);
        metadata.Set("clip.vision.embedding_length", (uint)shape.Width);
        metadata.Set("clip.vision.feed_forward_length", (uint)shape.FeedForwardWidth);
        metadata.Set("clip.vision.block_count", (uint)shape.Layers);
        // CLIP's configuration has one of its own; for others the converter writes the language model's width.
        metadata.Set("clip.vision.projection_dim", (uint?)(int?)config["projection_dim"] ?? (uint)encoder.Adapter.Config.LanguageWidth);
        metadata.Set("clip.vision.attention.head_count", (uint)shape.Heads);
        metadata.Set("clip.vision.attention.layer_norm_epsilon", (float)(double)config["layer_norm_eps"]!);
        metadata.Set("clip.vision.image_mean", [.. preprocessing.Mean.Select(value => preprocessing.Normalise ? (float)value : 0)]);
        metadata.Set("clip.vision.image_std", [.. preprocessing.Std.Select(value => preprocessing.Normalise ? (float)value : 1)]);
        // Without it the loader takes the last hidden state but one.
        metadata.Set("clip.vision.feature_layer", [path.Layer]);
        if (boundary is { } pair)
        {
            metadata.Set("graft.boundary.start", pair.Start);
            metadata.Set("graft.boundary.end", pair.End);
        }
        return metadata;
    }

    static IEnumerable<GgufTensor> Tensors(VisionEncoder encoder, FeaturePathValue path, ScalarType type)
    {
        foreach (var (name, parameter) in encoder.named_parameters())
        {
            var theirs = encoder.Keys.ToTheirs(name)!;
            if (theirs.StartsWith("image_boundary.", StringComparison.Ordinal)
                || theirs.StartsWith(VisionPrefix + "head.", StringComparison.Ordinal))
                continue;
            var ggml = Name(theirs)
                ?? throw Fault.Input($"the tensor {Printable.Quote(theirs)} has no place in an mmproj file.", "Use --format hf or native.");
            // The graph applies it wherever it is there.
            if (ggml.StartsWith("v.post_ln.", StringComparison.Ordinal) && !path.PostNorm) continue;
            var values = Floats(parameter);
            var matrix = parameter.shape.Length > 1;
            if (type == ScalarType.Float16 && matrix && values.FirstOrDefault(value => MathF.Abs(value) >= 65520) is var large and not 0)
                throw Fault.Input(
                    FormattableString.Invariant($"{Printable.Quote(theirs)} holds {large:g4}, which float16 cannot."),
                    "Use --dtype float32.");
            yield return new(ggml, type == ScalarType.Float16 && matrix ? GgufType.F16 : GgufType.F32, parameter.shape, values);
        }
    }

    /// <returns>Null for a tensor that llama.cpp does not know.</returns>
    static string? Name(string theirs)
    {
        if (theirs.StartsWith("multi_modal_projector.", StringComparison.Ordinal))
            return theirs.Split('.') is [_, var layer, var leaf] && Projector.TryGetValue(layer, out var own) ? $"{own}.{leaf}" : null;
        if (!theirs.StartsWith(VisionPrefix, StringComparison.Ordinal)) return null;
        var rest = theirs[VisionPrefix.Length..];
        if (Outer.TryGetValue(rest, out var outer)) return outer;
        return Block().Match(rest) is { Success: true } block && InBlock.TryGetValue(block.Groups[2].Value, out var part)
            ? $"v.blk.{block.Groups[1].Value}.{part}.{block.Groups[3].Value}"
            : null;
    }

    static float[] Floats(Tensor parameter)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        return parameter.cpu().to(ScalarType.Float32).contiguous().data<float>().ToArray();
    }

    /// <summary>
    /// <c>mmproj-BaseName-SizeLabel-Version-Encoding.gguf</c>; base and size are the language model's, as its name has them.
    /// </summary>
    static string FileName(string model, VisionEncoder encoder, ScalarType type)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(model));
        var name = (HubCache.RepositoryOf(full) ?? Path.GetFileName(full)).Split('/')[^1];
        // A name without a size gets that of the file's own numbers; behind the size may stand what the model was tuned for.
        if (!Size().IsMatch(name))
            name += string.Create(CultureInfo.InvariantCulture, $"-{Math.Max(1, encoder.parameters().Sum(p => p.numel()) / 1000)}K");
        return $"mmproj-{Unsafe().Replace(name, "_")}-v1.0-{(type == ScalarType.Float16 ? "F16" : "F32")}.gguf";
    }

    static IEnumerable<string> Notes(VisionEncoder encoder, (string Start, string End)? boundary, PreprocessorConfig preprocessing)
    {
        yield return "llama.cpp computes the projector's GELU in its tanh form, which differs from the exact one by at most 4.7e-4 per "
            + "value";
        if ((string?)encoder.Tower.Config.ToJson(ScalarType.Float32)["hidden_act"] == "gelu")
            yield return "the same holds for the GELU in the tower's blocks";
        if (preprocessing.Fit != Fit.PadToSquare)
        {
            yield return "llama.cpp pads pictures to a square before it resizes them; this encoder was trained on pictures that are made "
                + "square otherwise";
        }
        if (boundary is { } pair)
            yield return $"prompts need {pair.Start} before and {pair.End} behind a picture, in a language model whose rows of these "
                + "tokens are the learned vectors ('graft export --format hf' writes it)";
    }

    [GeneratedRegex(@"\Aencoder\.layers\.(0|[1-9][0-9]*)\.(.+)\.(weight|bias)\z")]
    private static partial Regex Block();

    [GeneratedRegex(@"(?<![A-Za-z0-9.])[0-9]+(\.[0-9]+)?[KMBTkmbt](?![A-Za-z0-9])")]
    private static partial Regex Size();

    [GeneratedRegex("[^A-Za-z0-9._-]")]
    private static partial Regex Unsafe();
}
