using Grafting.Core.Checkpoints;
using Grafting.Core.Models.Decoders;
using static TorchSharp.torch;

namespace Grafting.Core.Models.Streaming;

// n rows (positions), w residual width, v vocabulary

/// <summary>
/// A checkpoint's decoder taken apart: embedding, final norm and head stay in memory, layers are loaded one by one. So a model can be run
/// on a machine that it does not fit on.
/// </summary>
public sealed class LayerStream : IDisposable
{
    /// <summary>Logits held at a time, several times over.</summary>
    const int LogitsAtOnce = 1 << 24;

    readonly Checkpoint _checkpoint;
    readonly KeyMap _keys;

    LayerStream(Checkpoint checkpoint, DecoderConfig config, KeyMap keys, Decoder ends)
    {
        (_checkpoint, _keys) = (checkpoint, keys);
        (Config, Ends) = (config, ends);
    }

    public string Folder => _checkpoint.Folder;

    /// <summary>Names of the whole decoder's parameters in the checkpoint.</summary>
    public KeyMap Keys => _keys;

    /// <summary>Of the whole decoder.</summary>
    public DecoderConfig Config { get; }

    public DecoderShape Shape => Config.Shape;

    /// <summary>A decoder without layers: embedding, final norm, head.</summary>
    public Decoder Ends { get; }

    /// <summary>Opens a Hugging Face checkpoint folder; every tensor is checked as if the whole were loaded.</summary>
    /// <param name="dtype">Of the parameters and of the arithmetic; stored values are converted.</param>
    /// <exception cref="GraftException">Of kind Input, as <see cref="DecoderFamilies.Load"/>.</exception>
    public static LayerStream Open(string folder, Device device, ScalarType dtype)
    {
        var checkpoint = Checkpoint.Open(folder);
        Decoder? ends = null;
        try
        {
            var config = DecoderFamilies.ReadConfig(checkpoint);
            using var outline = config.Build(META, dtype);
            Weights.Check(outline, outline.Keys, checkpoint.Tensors, folder);
            ends = config.WithLayers([]).Build(device, dtype);
            Weights.Fill(ends, outline.Keys, "", checkpoint.Tensors);
            return new LayerStream(checkpoint, config, outline.Keys, ends);
        }
        catch
        {
            ends?.Dispose();
            checkpoint.Dispose();
            throw;
        }
    }

    /// <summary>Rows of states whose logits are made at a time, so that memory does not grow with the vocabulary.</summary>
    public int RowsAtOnce => Math.Max(1, LogitsAtOnce / Shape.Vocabulary);

    /// <summary>What is predicted from hidden states before the final norm, [n, v], in the ends' type.</summary>
    public Tensor Logits(Tensor states_nw) => Ends.head(Ends.final_norm(states_nw));

    /// <summary>The same as logarithms of probabilities, float32.</summary>
    public Tensor LogProbabilities(Tensor states_nw) => LogProbabilitiesOf(Logits(states_nw));

    public static Tensor LogProbabilitiesOf(Tensor logits_nv) => logits_nv.to(ScalarType.Float32).log_softmax(-1);

    /// <summary>The type in which the checkpoint stores a parameter of one layer.</summary>
    public TensorType StoredType(int layer, string name) =>
        _checkpoint.Tensor(_keys.ToTheirs($"{Decoder.LayerPrefix}{layer}.{name}")!).Entry.Type;

    /// <summary>One layer with its weights; the caller disposes of it.</summary>
    /// <param name="dtype">Null for that of the ends.</param>
    public DecoderLayer Load(int index, ScalarType? dtype = null)
    {
        Fault.IfOutside(index, 0, Shape.Layers - 1);
        var layer = Config.BuildLayer(index, Ends.Device, dtype ?? Ends.DType);
        try
        {
            Weights.Fill(layer, _keys, $"{Decoder.LayerPrefix}{index}.", _checkpoint.Tensors);
            return layer;
        }
        catch
        {
            layer.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        Ends.Dispose();
        _checkpoint.Dispose();
    }
}
