using System.Text.Json;
using System.Text.Json.Nodes;
using Grafting.Core;
using Grafting.Core.Checkpoints;

namespace Grafting.Surrogates;

/// <summary>A surrogate on disk: an ordinary model folder with a <c>graft.json</c> that says where it came from.</summary>
/// <param name="Identity">Digest of <c>graft.json</c>, and thereby of every file that it lists.</param>
/// <param name="Target">What it was cut from.</param>
/// <param name="TargetLayers">Decoder layers of the target.</param>
/// <param name="Layers">For every layer, the target's layer that it came from.</param>
/// <param name="Translators">Indices of the layers that are to be trained.</param>
/// <param name="Fingerprint">SHA-256 of every inherited tensor by its name in the target.</param>
public sealed record SurrogateFolder(
    string Folder,
    string Identity,
    ArtefactSource Target,
    int TargetLayers,
    IReadOnlyList<int> Layers,
    IReadOnlyList<int> Translators,
    IReadOnlyDictionary<string, string> Fingerprint)
{
    /// <summary>How translators were made that are more than copies; null where they are.</summary>
    public JsonObject? Calibration { get; private init; }

    /// <summary>The layers of the target that translators stand for, range by range.</summary>
    public IReadOnlyList<LayerRange> Replaced
    {
        get
        {
            List<LayerRange> ranges = [];
            for (var i = 0; i < Layers.Count; i++)
            {
                if (!Translators.Contains(i) || Translators.Contains(i - 1)) continue;
                var next = Enumerable.Range(i, Layers.Count - i).FirstOrDefault(layer => !Translators.Contains(layer), Layers.Count);
                ranges.Add(new LayerRange(i == 0 ? 0 : Layers[i - 1] + 1, (next == Layers.Count ? TargetLayers : Layers[next]) - 1));
            }
            return ranges;
        }
    }

    /// <summary>
    /// What an inherited tensor of the target is called here; null where none of the inherited layers came from its layer.
    /// </summary>
    /// <param name="name">In the target.</param>
    public string? OwnName(string name)
    {
        if (TargetTensors.LayerOf(name) is not { } source) return name;
        var own = Enumerable.Range(0, Layers.Count).Where(layer => Layers[layer] == source && !Translators.Contains(layer)).ToArray();
        return own.Length == 0 ? null : TargetTensors.LayerName(own[0], name[TargetTensors.LayerName(source, "").Length..]);
    }

    /// <summary>Whether a tensor of this surrogate is trained and not the target's.</summary>
    /// <param name="name">In the surrogate.</param>
    public bool IsTrained(string name) => TargetTensors.LayerOf(name) is { } layer && Translators.Contains(layer);

    /// <param name="verify">Whether every file is read and compared with its digest.</param>
    /// <exception cref="GraftException">
    /// Of kind <see cref="ErrorKind.Input"/>: not a surrogate, or a file is missing or changed.
    /// </exception>
    public static SurrogateFolder Open(string folder, bool verify = true)
    {
        var manifest = ArtefactManifest.Read(folder, SurrogateBuilder.Kind);
        var path = Path.Combine(folder, ArtefactManifest.FileName);
        var surrogate = new SurrogateFolder(
            folder,
            "sha256:" + Digests.Sha256(path),
            manifest.Sources.FirstOrDefault(source => source.Role == "target") ?? throw Malformed("names no target"),
            Detail<TargetDetail>("target").Layers,
            [.. Detail<LayerDetail[]>("layers").Select(layer => layer.Source)],
            Detail<int[]>(SurrogateBuilder.TranslatorsKey),
            Detail<Dictionary<string, string>>(SurrogateBuilder.InheritedKey))
        {
            Calibration = manifest.Details[SurrogateBuilder.CalibrationKey] as JsonObject,
        };
        if (verify) manifest.Verify(folder);
        return surrogate;

        T Detail<T>(string key)
        {
            try
            {
                return manifest.Details[key].Deserialize<T>(JsonSerializerOptions.Web) ?? throw Malformed($"has no {key}");
            }
            catch (JsonException error)
            {
                throw Malformed($"has a malformed {key}", error);
            }
        }

        GraftException Malformed(string what, Exception? inner = null) =>
            Fault.Input($"{path}: {what}.", "Build the surrogate again.", inner);
    }

    sealed record TargetDetail(int Layers);

    sealed record LayerDetail(int Source);
}
