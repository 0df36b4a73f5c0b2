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

/// <summary>A model of any kind in its folder, before it is loaded: a graft, a LLaVA, a decoder, or a vision tower.</summary>
/// <param name="Kind">decoder, llava, graft or tower.</param>
/// <param name="ModelType">Its family, as <c>model_type</c> names it.</param>
/// <param name="Inputs">The inputs that it takes.</param>
sealed record ForwardSource(string Kind, string ModelType, IReadOnlyList<string> Inputs, Func<Device, ScalarType, ForwardModel> Load)
{
    static readonly IReadOnlyList<string> WithPictures = [.. InputNames.OfDecoder, InputNames.Pixels];

    /// <summary>For messages, e.g. "this llama decoder".</summary>
    public string Description => ModelType == Kind ? $"this {Kind}" : $"this {ModelType} {Kind}";

    /// <exception cref="GraftException">Of kind Input: a model of a type that is not known, or an artefact that is no model.</exception>
    public static ForwardSource Find(string folder)
    {
        switch (ArtefactKind(folder))
        {
            case GraftArtefact.Kind:
                return OfGraft(folder);
            case EncoderBundle.Kind:
                throw Fault.Input(
                    $"{folder}: is a bundle, an encoder without a language model.", "Give the graft that 'graft transfer' makes of it.");
        }
        var config = Checkpoint.ReadConfig(folder);
        var type = TypeOf(config);
        if (LlavaConfig.Describes(config)) return new("llava", type, WithPictures, (device, dtype) => LoadLlava(folder, device, dtype));
        if (DecoderFamilies.Known.Contains(type))
            return new("decoder", type, InputNames.OfDecoder, (device, dtype) => LoadDecoder(folder, device, dtype));
        var source = Path.Combine(folder, Checkpoint.ConfigName);
        if (TowerFamilies.Known.Contains(type) || config.TryGetProperty("vision_config", out _))
        {
            var tower = TowerFamilies.ReadConfig(config, source).ModelType;
            return new("tower", tower, InputNames.OfTower, (device, dtype) => TowerForward.Load(folder, device, dtype));
        }
        throw Unknown(type, source);
    }

    static string? ArtefactKind(string folder) =>
        File.Exists(Path.Combine(folder, ArtefactManifest.FileName)) ? ArtefactManifest.Read(folder).Kind : null;

    static LanguageForward LoadDecoder(string folder, Device device, ScalarType dtype)
    {
        var decoder = DecoderFamilies.Load(folder, device, dtype);
        CpuThreads.Fit(decoder.Shape, device);
        return new LanguageForward(decoder, null, decoder) { Parameters = ForwardModel.Named(decoder, decoder.Keys) };
    }

    static LanguageForward LoadLlava(string folder, Device device, ScalarType dtype)
    {
        var llava = Llava.Load(folder, device, dtype);
        CpuThreads.Fit(llava.Decoder.Shape, device);
        using var checkpoint = Checkpoint.Open(folder);
        var pictures = new Pictures(llava.Tower, llava.Config.ImageToken, pixels => llava.image_features(pixels));
        return new LanguageForward(llava.Decoder, pictures, llava)
        {
            Parameters = ForwardModel.Named(llava, llava.KeysIn(checkpoint.Tensors.Keys, folder)),
        };
    }

    static ForwardSource OfGraft(string folder)
    {
        var graft = GraftArtefact.Open(folder);
        if (graft.Tuning is { HoldsModel: false })
            throw Fault.Input($"{folder}: its target has adapters beside its matrices.", "Merge them first ('graft merge').");
        return new("graft", TypeOf(Checkpoint.ReadConfig(graft.Model)), WithPictures, (device, dtype) => LoadGraft(graft, device, dtype));
    }

    /// <remarks>No id of the vocabulary stands for a picture in a graft; <see cref="EncodedChat.ImageSlot"/> does.</remarks>
    static LanguageForward LoadGraft(GraftArtefact graft, Device device, ScalarType dtype)
    {
        var encoder = graft.LoadEncoder(device, dtype);
        try
        {
            if (encoder.Tiling is not null)
                throw Fault.Input($"{graft.Folder}: it cuts pictures into tiles, which forward does not do.", "Use a graft without tiles.");
            var decoder = graft.LoadTarget(device, dtype);
            CpuThreads.Fit(decoder.Shape, device);
            var pictures = new Pictures(encoder.Tower, EncodedChat.ImageSlot, pixels => encoder.forward(pixels));
            return new LanguageForward(decoder, pictures, decoder, encoder)
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
