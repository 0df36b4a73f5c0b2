using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Grafting.Core.Checkpoints;
using Grafting.Core.Imaging;
using Grafting.Core.Models;
using Grafting.Core.Models.Decoders;
using Grafting.Core.Models.Decoders.Gemma2;
using Grafting.Core.Running;
using Grafting.Core.Text;
using static TorchSharp.torch;

namespace Grafting.Core.Transfer.Export;

/// <summary>Writes an encoder and its language model as a LLaVA or VipLlava folder of Hugging Face's layout, exact or not at all.</summary>
public static class HuggingFaceWriter
{
    /// <summary>Kind of the folder's <c>graft.json</c>.</summary>
    public const string Kind = "export";

    /// <summary>Where the manifest of an export keeps the tokens of a picture.</summary>
    public const string TokensKey = "tokens";

    const string TowerHead = "vision_tower.vision_model.head.";

    static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <summary>All that can be refused without writing.</summary>
    /// <exception cref="GraftException">Input: the encoder cannot be expressed, or its model is not there.</exception>
    public static HuggingFaceExport Plan(ExportSource source, ExportRequest request)
    {
        using var model = source.OpenModel();
        using var encoder = source.LoadEncoder(CPU, ScalarType.Float32);
        return Draft.Of(source, request, model, encoder).Export;
    }

    /// <summary>Writes the folder, whole or not at all.</summary>
    /// <exception cref="GraftException">
    /// As <see cref="Plan"/>; also Input when the model is another one, or what was written does not compute the same.
    /// </exception>
    public static HuggingFaceExport Write(ExportSource source, ExportRequest request, IProgress<ProgressReport>? progress = null)
    {
        AtomicFolder.CheckTarget(request.Output, replace: false);
        using var model = source.OpenModel();
        using var encoder = source.LoadEncoder(CPU, ScalarType.Float32);
        var draft = Draft.Of(source, request, model, encoder);
        DiskSpace.Require(
            request.Output, request.Decoder == DecoderMode.Link ? draft.Decoder.Bytes(DecoderMode.Reference) : draft.Export.TotalBytes);
        draft.Decoder.ReadDigests(progress);
        source.Prove(draft.Decoder.Digests);
        var export = draft.Export;
        AtomicFolder.Commit(request.Output, staging => export = Fill(staging, source, request, draft, progress));
        return export;
    }

