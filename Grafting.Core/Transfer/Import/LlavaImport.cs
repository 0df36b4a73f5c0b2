using System.Text.Json;
using Grafting.Core.Checkpoints;
using Grafting.Core.Imaging;
using Grafting.Core.Models;
using Grafting.Core.Models.Adapters;
using Grafting.Core.Models.Decoders.Gemma2;
using Grafting.Core.Models.Llava;
using Grafting.Core.Running;
using Grafting.Core.Transfer.Export;
using TorchSharp;
using static TorchSharp.torch;

namespace Grafting.Core.Transfer.Import;

/// <summary>Tower and projector of a LLaVA or VipLlava folder as an encoder that can be grafted elsewhere.</summary>
/// <remarks>
/// A LLaVA has no vectors around a picture, and nor has the encoder; VipLlava's norm in front of the projector becomes the tower's last
/// norm. From a folder that <see cref="HuggingFaceWriter"/> made, the vectors come back from the embedding table, with template and
/// fingerprint.
/// </remarks>
public sealed class LlavaImport : IDisposable
{
    LlavaImport(VisionEncoder encoder) => Encoder = encoder;

    public VisionEncoder Encoder { get; }

    public required PreprocessorConfig Preprocessing { get; init; }

    /// <summary>Name of the chat template to ask with.</summary>
    public required string Template { get; init; }

    public string? ImagePrompt { get; private init; }

    /// <summary>SHA-256 of every tensor of the language model, by its name where it stands alone.</summary>
    public required IReadOnlyDictionary<string, string> Decoder { get; init; }

    /// <summary>
    /// The part of <see cref="Decoder"/> that an encoder speaks to: embedding, layers and last norm. The head reads what they make.
    /// </summary>
    public required IReadOnlyDictionary<string, string> Fingerprint { get; init; }

    /// <summary>Where the language model stands alone, as far as the folder says.</summary>
    public required ArtefactSource Target { get; init; }

    /// <exception cref="GraftException">Of kind Input: not a LLaVA that is known, or what it does has no counterpart here.</exception>
    public static LlavaImport Read(string folder, IProgress<ProgressReport>? progress = null)
    {
        var manifest = File.Exists(Path.Combine(folder, ArtefactManifest.FileName))
            ? ArtefactManifest.Read(folder, HuggingFaceWriter.Kind)
            : null;
        manifest?.Verify(folder);
        var preprocessing = PreprocessorConfig.Read(folder);
        using var checkpoint = Checkpoint.Open(folder);
        using var front = LlavaFrontEnd.Load(checkpoint, CPU, ScalarType.Float32);
        if (front.Config.Decoder.ModelType == Gemma2Config.Type)
        {
            throw Fault.Input(
                $"{folder}: its language model is a {Gemma2Config.Type}, which in transformers multiplies the embeddings of pictures as "
                    + "well.", "No encoder here says that; it cannot be imported exactly.");
        }
        if (preprocessing.ImageSize != front.Tower.ImageSize)
        {
            throw Fault.Input(
                $"{folder}: its preprocessing makes pictures of {preprocessing.ImageSize} pixels, and its tower takes "
                    + $"{front.Tower.ImageSize}.",
                "Give it the preprocessor_config.json of its tower.");
        }
        var tokens = manifest?.Details[HuggingFaceWriter.TokensKey]?.Deserialize<PictureTokens>(JsonSerializerOptions.Web);
        using var outline = front.Config.Decoder.Build(META, ScalarType.Float32);
        var layout = LlavaKeys.Find(checkpoint.Tensors.Keys, folder);
        var encoder = Build(front, boundary: tokens?.Start is not null, folder);
        try
        {
            if (encoder.Boundary is { } boundary)
            {
                var table = checkpoint.Tensor(layout.Decoder(outline.Keys).ToTheirs("embedding.weight")!);
                FillRow(boundary.Start, table, tokens!.Start!.Id, outline.EmbeddingScale);
                FillRow(boundary.End, table, tokens.End!.Id, outline.EmbeddingScale);
            }
            var decoder = manifest is null
                ? Digest(checkpoint, outline, layout, progress)
                : EmbeddingFingerprint.ReadFrom(manifest, folder)
                    ?? throw Fault.Input($"{folder}: its {ArtefactManifest.FileName} has no fingerprint.", "Export again.");
            var heads = outline.named_parameters().Select(p => p.name).Where(
                name => name.StartsWith("output.", StringComparison.Ordinal)).Select(outline.Keys.ToTheirs).ToHashSet();
            var description = manifest is null ? null : EncoderDescription.ReadFrom(manifest, folder);
            return new LlavaImport(encoder)
            {
                Preprocessing = preprocessing,
                Template = description?.Template ?? "plain",
                ImagePrompt = description?.ImagePrompt,
                Decoder = decoder,
                Fingerprint = decoder.Where(pair => !heads.Contains(pair.Key)).ToDictionary(StringComparer.Ordinal),
                Target = manifest?.Sources.FirstOrDefault(source => source.Role == "target") ?? new("target", "", ""),
            };
        }
        catch
        {
            encoder.Dispose();
            throw;
        }
    }

