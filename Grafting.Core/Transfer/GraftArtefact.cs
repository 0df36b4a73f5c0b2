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

    /// <summary>Makes the graft, after proving that the target is the one that the encoder's surrogate was cut from.</summary>
    /// <exception cref="GraftException">Input, naming the first tensor of the target that differs or is missing.</exception>
    public static GraftArtefact Create(
        EncoderBundle bundle, string target, string folder, Origin origin, bool replace, IProgress<ProgressReport>? progress = null)
    {
        Prove(bundle, target, progress);
        var details = new JsonObject();
        bundle.Encoder.WriteTo(details);
        AtomicFolder.Commit(
            folder,
            staging =>
            {
                foreach (var name in EncoderFiles.Names) File.Copy(Path.Combine(bundle.Folder, name), Path.Combine(staging, name));
                new ArtefactManifest(Kind, origin)
                {
                    Sources = [bundle.Target with { Path = Path.GetFullPath(target) }, bundle.Surrogate, new("bundle", Path.GetFullPath(bundle.Folder), Identity(bundle))],
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
        return new GraftArtefact(folder, EncoderDescription.ReadFrom(manifest, folder), target.Path);
    }

    public VisionEncoder LoadEncoder(Device device, ScalarType dtype) => EncoderFiles.Load(Folder, Encoder, device, dtype);

    public Decoder LoadTarget(Device device, ScalarType dtype) => DecoderFamilies.Load(Target, device, dtype);

    static void Prove(EncoderBundle bundle, string target, IProgress<ProgressReport>? progress)
    {
        using var checkpoint = Checkpoint.Open(target);
        var total = bundle.Fingerprint.Keys.Sum(name => checkpoint.Tensors.TryGetValue(name, out var t) ? t.Entry.ByteCount : 0);
        var done = 0L;
        foreach (var (name, digest) in bundle.Fingerprint)
        {
            if (!checkpoint.Tensors.TryGetValue(name, out var tensor)) throw Differs($"has no tensor '{name}'");
            if (Digests.Sha256(tensor) != digest) throw Differs($"has another '{name}'");
            done += tensor.Entry.ByteCount;
            progress?.Report(new ProgressReport("verifying the target", done, total, "B"));
        }

        GraftException Differs(string how) => Fault.Input(
            $"{target} {how} than the surrogate of {bundle.Folder} was cut from.",
            $"Give the target that the surrogate came from (it was {bundle.Target.Path}).");
    }

    static string Identity(EncoderBundle bundle) => Digests.Sha256(Path.Combine(bundle.Folder, ArtefactManifest.FileName));
}