    static HuggingFaceExport Fill(
        string staging, ExportSource source, ExportRequest request, Draft draft, IProgress<ProgressReport>? progress)
    {
        var export = draft.Export;
        HuggingFaceFiles.Write(
            staging, source.Model, draft.Config, draft.Processor, draft.Preprocessing, draft.Text.Jinja,
            draft.Template.StopIds(draft.Tokenizer));
        var stamps = new Dictionary<string, FileStamp>();
        var moved = draft.Decoder.Write(staging, draft.Own, request.Decoder, stamps, progress);
        draft.Decoder.Prove(staging, stamps, progress);
        var name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(request.Output)));
        List<PartOrigin> parts = [PartOrigin.Of("language model", source.Model), .. request.Parts];
        File.WriteAllText(
            Path.Combine(staging, "README.md"),
            ModelCard.Write(name, parts, export.Path, export.Architecture, export.Tokens, request, export.Notes));

        var details = new JsonObject
        {
            ["format"] = "hf",
            ["architecture"] = export.Architecture.ToString(),
            ["featurePath"] = JsonSerializer.SerializeToNode(export.Path, Format),
            [TokensKey] = JsonSerializer.SerializeToNode(export.Tokens, Format),
        };
        source.Encoder.WriteTo(details);
        EmbeddingFingerprint.WriteTo(details, draft.Decoder.Digests);
        if (request.Decoder == DecoderMode.Reference) draft.Decoder.Reference(request.Output).WriteTo(details);
        new ArtefactManifest(Kind, new Origin(request.Command))
        {
            Sources =
            [
                new("target", Path.GetFullPath(source.Model), source.Sources.FirstOrDefault(s => s.Role == "target")?.Identity ?? ""),
                new(source.Kind, Path.GetFullPath(source.Folder), GraftArtefact.Identity(source.Folder)),
            ],
            Files = stamps,
            Details = details,
        }.Write(staging);

        progress?.Report(new ProgressReport("comparing with the source", 0, 0, "steps"));
        var comparison = new ExportCheck(
            source, request.DType, draft.TableType, request.CheckMemory).Run(staging, draft.Prompt, draft.Written, export.Tokens);
        return export with
        {
            Moved = request.Decoder == DecoderMode.Reference ? null : moved,
            ProvedTensors = draft.Decoder.Digests.Count,
            Comparison = comparison,
        };
    }

    /// <summary>Everything that is known before a file is written.</summary>
    sealed record Draft(
        HuggingFaceExport Export, DecoderFiles Decoder, JsonObject Config, JsonObject Processor, PreprocessorConfig Preprocessing,
        ChatTemplate Template,
        ExportedTemplate Text, Tokenizer Tokenizer, IReadOnlyList<TensorSource> Own, ScalarType? TableType, int[] Prompt, int[] Written)
    {
        public static Draft Of(ExportSource source, ExportRequest request, Checkpoint model, VisionEncoder encoder)
        {
            var path = FeaturePathValue.Of(encoder);
            var architecture = path.RequireHuggingFace(request.Architecture);
            var preprocessing = EncoderFiles.Preprocessing(source.Folder, source.Encoder);
            using var outline = DecoderFamilies.ReadConfig(model).Build(META, ScalarType.Float32);
            if (source.Encoder.LanguageWidth != outline.Shape.Width)
                throw Fault.Input(
                    $"the adapter gives {source.Encoder.LanguageWidth} numbers per token; {model.Folder} takes {outline.Shape.Width}.");
            RequireUnscaledPictures(outline, model.Folder);
            var tokenizer = Tokenizer.Load(source.Model);
            var template = source.Encoder.ChatTemplate(source.Model);
            var tokens = PictureTokens.Choose(
                tokenizer, template, source.Model, outline.Shape.Vocabulary, path.Boundary, request.ImageToken, request.BoundaryTokens);
            var table = DecoderFiles.Table(model, outline);
            var rows = encoder.Boundary is { } boundary
                ? EmbeddingRows.Of((boundary.Start, boundary.End), tokens, table, outline.EmbeddingScale)
                : null;
            var decoder = DecoderFiles.Of(model, outline, rows);
            var (processor, counted) = HuggingFaceFiles.ProcessorConfig(
                path, architecture, encoder.Tower.Config.Shape.PatchSize, preprocessing.ImageSize, tokens);
            var text = ExportedTemplate.Of(template, tokenizer, tokens, source.Encoder.ImagePrompt);
            List<TensorSource> own = [.. Tensors(encoder, path, architecture, request.DType)];

            Turn[] question = [new(Role.User, $"{Turn.ImageMark}\n{ExportCheck.Question}")];
            var prompt = template.Encode(tokenizer, question, new LabelPolicy(), addGenerationPrompt: true, source.Encoder.ImagePrompt).Ids;
            var written = Replaced(prompt, tokens);
            var notes = Notes(request, path, rows is null ? null : table).ToList();
            var read = tokenizer.Encode(text.Write(question, true), addSpecialTokens: false);
            if (!read.SequenceEqual(written))
            {
                var at = read.Zip(written).TakeWhile(pair => pair.First == pair.Second).Count();
                notes.Add(
                    $"a prompt written as text has other tokens than the encoder was trained with, first at place {at}: this tokenizer "
                        + "treats the text behind a special token otherwise");
            }
            var bytes = own.Sum(tensor => tensor.ByteCount) + decoder.Bytes(request.Decoder);
            return new(
                new(Path.GetFullPath(request.Output), architecture, path, tokens, counted, request.Decoder, bytes, notes),
                decoder, HuggingFaceFiles.Config(encoder, path, architecture, model.Config, tokens, decoder.Tied), processor,
                preprocessing, template, text, tokenizer, own,
                rows is null ? null : TensorLoading.DType(table.Entry.Type), prompt, written);
        }

        /// <summary>
        /// Gemma 2 multiplies whatever it is given in place of looked-up embeddings, where Gemma 3 multiplies what it looks up.
        /// </summary>
        static void RequireUnscaledPictures(Decoder outline, string folder)
        {
            if (outline.Config.ModelType != Gemma2Config.Type) return;
            throw Fault.Input(
                $"{folder} is a {Gemma2Config.Type}, which in transformers multiplies the embeddings of pictures by "
                    + $"{outline.EmbeddingScale:g} as well; the encoder was trained without that.",
                "Use a target of another family, or --format native.");
        }

        static IEnumerable<string> Notes(ExportRequest request, FeaturePathValue path, StoredTensor? table)
        {
            if (request.DType != ScalarType.Float32)
                yield return $"tower and projector are rounded to {TensorLoading.HuggingFaceName(request.DType)}";
            if (table is not null && table.Entry.Type is not (TensorType.F32 or TensorType.F64))
                yield return "the two vectors around a picture are rounded to "
                    + $"{TensorLoading.HuggingFaceName(TensorLoading.DType(table.Entry.Type))}, the type of the embedding table";
            if (request.Decoder == DecoderMode.Reference)
                yield return "the folder holds no weights of the language model: transformers, vLLM and llama.cpp cannot load it, graft can";
            if (path.PostNorm) yield return "VipLlava is not among the models that vLLM knows";
        }

        /// <summary>The prompt with the tokens that stand for the pictures.</summary>
        static int[] Replaced(int[] prompt, PictureTokens tokens)
        {
            List<int> picture = [];
            foreach (var token in (PictureToken?[])[tokens.Start, tokens.Image, tokens.End])
                if (token is not null) picture.Add(token.Id);
            return [.. prompt.SelectMany(id => id == EncodedChat.ImageSlot ? picture : [id])];
        }

        /// <summary>Tower and projector under the names that every version of transformers reads.</summary>
        static IEnumerable<TensorSource> Tensors(
            VisionEncoder encoder, FeaturePathValue path, LlavaArchitecture architecture, ScalarType dtype)
        {
            var keys = encoder.Keys;
            foreach (var (name, parameter) in encoder.named_parameters())
            {
                var theirs = keys.ToTheirs(name) ?? throw new InvalidOperationException($"the key map has no rule for parameter {name}");
                if (!theirs.StartsWith("vision_tower.", StringComparison.Ordinal)
                    && !theirs.StartsWith("multi_modal_projector.", StringComparison.Ordinal))
                    continue;
                if (theirs.StartsWith(TowerHead, StringComparison.Ordinal)) continue;
                yield return TensorLoading.SourceAs(theirs, parameter, dtype);
            }
            if (architecture != LlavaArchitecture.VipLlava) yield break;
            foreach (var (name, parameter) in encoder.Tower.PostNorm!.named_parameters())
                yield return TensorLoading.SourceAs($"multi_modal_projector.projector_layernorm.{name}", parameter, dtype);
        }
    }
}
