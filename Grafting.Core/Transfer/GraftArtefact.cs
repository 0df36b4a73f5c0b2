using System.Text.Json.Nodes;
using Grafting.Core.Checkpoints;
using Grafting.Core.Models;
using Grafting.Core.Models.Decoders;
using Grafting.Core.Models.Lora;
using Grafting.Core.Running;
using static TorchSharp.torch;

namespace Grafting.Core.Transfer;

/// <summary>
/// A graft on disk: a trained encoder and a reference to the full target, whose weights stay where they are. One that was fine-tuned also
/// holds what became of the target: adapters in PEFT's layout, or a whole checkpoint in Hugging Face's.
/// </summary>
/// <param name="Folder">Where it lies.</param>
/// <param name="Encoder">How the encoder is built.</param>
/// <param name="Target">Folder of the target.</param>
public sealed record GraftArtefact(string Folder, EncoderDescription Encoder, string Target)
{
    public const string Kind = "graft";

    /// <summary>Role of the bundle among the sources.</summary>
    public const string BundleRole = "bundle";

    /// <summary>Role, among the sources of a fine-tuned graft, of the graft that it came from.</summary>
    public const string GraftRole = "graft";

    /// <summary>How it was trained further; null for a zero-shot graft.</summary>
    public FineTuned? Tuning { get; private init; }

    /// <summary>Target, surrogate, bundle, and the graft that a fine-tuned one came from.</summary>
    public IReadOnlyList<ArtefactSource> Sources { get; private init; } = [];

    /// <summary>Folder of tokenizer and weights: the target, or this one where it holds a model of its own.</summary>
    public string Model => Tuning is { HoldsModel: true } ? Folder : Target;

    /// <summary>Of the embedding space that the encoder speaks; null in a graft of an older version.</summary>
    public IReadOnlyDictionary<string, string>? Fingerprint { get; init; }

    /// <summary>Makes the graft, after proving that the target is the one that the encoder's surrogate was cut from.</summary>
    /// <exception cref="GraftException">Input, naming the first tensor of the target that differs or is missing.</exception>
    public static GraftArtefact Create(
        EncoderBundle bundle, string target, string folder, Origin origin, bool replace, IProgress<ProgressReport>? progress = null)
    {
        Prove(bundle, target, progress);
        var details = new JsonObject();
        bundle.Encoder.WriteTo(details);
        EmbeddingFingerprint.WriteTo(details, bundle.Fingerprint);
        AtomicFolder.Commit(
            folder,
            staging =>
            {
                foreach (var name in EncoderFiles.Names) File.Copy(Path.Combine(bundle.Folder, name), Path.Combine(staging, name));
                new ArtefactManifest(Kind, origin)
                {
                    Sources =
                    [
                        bundle.Target with { Path = Path.GetFullPath(target) },
                        .. bundle.Manifest.Sources.Where(source => source.Role is not ("target" or BundleRole)),
                        new(BundleRole, Path.GetFullPath(bundle.Folder), Identity(bundle.Folder)),
                    ],
                    Details = details,
                }.Write(staging);
            },
            replace);
        return Open(folder);
    }

    /// <summary>Makes a fine-tuned graft, whole or not at all.</summary>
    /// <param name="from">The graft that it came from.</param>
    /// <param name="write">
    /// Writes the encoder's files into a folder and, beside them, either a checkpoint with tokenizer or the adapters; returns the stamps of
    /// large files, which need not be read again.
    /// </param>
    public static GraftArtefact Write(
        GraftArtefact from, FineTuned tuning, string folder, Origin origin, bool replace, Func<string, IReadOnlyDictionary<string,
        FileStamp>> write)
    {
        var details = new JsonObject();
        from.Encoder.WriteTo(details);
        if (from.Fingerprint is { } fingerprint) EmbeddingFingerprint.WriteTo(details, fingerprint);
        tuning.WriteTo(details);
        AtomicFolder.Commit(
            folder,
            staging => new ArtefactManifest(Kind, origin)
            {
                Files = write(staging),
                Sources =
                [
                    .. from.Sources.Where(source => source.Role != GraftRole),
                    new(GraftRole, Path.GetFullPath(from.Folder), Identity(from.Folder)),
                ],
                Details = details,
            }.Write(staging),
            replace);
        return Open(folder);
    }

    /// <exception cref="GraftException">Input: not a graft, or a file is missing or changed.</exception>
    public static GraftArtefact Open(string folder)
    {
        var manifest = ArtefactManifest.Read(folder, Kind);
        manifest.Verify(folder);
        var target = manifest.Sources.FirstOrDefault(s => s.Role == "target")
            ?? throw Fault.Input($"{Path.Combine(folder, ArtefactManifest.FileName)} names no target.");
        return new GraftArtefact(folder, EncoderDescription.ReadFrom(manifest, folder), target.Path)
        {
            Fingerprint = EmbeddingFingerprint.ReadFrom(manifest, folder),
            Tuning = FineTuned.ReadFrom(manifest, folder),
            Sources = manifest.Sources,
        };
    }

    /// <summary>This graft, or the one that it was fine-tuned from.</summary>
    /// <exception cref="GraftException">Input, when that one is not there.</exception>
    public GraftArtefact ZeroShot => Tuning is null ? this : Open(Sources.First(source => source.Role == GraftRole).Path);

    /// <summary>The bundle that the encoder came from.</summary>
    /// <exception cref="GraftException">Input, when the manifest names none.</exception>
    public ArtefactSource Bundle => Sources.FirstOrDefault(source => source.Role == BundleRole)
        ?? throw Fault.Input($"{Path.Combine(Folder, ArtefactManifest.FileName)} names no {BundleRole}.");

    public VisionEncoder LoadEncoder(Device device, ScalarType dtype) => EncoderFiles.Load(Folder, Encoder, device, dtype);

    /// <summary>The language model that the encoder is plugged into, fine-tuned where the graft is.</summary>
    public Decoder LoadTarget(Device device, ScalarType dtype)
    {
        var decoder = DecoderFamilies.Load(Model, device, dtype);
        if (Tuning is not { HoldsModel: false }) return decoder;
        try
        {
            using var adapter = PeftAdapter.Open(Folder);
            adapter.AttachTo(decoder);
            return decoder;
        }
        catch
        {
            decoder.Dispose();
            throw;
        }
    }

    /// <summary>The digest by which a graft knows its bundle, and a fine-tuned graft the one that it came from.</summary>
    public static string Identity(string bundle) => Digests.Sha256(Path.Combine(bundle, ArtefactManifest.FileName));

    static void Prove(EncoderBundle bundle, string target, IProgress<ProgressReport>? progress)
    {
        using var checkpoint = Checkpoint.Open(target);
        var (done, total) = (0L, EmbeddingFingerprint.BytesIn(checkpoint, bundle.Fingerprint));
        var first = EmbeddingFingerprint.Differences(checkpoint, bundle.Fingerprint, Read).FirstOrDefault();
        if (first is null) return;
        throw Fault.Input(
            $"{target} {first}: it is not the model that the surrogate of {bundle.Folder} was cut from.",
            $"Give the target that the surrogate came from (it was {bundle.Target.Path}).");

        void Read(long bytes) => progress?.Report(new ProgressReport("verifying the target", done += bytes, total, "B"));
    }
}
