using System.Globalization;
using System.Text;
using Grafting.Core.Checkpoints;
using Grafting.Core.Running;
using Grafting.Core.Text;
using static TorchSharp.torch;

namespace Grafting.Core.Models.Streaming;

/// <summary>
/// Pushes passages through a decoder layer by layer, with one layer in memory, and keeps the hidden states of all passages in one file per
/// border between layers. Border k holds what k layers have made of the embeddings; the last one is the raw output of the last layer. What
/// is on disk is not computed again, so an interrupted pass goes on.
/// </summary>
/// <param name="decoder">Gives the layers.</param>
/// <param name="passages">What is read.</param>
/// <param name="scratch">Folder in which a folder of this pass's own holds the states until <see cref="Discard"/>.</param>
public sealed class StatePass(LayerStream decoder, IReadOnlyList<Passage> passages, string scratch)
{
    /// <summary>Positions in one batch; enough for matrix products to run at full speed.</summary>
    public const int BatchPositions = 2048;

    const string StatesName = "states";
    const string FingerprintKey = "fingerprint";

    /// <summary>Changes with the weights' files, the arithmetic and the passages.</summary>
    public string Id { get; } = Fingerprint(decoder, passages);

    /// <summary>Holds the states, and what is measured on them.</summary>
    public string Folder => Path.Combine(scratch, $"states-{Id[..16]}");

    public IReadOnlyList<Passage> Passages { get; } = passages;

    public LayerStream Decoder { get; } = decoder;

    public IReadOnlyList<PassageBatch> Batches { get; } = PassageBatch.Plan(passages, BatchPositions);

    public long Tokens { get; } = passages.Sum(p => (long)p.Ids.Length);

    /// <summary>Bytes of the states at one border.</summary>
    /// <param name="width">Residual width.</param>
    public static long BytesPerBorder(int width, ScalarType dtype, long tokens) =>
        tokens * width * TensorLoading.StoredType(dtype).ByteSize();

    /// <summary>Computes the states at the wanted borders, and removes those that only led there.</summary>
    /// <param name="wanted">Borders, each from 0 to the number of layers.</param>
    /// <param name="stage">Names the work in the progress display.</param>
    /// <exception cref="GraftException">
    /// Stopped on request; Resources when the disk is full; Numerics when a state is not finite.
    /// </exception>
    public void Run(IReadOnlySet<int> wanted, string stage, IProgress<ProgressReport>? progress = null, StopRequest? stop = null)
    {
        using var promise = stop?.PromiseToSave();
        using var _ = no_grad();
        Directory.CreateDirectory(Folder);
        var missing = wanted.Where(border => !IsThere(border)).ToList();
        if (missing.Count == 0) return;
        var last = missing.Max();
        var first = Enumerable.Range(0, missing.Min()).Reverse().FirstOrDefault(IsThere, -1);
        if (first < 0)
        {
            Write(0, batch => Decoder.Ends.embed(batch.Ids(Passages, Decoder.Ends.Device)), null, stop);
            first = 0;
        }
        for (var border = first; border < last; border++)
        {
            if (!IsThere(border + 1))
            {
                using var layer = Decoder.Load(border);
                using var before = Open(border);
                Write(
                    border + 1,
                    batch => layer.forward(batch.Pad(before.Read(batch)), batch.Positions(Decoder.Ends.Device)),
                    done => progress?.Report(new ProgressReport(stage, (border * Tokens) + done, last * Tokens, "tokens·layers")),
                    stop);
            }
            if (!wanted.Contains(border)) File.Delete(PathOf(border));
        }
    }

    /// <summary>Removes the states, once nobody needs them any more.</summary>
    public void Discard()
    {
        if (Directory.Exists(Folder)) Directory.Delete(Folder, recursive: true);
        if (Directory.Exists(scratch) && !Directory.EnumerateFileSystemEntries(scratch).Any()) Directory.Delete(scratch);
    }

