using Grafting.Core.Models;
using Grafting.Core.Numerics;
using TorchSharp;
using static TorchSharp.torch;

namespace Grafting.Core.Forward;

/// <summary>A decoder, with or without pictures in the places kept for them.</summary>
// b batch, s sequence, w residual width, n pictures, v positions of a picture
sealed class LanguageForward(Decoder decoder, Pictures? pictures, params IReadOnlyList<nn.Module> modules) : ForwardModel
{
    public override void Run(ForwardInputs inputs, ForwardOptions options, ForwardOutputs outputs)
    {
        var text = TextInput.Read(inputs, decoder, pictures?.Token);
        var labels = text.Labels_bs ?? (options.Gradients ? DefaultLabels(text, inputs) : null);
        if (labels is not null) RequirePrediction(labels, inputs);
        var pixels = ReadPixels(text, inputs);

        var rows_bsw = text.Embeddings_bsw is { } given ? Scaled(given) : decoder.embed(Known(text.Ids_bs!));
        // A leaf of zeros: its gradient is that of the input path alone, which the table's own, shared with a tied head, is not.
        Tensor? probe = null;
        if (options.Gradients)
        {
            probe = torch.zeros(rows_bsw.shape, decoder.DType, decoder.Device).requires_grad_();
            rows_bsw = rows_bsw.add(probe, Scalars.One);
            pixels?.requires_grad_();
        }
        var x_bsw = pixels is null ? rows_bsw : Splice(rows_bsw, text, pixels, options, outputs);

        var states = options.HiddenStates ? new List<Tensor>() : null;
        var last_bsw = decoder.forward(x_bsw, text.Positions_bs, text.Mask(), hiddenStates: states);
        var logits_bsv = decoder.head(last_bsw);
        outputs.AddPositions("logits", logits_bsv, text.Padding_bs1);
        outputs.AddPositions("last_hidden_state", last_bsw, text.Padding_bs1);
        if (states is not null) AddStates(states, text, outputs);
        if (labels is null) return;

        var loss = Loss(logits_bsv, labels);
        outputs.Add(ForwardOutputs.LossName, loss);
        if (!options.Gradients) return;
        AddGradients(loss, outputs);
        // The probe stands behind the scaling; what is asked for is the gradient in front of it.
        var gradient = text.Ids_bs is null ? Scaled(probe!.grad!) : Times(probe!.grad!, decoder.EmbeddingScale);
        outputs.AddPositions("grad_inputs_embeds", gradient, text.Padding_bs1);
        if (pixels is not null) outputs.AddGradient("grad_pixel_values", pixels);
    }

    public override void Dispose()
    {
        foreach (var module in modules) module.Dispose();
    }

    Tensor DefaultLabels(TextInput text, ForwardInputs inputs) => text.Ids_bs is not null
        ? text.DefaultLabels(pictures?.Token)
        : throw inputs.Missing($"{InputNames.Labels}, which gradients need beside {InputNames.Embeddings}");

    /// <summary>Embeddings that were given, or a gradient with respect to them, with the scaling that the family does on such.</summary>
    Tensor Scaled(Tensor given_bsw) => Times(given_bsw, decoder.Config.ScalesGivenEmbeddings ? decoder.EmbeddingScale : 1);

    static Tensor Times(Tensor values, double factor)
    {
        if (factor == 1) return values;
        using Scalar scalar = factor;
        return values.mul(scalar);
    }

    /// <summary>Ids that the table has a row for; what stands at a picture's place is replaced in any case.</summary>
    Tensor Known(Tensor ids_bs)
    {
        if (pictures is not { Token: < 0 }) return ids_bs;
        using Scalar zero = 0;
        return ids_bs.masked_fill(ids_bs.lt(zero), zero);
    }

