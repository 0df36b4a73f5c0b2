using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Grafting.Core;
using Grafting.Core.Checkpoints;
using Grafting.Core.Running;
using Grafting.Surrogates.Translators;

namespace Grafting.Surrogates;

/// <param name="Command">As typed; goes into <c>graft.json</c>.</param>
/// <param name="MaxShardBytes">Of the tensors in one weight file.</param>
/// <param name="Replace">Whether an existing surrogate at the destination is replaced.</param>
public sealed record BuildOptions(string Command = "build-surrogate", long MaxShardBytes = 5_000_000_000, bool Replace = false)
{
    /// <summary>What the translators are, where they are not copies of layers of the target.</summary>
    public TranslatorWeights? Translators { get; init; }
}

/// <summary>
/// Cuts a surrogate out of a target's files: copies byte ranges, renames layers, and never holds more than one buffer of weights. Each byte
/// is read once and hashed on its way. The folder appears whole or not at all.
/// </summary>
public static class SurrogateBuilder
{
    public const string Kind = "surrogate";

    /// <summary>The part of <c>graft.json</c> that gives the SHA-256 of every inherited tensor by its name in the target.</summary>
    internal const string InheritedKey = "inherited";

    internal const string TranslatorsKey = "translators";

    /// <summary>How translators were made that are more than copies.</summary>
    internal const string CalibrationKey = "calibration";

    const int BufferSize = 4 << 20;

    static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="plan">Made for this target.</param>
    /// <param name="destination">Folder that must not exist, unless it is to be replaced.</param>
    /// <param name="progress">Bytes copied, of all bytes.</param>
    /// <exception cref="GraftException">
    /// Of kind Input for a target that is damaged or does not fit its configuration; of kind Resources when the disk is too small or fails;
    /// of kind Usage when the destination exists.
    /// </exception>
    /// <exception cref="OperationCanceledException">Nothing is left behind.</exception>
    public static SurrogateFolder Build(
        Checkpoint target, SurrogatePlan plan, string destination, BuildOptions? options = null,
        IProgress<ProgressReport>? progress = null, CancellationToken cancellation = default)
    {
        options ??= new BuildOptions();
        if (options.Translators is null && TranslatorMaker.IsNeeded(plan, distil: false))
            throw new ArgumentException(
                $"translators that start as {plan.Start.Name()} are no copies; they have to be given", nameof(options));
        var tensors = TargetTensors.Kept(target, plan);
        var companions = CompanionFiles.Find(target.Folder);
        var total = tensors.Sum(tensor => tensor.Tensor.Entry.ByteCount);
        DiskSpace.Require(destination, total + companions.Sum(file => file.Length));

        AtomicFolder.Commit(
            destination,
            staging =>
            {
                var copy = new Copy(total, progress, cancellation);
                var stamps = new Dictionary<string, FileStamp>();
                // By name in the target.
                var digests = new Dictionary<string, string>();
                var layout = ShardLayout.Create(tensors, options.MaxShardBytes);
                foreach (var (file, shard) in layout.Files)
                {
                    stamps[file] = SafetensorsWriter.Write(
                        Path.Combine(staging, file),
                        shard.Select(kept => options.Translators?.Find(kept) ?? copy.Source(kept)),
                        new Dictionary<string, string> { ["format"] = "pt" });
                    foreach (var tensor in shard.Where(kept => kept.Layer?.Kind != LayerKind.Translator))
                        digests.Add(tensor.Tensor.Entry.Name, stamps[file].Tensors![tensor.Name]);
                }
                if (layout.Index() is { } index) File.WriteAllText(Path.Combine(staging, ShardIndex.FileName), index);
                File.WriteAllText(
                    Path.Combine(staging, Checkpoint.ConfigName), SurrogateConfig.Adjust(target, plan).ToJsonString(Indented) + "\n");
                foreach (var file in companions) file.CopyTo(staging);
                cancellation.ThrowIfCancellationRequested();
                Manifest(target, plan, options, tensors, digests, stamps).Write(staging);
            },
            options.Replace);
        return SurrogateFolder.Open(destination, verify: false);
    }

    static ArtefactManifest Manifest(
        Checkpoint target, SurrogatePlan plan, BuildOptions options, IReadOnlyList<KeptTensor> tensors,
        Dictionary<string, string> digests, Dictionary<string, FileStamp> stamps)
    {
        var details = plan.ToJson();
        if (options.Translators is { } made) details[CalibrationKey] = made.Origin.DeepClone();
        details[TranslatorsKey] = new JsonArray([.. plan.Translators.Select(layer => JsonValue.Create(layer))]);
        details[InheritedKey] = new JsonObject(tensors
            .Where(tensor => tensor.Layer?.Kind != LayerKind.Translator)
            .Select(tensor => tensor.Tensor.Entry.Name)
            .Order(StringComparer.Ordinal)
            .Select(name => KeyValuePair.Create(name, (JsonNode?)digests[name])));
        return new ArtefactManifest(Kind, new Origin(options.Command))
        {
            Sources =
                [new ArtefactSource(
                    "target", Path.GetFullPath(target.Folder), TargetTensors.Identity(target, plan.Target.Layers, digests))],
            Files = stamps,
            Details = details,
        };
    }

    /// <summary>Copies tensors through one buffer, and counts and looks for a stop request on the way.</summary>
    sealed class Copy(long total, IProgress<ProgressReport>? progress, CancellationToken cancellation)
    {
        readonly byte[] _buffer = new byte[BufferSize];
        long _done;

        public TensorSource Source(KeptTensor kept) =>
            new(kept.Name, kept.Tensor.Entry.Type, kept.Tensor.Entry.Shape, stream => Write(kept.Tensor, stream));

        void Write(StoredTensor tensor, Stream stream)
        {
            for (var offset = 0L; offset < tensor.Entry.ByteCount; offset += BufferSize)
            {
                cancellation.ThrowIfCancellationRequested();
                var part = _buffer.AsSpan(0, (int)Math.Min(BufferSize, tensor.Entry.ByteCount - offset));
                tensor.Read(part, offset);
                stream.Write(part);
                _done += part.Length;
                progress?.Report(new ProgressReport("copying", _done, total, "B"));
            }
        }
    }
}
