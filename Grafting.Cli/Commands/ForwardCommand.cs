using System.CommandLine;
using Grafting.Cli.Help;
using Grafting.Cli.Rendering;
using Grafting.Core.Forward;
using Grafting.Core.Health;
using Grafting.Recipes;

namespace Grafting.Cli.Commands;

/// <summary><c>graft forward</c>.</summary>
sealed class ForwardCommand : GraftCommand
{
    readonly Argument<string> _model = new("model")
    {
        Description = "A decoder, a vision tower (alone or in a full CLIP or SigLIP), a LLaVA or a graft: a folder, a name from 'graft "
            + "targets', or org/name in the local Hugging Face cache",
    };
    readonly Option<string> _inputs = new("--inputs", "-i")
    {
        Description = "Safetensors file with input_ids (or inputs_embeds), attention_mask, position_ids, labels, pixel_values, or "
            + "loss_w_last and loss_w_pooled, which weigh a tower's outputs into a loss",
        HelpName = "file",
        Required = true,
    };
    readonly Option<string> _outputs = new("--outputs", "-o")
    {
        Description = "Safetensors file to write: logits, last_hidden_state, pooler_output, image_features, loss; one that exists is "
            + "replaced",
        HelpName = "file",
        Required = true,
    };
    readonly Option<string?> _prefix = new("--prefix")
    {
        Description = "Take the inputs whose names begin with this, e.g. full. for full.input_ids; other names may then be in the file. "
            + "An empty one takes the names as they are, and lets others be",
        HelpName = "text",
    };
    readonly Option<bool> _hiddenStates = new("--hidden-states")
    {
        Description = "Write hidden_states.0 (embeddings) to hidden_states.N too; a decoder's last one is behind the final norm, and "
            + "last_layer_output before it. Of a tower also post_layernorm_all, of pictures in a language model vision_hidden_state.K",
    };
    readonly Option<bool> _gradients = new("--gradients")
    {
        Description = "Write the gradients of the loss too: grad_inputs_embeds (of the embedding table's rows, unscaled), "
            + "grad_pixel_values, and grad.NAME of every parameter",
    };
    readonly Option<bool> _interpolate = new("--interpolate")
    {
        Description = "For a tower: take pictures of another size, with interpolated position embeddings",
    };
    readonly DeviceOptions _device = new(withDouble: true);

    public ForwardCommand() : base(
        "forward",
        "Run a model once on tensors from a file and write what comes out, under the names and with the meaning that Hugging Face's "
            + "transformers gives them, for comparison with any other implementation. Without position_ids, positions count from 0 "
            + "whatever the padding; without labels, the loss that --gradients takes predicts every token but padding, pictures and each "
            + "row's first. What stands at padding means nothing and is written as 0. Outputs have the type of --dtype.",
        new Example(
            "graft forward llama --inputs in.safetensors --outputs out.safetensors",
            "Logits and the last hidden state of the model in ./llama."),
        new Example(
            "graft forward clip -i pictures.safetensors -o out.safetensors --hidden-states",
            "All states of a vision tower, and the pooled one."),
        new Example(
            "graft forward llava -i expected.safetensors --prefix full. -o out.safetensors --gradients --dtype float64",
            "Gradients in double precision, from the tensors named full.*."))
    {
        Add(_model);
        Option[] options = [_inputs, _outputs, _prefix, _hiddenStates, _gradients, _interpolate];
        foreach (var option in options) Add(option);
        _device.AddTo(this);
    }

    public override Report Run(ParseResult parsed, Session session)
    {
        var folder = new TargetResolver(session.Host.Variable, AppContext.BaseDirectory).FindModel(parsed.GetRequiredValue(_model));
        var options = new ForwardOptions(parsed.GetValue(_hiddenStates), parsed.GetValue(_gradients), parsed.GetValue(_interpolate));
        var request = new ForwardRequest(
            folder, parsed.GetRequiredValue(_inputs), parsed.GetRequiredValue(_outputs), parsed.GetValue(_prefix), options,
            _device.Device(parsed), _device.DType(parsed));
        session.Screen.Say($"{folder}: {request.DType.ToString().ToLowerInvariant()} on {request.Device}, provider {TorchProbe.Provider}");
        var result = ForwardPass.Run(request);
        foreach (var name in result.NotFinite) session.Screen.Warn($"{name} holds numbers that are not finite");
        return new Report("graft.forward/1", result, console => ForwardTable.Write(console, result));
    }
}
