using System.Text.Json;
using System.Text.Json.Nodes;
using Grafting.Core.Checkpoints;
using Grafting.Core.Imaging;
using Grafting.Core.Models;
using Grafting.Core.Models.Adapters;
using Grafting.Core.Models.Decoders;
using Grafting.Core.Models.Decoders.Llama;
using Grafting.Core.Models.Towers;
using Grafting.Core.Models.Towers.Clip;
using Grafting.Core.Models.Towers.Siglip;
using Grafting.Core.Transfer;
using Grafting.Core.Transfer.Export;
using Grafting.Recipes.Toy;
using Grafting.Tests.Regression;
using Grafting.Tests.Support;
using static TorchSharp.torch;

namespace Grafting.Tests.Transfer.Export;

/// <summary>
/// Grafts that nobody trained: seeded towers and adapters in front of the built-in target, or of a tiny one with its vocabulary.
/// </summary>
sealed class ExportShop : IDisposable
{
    public static readonly ClipVisionConfig Tower = new(
        Width: 12, FeedForwardWidth: 20, Layers: 3, Heads: 3, ImageSize: 16, PatchSize: 8, NormEpsilon: 1e-4);

    public static readonly SiglipVisionConfig Siglip = new(
        Width: 12, FeedForwardWidth: 20, Layers: 3, Heads: 3, ImageSize: 18, PatchSize: 8, Head: false);

    static readonly AdapterSettings Mlp = new();

    readonly TempFolder _folder = new();
    int _made;

    /// <summary>The built-in target: its head is its embedding table.</summary>
    public static string Toy => Path.Combine(AppContext.BaseDirectory, "Toy", "target");

    public string this[string name] => _folder[name];

    public string Write(string name, string text) => _folder.Write(name, text);

    /// <summary>A tiny Llama with the toy's vocabulary, in shards of a few kilobytes.</summary>
    public string Target(bool tied = false, ScalarType dtype = ScalarType.Float32, ulong seed = 1) => Target(
        new LlamaConfig(
            new(
                Width: 16, FeedForwardWidth: 24, Layers: 2, Heads: 4, KvHeads: 2, HeadWidth: 4, ToyTokenizer.VocabularySize,
                MaxPositions: 128),
            NormEpsilon: 1e-5, new(Theta: 200), TieEmbeddings: tied, InitialiserRange: 0.3),
        dtype, seed);

    /// <summary>A fixture's model with the toy's vocabulary and seeded weights.</summary>
    public string Target(string fixture)
    {
        var json = JsonNode.Parse(File.ReadAllText(Path.Combine(Shared.Fixture($"decoders/{fixture}"), "config.json")))!;
        json["vocab_size"] = ToyTokenizer.VocabularySize;
        return Target(DecoderFamilies.ReadConfig(JsonSerializer.SerializeToElement(json)), ScalarType.Float32, 1);
    }

    string Target(DecoderConfig config, ScalarType dtype, ulong seed)
    {
        var folder = _folder[$"target-{_made++}"];
        Directory.CreateDirectory(folder);
        ToyTokenizer.Write(folder);
        using var decoder = DecoderFamilies.Create(config, seed, CPU, dtype);
        CheckpointWriter.Write(folder, [.. Weights.Sources(decoder, decoder.Keys)], maxShardBytes: 24_000);
        File.WriteAllText(Path.Combine(folder, "config.json"), config.ToJson(dtype).ToJsonString());
        return folder;
    }

    /// <param name="template">Name of one of graft's own; the Jinja of one where <paramref name="own"/> says so.</param>
    public EncoderBundle Bundle(
        FeaturePath path, string? target = null, bool boundary = true, AdapterSettings? adapter = null, string template = "llama3",
        string? imagePrompt = null,
        VisionTowerConfig? tower = null, Tiling? tiles = null, bool own = false)
    {
        target ??= Toy;
        using var checkpoint = Checkpoint.Open(target);
        using var encoder = Encoder(
            path, DecoderFamilies.ReadConfig(checkpoint).Shape.Width, boundary, adapter ?? Mlp, tower ?? Tower, tiles);
        var folder = _folder[$"bundle-{_made++}"];
        EncoderBundle.Write(
            folder, encoder, PreprocessorConfig.Clip(encoder.Tower.ImageSize) with { Fit = Fit.PadToSquare }, own ? "own" : template, [],
            ToyWorkshop.Recipe, new Origin("test"),
            [new("surrogate", "nowhere", "none"), new("target", target, "none")],
            checkpoint.Tensors.ToDictionary(t => t.Key, t => Digests.Sha256(t.Value)), replace: false, imagePrompt, own ? template : null);
        return EncoderBundle.Open(folder);
    }

    public GraftArtefact Graft(
        FeaturePath path, string? target = null, bool boundary = true, AdapterSettings? adapter = null, string template = "llama3",
        string? imagePrompt = null,
        VisionTowerConfig? tower = null, Tiling? tiles = null, bool own = false) =>
        GraftArtefact.Create(
            Bundle(path, target, boundary, adapter, template, imagePrompt, tower, tiles, own), target ?? Toy, _folder[$"graft-{_made++}"],
            new Origin("test"), replace: false);

    public HuggingFaceExport Export(GraftArtefact graft, Func<ExportRequest, ExportRequest>? change = null)
    {
        var request = new ExportRequest(_folder[$"export-{_made++}"], "test");
        return HuggingFaceWriter.Write(ExportSource.Open(graft.Folder), change is null ? request : change(request));
    }

    public void Dispose() => _folder.Dispose();

    static VisionEncoder Encoder(
        FeaturePath path, int languageWidth, bool boundary, AdapterSettings adapter, VisionTowerConfig config, Tiling? tiles)
    {
        var tower = TowerFamilies.Create(config, path, 5, CPU, ScalarType.Float32);
        // Fresh norms and biases are ones and zeros, which would hide a norm that is forgotten or a bias that is exchanged.
        var initialiser = new Initialiser(9);
        foreach (var (name, parameter) in tower.named_parameters())
            if (parameter.shape.Length == 1) initialiser.Uniform(name, parameter, 1);
        var encoder = new VisionEncoder(tower, adapter.Build(tower, languageWidth), boundary, tiles);
        encoder.InitialiseBridge(7);
        return encoder;
    }
}
