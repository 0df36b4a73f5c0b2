using System.Text.Json;
using Grafting.Core.Checkpoints;
using Grafting.Core.Models.Decoders.Gemma2;
using Grafting.Core.Models.Decoders.Gemma3;
using Grafting.Core.Models.Decoders.Llama;
using Grafting.Core.Models.Decoders.Mistral;
using Grafting.Core.Models.Decoders.Phi3;
using Grafting.Core.Models.Decoders.Qwen2;
using Grafting.Core.Models.Decoders.Qwen3;
using static TorchSharp.torch;

namespace Grafting.Core.Models.Decoders;

/// <summary>The decoder families by the <c>model_type</c> of their <c>config.json</c>; a new family is one more line here.</summary>
public static class DecoderFamilies
{
    static readonly Dictionary<string, Func<ConfigReader, DecoderConfig>> Readers = new(StringComparer.Ordinal)
    {
        [LlamaConfig.Type] = LlamaConfig.Read,
        [MistralConfig.Type] = MistralConfig.Read,
        [Qwen2Config.Type] = Qwen2Config.Read,
        [Qwen3Config.Type] = Qwen3Config.Read,
        [Gemma2Config.Type] = Gemma2Config.Read,
        [Gemma3Config.Type] = Gemma3Config.Read,
        [Phi3Config.Type] = Phi3Config.Read,
    };

    public static IReadOnlyCollection<string> Known => Readers.Keys;

    /// <param name="source">Where the configuration stands, for messages.</param>
    /// <exception cref="GraftException">Of kind Input: unknown model type, or a field that is wrong or not supported.</exception>
    /// <param name="absentType">Model type of a configuration that names none, such as the decoder's inside an early LLaVA.</param>
    public static DecoderConfig ReadConfig(JsonElement config, string source = "config.json", string absentType = "") =>
        ReadConfig(new ConfigReader(config, source), absentType);

    internal static DecoderConfig ReadConfig(ConfigReader reader, string absentType)
    {
        Quantisation.Refuse(reader);
        var type = reader.String("model_type", absentType);
        if (!Readers.TryGetValue(type, out var read))
        {
            throw Fault.Input(
                $"{reader.Source}: the model type {Printable.Quote(type)} is not a known decoder family; known are "
                    + $"{string.Join(", ", Known.Order(StringComparer.Ordinal))}.",
                reader.Has("text_config")
                    ? "It is a model of several parts; give the checkpoint of its language model alone."
                    : "Choose a target of a known family.");
        }
        return read(reader);
    }

    /// <summary>The configuration of a Hugging Face checkpoint folder; reads no tensor.</summary>
    public static DecoderConfig ReadConfig(Checkpoint checkpoint) =>
        ReadConfig(checkpoint.Config, Path.Combine(checkpoint.Folder, "config.json"));

    /// <summary>Loads a Hugging Face checkpoint folder.</summary>
    /// <param name="dtype">Of the parameters and of the arithmetic; stored values are converted.</param>
    public static Decoder Load(string folder, Device device, ScalarType dtype)
    {
        using var checkpoint = Checkpoint.Open(folder);
        var config = ReadConfig(checkpoint);
        // Without memory first: a configuration that asks for more than the files hold is refused before it gets any.
        using (var outline = config.Build(META, dtype)) Weights.Check(outline, outline.Keys, checkpoint.Tensors, folder);
        var decoder = config.Build(device, dtype);
        try
        {
            Weights.Load(decoder, decoder.Keys, checkpoint.Tensors, folder);
            return decoder;
        }
        catch
        {
            decoder.Dispose();
            throw;
        }
    }

    /// <summary>A decoder with fresh weights that depend on the seed alone.</summary>
    public static Decoder Create(DecoderConfig config, ulong seed, Device device, ScalarType dtype)
    {
        var decoder = config.Build(device, dtype);
        decoder.Initialise(seed);
        return decoder;
    }
}
