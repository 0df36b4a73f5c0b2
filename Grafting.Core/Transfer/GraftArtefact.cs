using System.Text.Json.Nodes;
using Grafting.Core.Checkpoints;
using Grafting.Core.Models;
using Grafting.Core.Models.Decoders;
using Grafting.Core.Running;
using static TorchSharp.torch;

namespace Grafting.Core.Transfer;

/// <summary>A zero-shot graft on disk: a trained encoder and a reference to the full target, whose weights stay where they are.</summary>
/// <param name="Folder">Where it lies.</param>
/// <param name="Encoder">How the encoder is built.</param>
/// <param name="Target">Folder of the target.</param>
public sealed record GraftArtefact(string Folder, EncoderDescription Encoder, string Target)
{
    public const string Kind = "graft";

    /// <summary>Role of the bundle among the sources.</summary>
    public const string BundleRole = "bundle";

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
                        bundle.Surrogate,
                        new(BundleRole, Path.GetFullPath(bundle.Folder), Identity(bundle.Folder)),
                    ],
                    Details = details,
                }.Write(staging);
            },
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
        };
    }

    public VisionEncoder LoadEncoder(Device device, ScalarType dtype) => EncoderFiles.Load(Folder, Encoder, device, dtype);

    public Decoder LoadTarget(Device device, ScalarType dtype) => DecoderFamilies.Load(Target, device, dtype);

    /// <summary>The digest by which a graft knows its bundle.</summary>
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
