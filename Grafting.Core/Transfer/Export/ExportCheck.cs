using Grafting.Core.Checkpoints;
using Grafting.Core.Health;
using Grafting.Core.Imaging;
using Grafting.Core.Models;
using Grafting.Core.Models.Generation;
using Grafting.Core.Models.Llava;
using Grafting.Core.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace Grafting.Core.Transfer.Export;

/// <summary>What a written export computes, beside what it came from; both in float32.</summary>
/// <param name="Features">
/// Largest difference of the embeddings of three fixed pictures, relative to the largest of them where that is above 1.
/// </param>
/// <param name="Logits">The same of the logits of one prompt with a picture; null where they were not computed.</param>
/// <param name="NoLogits">Why not.</param>
/// <param name="Rounding">
/// What storing the encoder in a smaller type changes in the embeddings, relative as above; 0 where it is stored in float32.
/// </param>
public sealed record ExportComparison(double Features, double? Logits, string? NoLogits, double Rounding)
{
    /// <summary>Both sides compute the same sums in the same order, so that even this leaves room.</summary>
    public const double Tolerance = 1e-5;
}

/// <summary>
/// Reads an export back as its reader understands it (<see cref="Llava"/>) and compares it with the encoder and the language model that it
/// was made from.
/// </summary>
/// <param name="source">What was exported.</param>
/// <param name="type">In which tower and projector are stored.</param>
/// <param name="memory">Bytes that the language model may take; null: most of what is free.</param>
/// <param name="tableType">In which the boundary vectors are stored; null where there are none.</param>
// v tokens of a picture, l language width, s positions, w residual width
sealed class ExportCheck(ExportSource source, ScalarType type, ScalarType? tableType, long? memory = null)
{
    /// <summary>Of the free memory that a decoder in float32 may take.</summary>
    const double MemoryShare = 0.8;

    public const string Question = "What is in the picture?";

    /// <param name="folder">Of the export.</param>
    /// <param name="tokens">Of the prompt, the places of pictures marked.</param>
    /// <param name="written">The same prompt as the exported template and tokenizer give it, one image token per picture.</param>
    /// <exception cref="GraftException">Input, when they differ by more than <see cref="ExportComparison.Tolerance"/>.</exception>
    public ExportComparison Run(string folder, IReadOnlyList<int> tokens, IReadOnlyList<int> written, PictureTokens pictures)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        using var encoder = source.LoadEncoder(CPU, ScalarType.Float32);
        var exact = Features(encoder, EncoderFiles.Preprocessing(source.Folder, source.Encoder));
        Round(encoder);
        var expected_bvl = Features(encoder, EncoderFiles.Preprocessing(source.Folder, source.Encoder));
        var rounding = Difference(exact, expected_bvl);

        double features;
        using (var front = LlavaFrontEnd.Load(folder, CPU, ScalarType.Float32))
            features = Difference(expected_bvl, front.image_features(FixedPictures.Pixels(PreprocessorConfig.Read(folder))));
        Require(features, folder, "embeddings of three fixed pictures");

        if (NoRoom() is { } reason) return new(features, null, reason, rounding);
        var expected_sv = GraftLogits(encoder, tokens);
        var logits = Difference(expected_sv, ExportLogits(folder, written, pictures));
        Require(logits, folder, "logits of a prompt with a picture");
        return new(features, logits, null, rounding);
    }

    /// <summary>[b, v, l] without the boundary.</summary>
    static Tensor Features(VisionEncoder encoder, PreprocessorConfig preprocessing)
    {
        var whole_btl = encoder.forward(FixedPictures.Pixels(preprocessing));
        return encoder.Boundary is null ? whole_btl : whole_btl.narrow(1, 1, encoder.Tokens - 2);
    }

    /// <summary>Leaves in every parameter what its type in the export can hold.</summary>
    void Round(VisionEncoder encoder)
    {
        foreach (var parameter in encoder.Tower.parameters().Concat(encoder.Adapter.parameters())) Round(parameter, type);
        if (encoder.Boundary is not { } boundary || tableType is not { } table) return;
        Round(boundary.Start, table);
        Round(boundary.End, table);
    }

    static void Round(Tensor parameter, ScalarType type)
    {
        if (type == ScalarType.Float32) return;
        using var scope = NewDisposeScope();
        parameter.copy_(parameter.to(type));
    }

    Tensor GraftLogits(VisionEncoder encoder, IReadOnlyList<int> tokens)
    {
        using var scope = NewDisposeScope();
        using var decoder = source.LoadModel(CPU, ScalarType.Float32);
        var images = encoder.forward(FirstPicture(EncoderFiles.Preprocessing(source.Folder, source.Encoder)));
        return Logits(
            decoder, ImageSplice.Expand([.. tokens], EncodedChat.ImageSlot, encoder.Tokens), EncodedChat.ImageSlot,
            images).MoveToOuterDisposeScope();
    }

    static Tensor ExportLogits(string folder, IReadOnlyList<int> written, PictureTokens pictures)
    {
        using var scope = NewDisposeScope();
        using var llava = Llava.Load(folder, CPU, ScalarType.Float32);
        var images = llava.image_features(FirstPicture(PreprocessorConfig.Read(folder)));
        var ids = ImageSplice.Expand([.. written], pictures.Image.Id, (int)images.shape[1]);
        return Logits(llava.Decoder, ids, llava.Config.ImageToken, images).MoveToOuterDisposeScope();
    }

    /// <returns>[s, vocabulary]</returns>
    static Tensor Logits(Decoder decoder, int[] ids, int slot, Tensor images_bvl)
    {
        var x_1sw = PromptBatch.LeftPadded([ids], slot).Embed(decoder, images_bvl.reshape(-1, images_bvl.shape[^1]));
        var positions = torch.arange(ids.Length, ScalarType.Int64).unsqueeze(0);
        return decoder.head(decoder.forward(x_1sw, positions, null).view(ids.Length, -1));
    }

    static Tensor FirstPicture(PreprocessorConfig preprocessing) => FixedPictures.Pixels(preprocessing).narrow(0, 0, 1);

    string? NoRoom()
    {
        using var checkpoint = Checkpoint.Open(source.Model);
        var needed = checkpoint.Tensors.Values.Sum(tensor => tensor.Entry.ElementCount) * sizeof(float);
        var room = memory ?? (long)(MachineProbe.Examine(null).FreeMemoryBytes * MemoryShare);
        return needed <= room ? null : FormattableString.Invariant(
            $"the language model takes {needed / 1e9:0.0} GB in float32, and {room / 1e9:0.0} GB of memory are there for it; its tensors were proved to be the target's");
    }

    static double Difference(Tensor expected, Tensor found)
    {
        if (!expected.shape.SequenceEqual(found.shape))
            throw Fault.Input(
                $"the export gives [{string.Join(", ", found.shape)}] numbers, and its source [{string.Join(", ", expected.shape)}].");
        using var scope = NewDisposeScope();
        var scale = Math.Max(1, expected.abs().max().cpu().data<float>().ToArray()[0]);
        return expected.sub(found).abs().max().cpu().data<float>().ToArray()[0] / scale;
    }

    static void Require(double difference, string folder, string what)
    {
        // Also not a number.
        if (difference <= ExportComparison.Tolerance) return;
        throw Fault.Input(
            FormattableString.Invariant(
                $"{folder}: read back, the {what} differ by {difference:g3} from those of what was exported; at most {ExportComparison.Tolerance:g} is allowed, so nothing was kept."),
            "This is a defect of graft or of the disk; please report it. --format native keeps the encoder as it is.");
    }
}
