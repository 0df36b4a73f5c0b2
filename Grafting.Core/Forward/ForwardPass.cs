using Grafting.Core.Checkpoints;
using Grafting.Core.Health;
using Grafting.Core.Models;
using static TorchSharp.torch;

namespace Grafting.Core.Forward;

/// <param name="Model">Folder of the model.</param>
/// <param name="Inputs">A safetensors file of inputs by their Hugging Face names.</param>
/// <param name="Outputs">Where the outputs go; an existing file is replaced.</param>
/// <param name="Prefix">What stands before the names of the inputs that are meant; null where all are meant.</param>
/// <param name="DType">Of weights, arithmetic and outputs.</param>
public sealed record ForwardRequest(
    string Model, string Inputs, string Outputs, string? Prefix, ForwardOptions Options, Device Device, ScalarType DType);

/// <summary>What a forward pass wrote.</summary>
/// <param name="Kind">decoder, llava, graft or tower.</param>
/// <param name="Loss">Null where none was asked for.</param>
/// <param name="NotFinite">Outputs that hold a number that is not finite.</param>
public sealed record ForwardResult(
    string Kind, string ModelType, string DType, string Device, string Provider, string Outputs, IReadOnlyList<ForwardOutput> Tensors,
    double? Loss, IReadOnlyList<string> NotFinite);

/// <summary>Runs a model once, on tensors from a file, and writes what comes out: numbers for others to check.</summary>
public static class ForwardPass
{
    /// <exception cref="GraftException">
    /// Of kind Input: the model or an input does not fit; Resources: the outputs cannot be written.
    /// </exception>
    public static ForwardResult Run(ForwardRequest request)
    {
        CheckPaths(request);
        var source = ForwardSource.Find(request.Model);
        if (request.Options.Interpolate && source.Inputs != InputNames.OfTower)
            throw Fault.Usage($"--interpolate is for vision towers; {request.Model} is a {source.Kind}.", "Leave it out.");
        // Before the model, which may take minutes to load.
        using var inputs = ForwardInputs.Open(request.Inputs, request.Prefix, source.Inputs, source.Description);
        using var model = source.Load(request.Device, request.DType);
        using var scope = NewDisposeScope();
        var outputs = new ForwardOutputs();
        using (set_grad_enabled(request.Options.Gradients)) model.Run(inputs, request.Options, outputs);

        var type = TensorLoading.HuggingFaceName(request.DType);
        outputs.Write(request.Outputs, new Dictionary<string, string>
        {
            ["format"] = "pt",
            ["model"] = request.Model,
            ["kind"] = source.Kind,
            ["model_type"] = source.ModelType,
            ["dtype"] = type,
            ["device"] = request.Device.ToString(),
            ["provider"] = TorchProbe.Provider,
            ["libtorch"] = __version__,
            ["graft"] = ArtefactManifest.ProgramVersion,
        });
        return new ForwardResult(
            source.Kind, source.ModelType, type, request.Device.ToString(), TorchProbe.Provider, request.Outputs, [.. outputs.Described],
            outputs.Loss,
            [.. outputs.NotFinite()]);
    }

    /// <summary>What would be found out only after the model has been loaded and run.</summary>
    static void CheckPaths(ForwardRequest request)
    {
        var (inputs, outputs) = (Path.GetFullPath(request.Inputs), Path.GetFullPath(request.Outputs));
        if (inputs == outputs)
            throw Fault.Usage($"The outputs would replace the inputs, {request.Inputs}.", "Give --outputs another file.");
        if (Directory.Exists(outputs))
            throw Fault.Usage(
                $"--outputs is the folder {request.Outputs}; it must be a file.", "Give a name in it, such as outputs.safetensors.");
        if (Path.GetDirectoryName(outputs) is { } folder && !Directory.Exists(folder))
            throw Fault.Usage($"--outputs is in the folder {folder}, which does not exist.", "Make it first.");
    }
}
