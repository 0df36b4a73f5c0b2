using System.Text.Json;
using Grafting.Core.Checkpoints;
using Grafting.Tests.Cli;
using Grafting.Tests.Models;
using Grafting.Tests.Support;

namespace Grafting.Tests.Forward;

/// <summary>One <c>graft forward</c> on the CPU inside the test's process, and the file that it wrote.</summary>
sealed class ForwardRun : IDisposable
{
    readonly TempFolder _folder;

    ForwardRun(TempFolder folder, CliRun run, string outputs)
    {
        (_folder, Run) = (folder, run);
        Outputs = new Expected(outputs);
        Path = outputs;
    }

    public CliRun Run { get; }

    /// <summary>The outputs by name.</summary>
    public Expected Outputs { get; }

    public string Path { get; }

    public JsonElement Json => Run.Json();

    public static ForwardRun Of(string model, string inputs, params string[] options)
    {
        var folder = new TempFolder();
        var outputs = folder["out.safetensors"];
        var run = CliRun.Of(["forward", model, "--inputs", inputs, "--outputs", outputs, "--device", "cpu", "--json", .. options]);
        Assert.That(run.Code, Is.Zero, run.Error);
        return new ForwardRun(folder, run, outputs);
    }

    public void Dispose()
    {
        Outputs.Dispose();
        _folder.Dispose();
    }
}

/// <summary>Files and folders that forward passes are run on.</summary>
static class ForwardFiles
{
    public static TensorSource Whole(string name, long[] shape, params long[] values) =>
        TensorSource.FromBytes(name, TensorType.I64, shape, System.Runtime.InteropServices.MemoryMarshal.AsBytes<long>(values).ToArray());

    public static TensorSource Floats(string name, params long[] shape) =>
        TensorSource.FromFloats(name, shape, new float[shape.Aggregate(1L, (product, size) => product * size)]);

    /// <summary>Writes inputs into a file and returns its path.</summary>
    public static string Inputs(this TempFolder folder, params TensorSource[] tensors)
    {
        SafetensorsWriter.Write(folder["in.safetensors"], tensors);
        return folder["in.safetensors"];
    }

    /// <summary>Some tensors of a file, alone in another one.</summary>
    public static string Some(this TempFolder folder, string file, string prefix, params string[] names)
    {
        using var from = SafetensorsFile.Open(file);
        return folder.Inputs([.. names.Select(name => TensorSource.FromFile(new StoredTensor(from.Entry(prefix + name), from), name))]);
    }

    /// <summary>The same checkpoint under the other spelling of its configuration.</summary>
    public static string WithNewerConfig(this TempFolder folder, string model)
    {
        foreach (
            var file in Directory.EnumerateFiles(model).Where(
                f => System.IO.Path.GetFileName(f).StartsWith("model", StringComparison.Ordinal)))
            File.CreateSymbolicLink(folder[System.IO.Path.GetFileName(file)], file);
        File.Copy(System.IO.Path.Combine(model, "config_v5.json"), folder["config.json"]);
        return folder.Path;
    }
}