    Tensor? ReadPixels(TextInput text, ForwardInputs inputs)
    {
        if (pictures is null) return null;
        var pixels = inputs.Floats(InputNames.Pixels, decoder.DType, decoder.Device);
        using Scalar token = pictures.Token;
        var places = text.Ids_bs?.eq(token).sum().item<long>() ?? 0;
        if (pixels is null)
        {
            return places == 0 ? null : throw inputs.Wrong(
                InputNames.Ids,
                $"the id {pictures.Token} holds the place of a picture {places} times, and there are no {InputNames.Pixels}");
        }
        if (text.Ids_bs is null) throw inputs.Wrong(InputNames.Pixels, $"the places of pictures are known from {InputNames.Ids} only");
        var size = pictures.Tower.ImageSize;
        if (
            !(
                pixels.shape is [_, var channels, var height, var width] && channels == TowerShape.Channels && height == size
                    && width == size))
            throw inputs.Wrong(InputNames.Pixels, $"[pictures, {TowerShape.Channels}, {size}, {size}] was expected");
        return pixels;
    }

    Tensor Splice(Tensor rows_bsw, TextInput text, Tensor pixels, ForwardOptions options, ForwardOutputs outputs)
    {
        var features_nvw = pictures!.Features(pixels);
        outputs.Add("image_features", features_nvw);
        if (options.HiddenStates) AddTowerState(pixels, outputs);
        using Scalar token = pictures.Token;
        var places = text.Ids_bs!.reshape(-1).eq(token).nonzero().reshape(-1);
        var (n, v) = (features_nvw.shape[0], features_nvw.shape[1]);
        if (places.shape[0] != n * v)
        {
            throw Fault.Input(
                $"{InputNames.Ids} holds {places.shape[0]} places of pictures (id {pictures.Token}), and the {n} {InputNames.Pixels} take "
                    + $"{v} each: {n * v}.",
                "Repeat the picture's id as many times as the picture has positions.");
        }
        return ImageSplice.Apply(rows_bsw, places, features_nvw.reshape(n * v, -1));
    }

    /// <summary>The state that the adapter reads, with the class token, in a pass of the tower of its own.</summary>
    void AddTowerState(Tensor pixels, ForwardOutputs outputs)
    {
        using var _ = no_grad();
        var states = new List<Tensor>();
        pictures!.Tower.forward(pixels, states);
        outputs.Add($"vision_hidden_state.{pictures.Tower.Path.Layer}", states[^1]);
    }

    /// <summary>
    /// Named as transformers counts them: the last one is behind the final norm; the last layer's own output has a name of its own.
    /// </summary>
    static void AddStates(List<Tensor> states, TextInput text, ForwardOutputs outputs)
    {
        var layers = states.Count - 2;
        for (var i = 0; i < layers; i++) outputs.AddPositions($"hidden_states.{i}", states[i], text.Padding_bs1);
        outputs.AddPositions($"hidden_states.{layers}", states[^1], text.Padding_bs1);
        outputs.AddPositions("last_layer_output", states[layers], text.Padding_bs1);
    }

    /// <summary>Mean over all labels, in float32 or better.</summary>
    static Tensor Loss(Tensor logits_bsv, Tensor labels_bs)
    {
        var (s, v) = (logits_bsv.shape[1], logits_bsv.shape[2]);
        var predictions = logits_bsv.narrow(1, 0, s - 1).reshape(-1, v);
        if (predictions.dtype != ScalarType.Float64) predictions = predictions.to(ScalarType.Float32);
        return nn.functional.cross_entropy(predictions, labels_bs.narrow(1, 1, s - 1).reshape(-1), ignore_index: TextInput.Ignored);
    }

    static void RequirePrediction(Tensor labels_bs, ForwardInputs inputs)
    {
        using Scalar ignored = TextInput.Ignored;
        var s = labels_bs.shape[1];
        if (s > 1 && labels_bs.narrow(1, 1, s - 1).ne(ignored).sum().item<long>() > 0) return;
        var name = inputs.Has(InputNames.Labels) ? InputNames.Labels : InputNames.Ids;
        throw inputs.Wrong(
            name, $"no token is left to be predicted: a label other than {TextInput.Ignored} must stand behind the first position");
    }
}