    /// <summary>The states at a border that has been computed.</summary>
    public StateFile Open(int border) => new(SafetensorsFile.Open(PathOf(border)), StatesName, Decoder.Ends.Device);

    string PathOf(int border) => Path.Combine(Folder, string.Create(CultureInfo.InvariantCulture, $"border-{border:D3}.safetensors"));

    bool IsThere(int border)
    {
        if (!File.Exists(PathOf(border))) return false;
        using var file = SafetensorsFile.Open(PathOf(border));
        return file.Metadata.GetValueOrDefault(FingerprintKey) == Id;
    }

    void Write(int border, Func<PassageBatch, Tensor> compute, Action<long>? report, StopRequest? stop)
    {
        var done = 0L;
        var states = new TensorSource(StatesName, TensorLoading.StoredType(Decoder.Ends.DType), [Tokens, Decoder.Shape.Width], stream =>
        {
            foreach (var batch in Batches)
            {
                if (stop is { Requested: true })
                {
                    throw stop.Stopped(
                        $"The states of {Decoder.Folder} after {Math.Max(0, border - 1)} of {Decoder.Shape.Layers} layers are kept in "
                            + $"{Folder}.", "Run the same command again to go on.");
                }
                using var scope = NewDisposeScope();
                var rows = batch.Unpad(compute(batch)).contiguous();
                if (!rows.isfinite().all().item<bool>())
                {
                    throw Fault.Numerics(
                        $"{Decoder.Folder}: a hidden state after {border} layers is not finite in {Decoder.Ends.DType}.",
                        "Use --dtype float32, or another checkpoint.");
                }
                stream.Write(rows.cpu().bytes);
                report?.Invoke(done += batch.Rows);
            }
        });
        SafetensorsWriter.Write(PathOf(border), [states], new Dictionary<string, string> { [FingerprintKey] = Id });
    }

    static string Fingerprint(LayerStream decoder, IReadOnlyList<Passage> passages)
    {
        var text = new StringBuilder();
        text.Append(
            CultureInfo.InvariantCulture,
            $"{Path.GetFullPath(decoder.Folder)} {decoder.Ends.DType} {decoder.Ends.Device.type} {decoder.Config}\n");
        foreach (var file in Directory.EnumerateFiles(decoder.Folder, "*.safetensors").Order(StringComparer.Ordinal))
        {
            // Through links: a Hub cache is made of them.
            var info = new FileInfo(File.ResolveLinkTarget(file, returnFinalTarget: true)?.FullName ?? file);
            text.Append(CultureInfo.InvariantCulture, $"{Path.GetFileName(file)} {info.Length} {info.LastWriteTimeUtc.Ticks}\n");
        }
        foreach (var passage in passages) text.AppendJoin(' ', passage.Ids).Append('\n');
        return Digests.Sha256(Encoding.UTF8.GetBytes(text.ToString()));
    }
}

/// <summary>Hidden states of all passages at one border.</summary>
public sealed class StateFile : IDisposable
{
    readonly SafetensorsFile _file;
    readonly TensorEntry _entry;
    readonly Device _device;

    internal StateFile(SafetensorsFile file, string name, Device device)
    {
        (_file, _device) = (file, device);
        _entry = file.Entry(name);
    }

    /// <summary>The rows of a batch, without padding, [n, w].</summary>
    public Tensor Read(PassageBatch batch) => Read(batch.FirstRow, batch.Rows);

    /// <summary>Consecutive rows [count, w] on the decoder's device.</summary>
    public Tensor Read(long firstRow, int count)
    {
        var rows = empty([count, _entry.Shape[1]], TensorLoading.DType(_entry.Type), CPU);
        var bytes = rows.bytes;
        _file.Read(_entry, bytes, firstRow * _entry.Shape[1] * _entry.Type.ByteSize());
        return rows.to(_device);
    }

    public void Dispose() => _file.Dispose();
}
