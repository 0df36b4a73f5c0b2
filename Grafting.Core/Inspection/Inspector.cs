using Grafting.Core.Checkpoints;
using Grafting.Core.Training;

namespace Grafting.Core.Inspection;

/// <summary>
/// Tells what a file or folder holds. Reads headers and small files; no weight, so that the size of a model does not matter.
/// </summary>
public static class Inspector
{
    public const string Schema = "graft.inspect/1";

    /// <param name="path">A safetensors file, a checkpoint's folder, an artefact's folder, or a run.</param>
    /// <exception cref="GraftException">Of kind Input: nothing is there, or what is there is damaged.</exception>
    public static InspectionReport Run(string path)
    {
        if (File.Exists(path)) return OfFile(path);
        if (!Directory.Exists(path))
            throw Fault.Input(
                $"{path}: no such safetensors file or folder.",
                "Give a .safetensors file, or the folder of a model, an artefact or a run.");
        var folder = Path.TrimEndingDirectorySeparator(path);
        if (File.Exists(Path.Combine(folder, Checkpoint.ConfigName))) return ModelInspection.Of(folder);
        if (File.Exists(Path.Combine(folder, ArtefactManifest.FileName))) return ArtefactInspection.Of(folder);
        if (File.Exists(Path.Combine(folder, RunFolder.RecipeName))) return ArtefactInspection.OfRun(folder);
        throw Fault.Input(
            $"{folder}: has no {Checkpoint.ConfigName}, no {ArtefactManifest.FileName} and no {RunFolder.RecipeName}, so it is no model, "
                + "artefact or run.",
            "Give a folder in Hugging Face's layout, or one that graft has made; or a single .safetensors file.");
    }

    static InspectionReport OfFile(string path)
    {
        using var file = SafetensorsFile.Open(path);
        return new InspectionReport(path, "safetensors")
        {
            Files = [new(Path.GetFileName(path), new FileInfo(path).Length, file.Tensors.Count)],
            Metadata = file.Metadata,
            Warnings = file.Warnings,
        }.WithTensors([.. file.Tensors.Values.Select(entry => InspectionReport.Of(entry, Path.GetFileName(path)))]);
    }
}
