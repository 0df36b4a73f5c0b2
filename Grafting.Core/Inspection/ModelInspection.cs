using System.Text.Json;
using Grafting.Core.Checkpoints;
using Grafting.Core.Models;
using static TorchSharp.torch;

namespace Grafting.Core.Inspection;

/// <summary>A folder in Hugging Face's layout, whether or not its weights are here and its family is known.</summary>
static class ModelInspection
{
    public static InspectionReport Of(string folder)
    {
        var config = Checkpoint.ReadConfig(folder);
        var warnings = new List<string>();
        var report = new InspectionReport(folder, ModelOutline.KindOf(config))
        {
            ModelType = ConfigEssentials.ModelType(config),
            Architectures = ConfigEssentials.Architectures(config),
            Config = ConfigEssentials.Of(config),
            Quantisation = Quantisation.Of(new ConfigReader(config, folder)),
            Artefact = File.Exists(Path.Combine(folder, ArtefactManifest.FileName))
                ? ArtefactInspection.Describe(ArtefactManifest.Read(folder))
                : null,
        };
        report = new Companions(folder, warnings).AddTo(report, config);
        report = Absent(folder) is { } absent
            ? WithoutWeights(report, folder, config, absent)
            : WithWeights(report, folder, config, warnings);
        return report with { Warnings = warnings };
    }

    static InspectionReport WithWeights(InspectionReport report, string folder, JsonElement config, List<string> warnings)
    {
        using var checkpoint = Checkpoint.Open(folder);
        warnings.AddRange(checkpoint.Warnings);
        report = report with
        {
            Files = [.. from tensor in checkpoint.Tensors.Values
                        group tensor by tensor.File into file
                        select new InspectedFile(NameIn(folder, file.Key.Path), LengthOf(file.Key.Path), file.Count())],
            Metadata = checkpoint.Files[0].Metadata,
        };
        report = report.WithTensors(
            [.. checkpoint.Tensors.Values.Select(tensor => InspectionReport.Of(tensor.Entry, NameIn(folder, tensor.File.Path)))]);
        return Outlined(report, folder, config, [.. checkpoint.Tensors.Keys], (inspected, outline) => inspected with
        {
            Load = LoadCheck.Of(outline.Module, outline.Keys, checkpoint.Tensors, folder),
        });
    }

    /// <summary>What the configuration asks for, where it is one that is known.</summary>
    static InspectionReport WithoutWeights(InspectionReport report, string folder, JsonElement config, GraftException absent)
    {
        report = report with { WeightsHere = false, Files = Listed(folder), Load = LoadCheck.Refused(absent) };
        var named = ConfigEssentials.ElementType(config);
        TensorType[] floats = [TensorType.F32, TensorType.BF16, TensorType.F16, TensorType.F64];
        // The first where the configuration names none, as transformers takes it.
        var type = floats[Math.Max(0, Array.FindIndex(floats, t => TensorLoading.HuggingFaceName(TensorLoading.DType(t)) == named))];
        return Outlined(report, folder, config, [], (inspected, outline) => inspected.WithTensors([.. outline.Parameters.Select(Asked)]));

        InspectedTensor Asked((string Name, long[] Shape) parameter) =>
            new(
                parameter.Name, type.Name(), parameter.Shape,
                parameter.Shape.Aggregate((long)type.ByteSize(), (bytes, size) => bytes * size), null);
    }

    /// <summary>Adds what the model's outline tells; where there can be none, why.</summary>
    static InspectionReport Outlined(
        InspectionReport report, string folder, JsonElement config, IReadOnlyCollection<string> tensors,
        Func<InspectionReport, ModelOutline, InspectionReport> add)
    {
        using var scope = NewDisposeScope();
        try
        {
            using var outline = ModelOutline.Of(folder, config, tensors);
            return add(report with { TiedHead = outline.TiedHead }, outline);
        }
        catch (GraftException error)
        {
            return report with { Load = LoadCheck.Refused(error) };
        }
    }

    /// <summary>Why there are no weights to look into; null where some are here.</summary>
    static GraftException? Absent(string folder)
    {
        var index = Path.Combine(folder, ShardIndex.FileName);
        if (Exists(Path.Combine(folder, Checkpoint.SingleFileName))) return null;
        if (!Exists(index))
        {
            try
            {
                Checkpoint.Open(folder).Dispose();
                return null;
            }
            catch (GraftException error) when (error.Kind == ErrorKind.Input)
            {
                return error;
            }
        }
        var files = ShardIndex.Read(index).Files.Values.Distinct().ToList();
        return files.Exists(name => Exists(Path.Combine(folder, name))) ? null : Fault.Input(
            $"{folder}: none of the {files.Count} weight files that {ShardIndex.FileName} names is here.", "Fetch them.");
    }

    static IReadOnlyList<InspectedFile> Listed(string folder)
    {
        var index = Path.Combine(folder, ShardIndex.FileName);
        if (!Exists(index)) return [];
        return [.. ShardIndex.Read(index).Files.Values.GroupBy(name => name).OrderBy(g => g.Key, StringComparer.Ordinal)
            .Select(g => new InspectedFile(g.Key, null, g.Count()))];
    }

    /// <summary>A file of another folder, to which this one may refer, keeps its path.</summary>
    static string NameIn(string folder, string file) =>
        Path.GetDirectoryName(Path.GetFullPath(file)) == Path.GetFullPath(folder) ? Path.GetFileName(file) : file;

    /// <summary>The Hub's cache is made of links.</summary>
    static long LengthOf(string file) => ((FileInfo)(File.ResolveLinkTarget(file, returnFinalTarget: true) ?? new FileInfo(file))).Length;

    static bool Exists(string path) => File.Exists(path) || new FileInfo(path).LinkTarget is not null;
}