    public void Dispose() => Encoder.Dispose();

    static VisionEncoder Build(LlavaFrontEnd front, bool boundary, string folder)
    {
        var config = front.Config;
        var path = config.Path with { PostNorm = front.ProjectorNorm is not null };
        if (front.ProjectorNorm is not null
            && config.Tower.ToJson(ScalarType.Float32)["layer_norm_eps"]?.GetValue<double>() != config.ProjectorNormEpsilon)
        {
            throw Fault.Input(
                $"{folder}: projector_layernorm_eps is {config.ProjectorNormEpsilon:R}, and the tower's layer_norm_eps is another; the "
                    + "norm in front of the projector becomes the tower's last, which has one of these.",
                "Such a VipLlava cannot be imported exactly.");
        }
        var adapter = new MlpAdapter(front.Projector.Config, CPU, ScalarType.Float32);
        var tower = config.Tower.Build(path, CPU, ScalarType.Float32);
        var encoder = new VisionEncoder(tower, adapter, boundary);
        using var _ = no_grad();
        Copy(front.Tower, tower);
        Copy(front.Projector, adapter);
        if (front.ProjectorNorm is { } norm) Copy(norm, tower.PostNorm!);
        return encoder;
    }

    static void Copy(nn.Module from, nn.Module to)
    {
        var values = from.named_parameters().ToDictionary(p => p.name, p => p.parameter, StringComparer.Ordinal);
        foreach (var (name, parameter) in to.named_parameters()) parameter.copy_(values[name]);
    }

    static void FillRow(Tensor vector, StoredTensor table, int row, double scale)
    {
        var bytes = new byte[table.Entry.ByteCount / table.Entry.Shape[0]];
        table.Read(bytes, row * (long)bytes.Length);
        var floats = new float[bytes.Length / table.Entry.Type.ByteSize()];
        FloatConversion.ToFloats(table.Entry.Type, bytes, floats);
        if (scale != 1) floats = Array.ConvertAll(floats, value => (float)(value * scale));
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        vector.copy_(torch.tensor(floats));
    }

    static Dictionary<string, string> Digest(Checkpoint checkpoint, Decoder outline, LlavaKeys layout, IProgress<ProgressReport>? progress)
    {
        var keys = layout.Decoder(outline.Keys);
        var tensors = outline.named_parameters().Select(
            p => (Plain: outline.Keys.ToTheirs(p.name)!, Stored: checkpoint.Tensor(keys.ToTheirs(p.name)!))).ToList();
        var (done, total) = (0L, tensors.Sum(tensor => tensor.Stored.Entry.ByteCount));
        return tensors.ToDictionary(
            tensor => tensor.Plain,
            tensor => Digests.Sha256(
                tensor.Stored, bytes => progress?.Report(new ProgressReport("reading the language model", done += bytes, total, "B"))),
            StringComparer.Ordinal);
    }
}
