using System.Text.Json;
using Grafting.Core.Checkpoints;
using Grafting.Core.Models;
using Grafting.Core.Models.Decoders;
using Grafting.Core.Models.Llava;
using Grafting.Core.Models.Towers;
using Grafting.Core.Text;
using Grafting.Core.Transfer;
using static TorchSharp.torch;

namespace Grafting.Core.Forward;

/// <summary>Loads a model of any kind from its folder: a graft, a LLaVA, a decoder, or a vision tower.</summary>
static class ForwardModels
{
    /// <exception cref="GraftException">Of kind Input: a model of a type that is not known, or one that cannot be loaded.</exception>
    public static ForwardModel Load(string folder, Device device, ScalarType dtype)
    {
        switch (ArtefactKind(folder))
        {
            case GraftArtefact.Kind:
                return OfGraft(folder, device, dtype);
            case EncoderBundle.Kind:
                throw Fault.Input($"{folder}: is a bundle, an encoder without a language model.", "Give the graft that 'graft transfer' makes of it.");
        }
        var config = Checkpoint.ReadConfig(folder);
        if (LlavaConfig.Describes(config)) return OfLlava(folder, device, dtype);
        var type = TypeOf(config);
        if (DecoderFamilies.Known.Contains(type)) return OfDecoder(folder, device, dtype);
        if (TowerFamilies.Known.Contains(type) || config.TryGetProperty("vision_config", out _)) return TowerForward.Load(folder, device, dtype);
        throw Unknown(type, Path.Combine(folder, Checkpoint.ConfigName));
    }

    static string? ArtefactKind(string folder) =>
        File.Exists(Path.Combine(folder, ArtefactManifest.FileName)) ? ArtefactManifest.Read(folder).Kind : null;

    static LanguageForward OfDecoder(string folder, Device device, ScalarType dtype)
    {
        var decoder = DecoderFamilies.Load(folder, device, dtype);
        CpuThreads.Fit(decoder.Shape, device);
        return new LanguageForward("decoder", decoder.Config.ModelType, decoder, null, decoder)
        {
            Parameters = ForwardModel.Named(decoder, decoder.Keys),
        };
    }

    static LanguageForward OfLlava(string folder, Device device, ScalarType dtype)
    {
        var llava = Llava.Load(folder, device, dtype);
        CpuThreads.Fit(llava.Decoder.Shape, device);
        using var checkpoint = Checkpoint.Open(folder);
        var pictures = new Pictures(llava.Tower, llava.Config.ImageToken, pixels => llava.image_features(pixels));
        return new LanguageForward("llava", TypeOf(checkpoint.Config), llava.Decoder, pictures, llava)
        {
            Parameters = ForwardModel.Named(llava, llava.KeysIn(checkpoint.Tensors.Keys, folder)),
        };
    }

    /// <remarks>No id of the vocabulary stands for a picture in a graft; <see cref="EncodedChat.ImageSlot"/> does.</remarks>
    static LanguageForward OfGraft(string folder, Device device, ScalarType dtype)
    {
        var graft = GraftArtefact.Open(folder);
        if (graft.Tuning is { HoldsModel: false })
            throw Fault.Input($"{folder}: its target has adapters beside its matrices.", "Merge them first ('graft merge').");
        var encoder = graft.LoadEncoder(device, dtype);
        try
        {
            var decoder = graft.LoadTarget(device, dtype);
            CpuThreads.Fit(decoder.Shape, device);
            var pictures = new Pictures(encoder.Tower, EncodedChat.ImageSlot, pixels => encoder.forward(pixels));
            return new LanguageForward("graft", decoder.Config.ModelType, decoder, pictures, decoder, encoder)
            {
                Parameters = [.. ForwardModel.Named(decoder, decoder.Keys), .. ForwardModel.Named(encoder, encoder.Keys)],
            };
        }
        catch
        {
            encoder.Dispose();
            throw;
        }
    }

    static string TypeOf(JsonElement config) =>
        config.TryGetProperty("model_type", out var type) && type.ValueKind == JsonValueKind.String ? type.GetString()! : "";

    static GraftException Unknown(string type, string source) => Fault.Input(
        $"{source}: the model type {Printable.Quote(type)} is not known. Known are the decoders {List(DecoderFamilies.Known)}, the towers "
        + $"{List(TowerFamilies.Known)}, and {LlavaConfig.Type} and {LlavaConfig.VipType}.",
        "'graft inspect' lists what the checkpoint holds.");

    static string List(IEnumerable<string> types) => string.Join(", ", types.Order(StringComparer.Ordinal));
}
