using Grafting.Core.Checkpoints;
using Grafting.Core.Training;
using Grafting.Core.Transfer;
using static TorchSharp.torch;

namespace Grafting.Core.Inspection;

/// <summary>A folder that graft has made and that is no model by itself: bundle, graft, training checkpoint, run.</summary>
static class ArtefactInspection
{
    public static InspectedArtefact Describe(ArtefactManifest manifest) => new(
        manifest.Kind, manifest.MadeBy.Command, manifest.MadeBy.Seed,
        [.. manifest.Sources.Select(
            source => new InspectedSource(source.Role, source.Path, source.Identity, Directory.Exists(source.Path)))]);

    public static InspectionReport Of(string folder)
    {
        var manifest = ArtefactManifest.Read(folder);
        var warnings = new List<string>();
        var report = WithFiles(new InspectionReport(folder, manifest.Kind) { Artefact = Describe(manifest) }, folder, warnings);
        if (manifest.Kind is EncoderBundle.Kind or GraftArtefact.Kind) report = WithEncoder(report, manifest, folder);
        foreach (var source in report.Artefact!.Sources.Where(source => !source.Here))
            warnings.Add($"the {source.Role} {source.Path} is not there");
        return new Companions(folder, warnings).AddTo(report, null) with { Warnings = warnings };
    }

    /// <summary>A run by its newest training checkpoint.</summary>
    public static InspectionReport OfRun(string folder)
    {
        var store = Path.Combine(folder, CheckpointStore.FolderName);
        var newest = Directory.Exists(store)
            ? Directory.EnumerateDirectories(store).Where(
                name => File.Exists(Path.Combine(name, ArtefactManifest.FileName))).Max(StringComparer.Ordinal)
            : null;
        var report = new InspectionReport(folder, "run");
        if (newest is null) return report with { Warnings = [$"{folder}: has no training checkpoint yet"] };
        var warnings = new List<string>();
        report = report with { Artefact = Describe(ArtefactManifest.Read(newest)) };
        return WithFiles(report, newest, warnings) with { Warnings = warnings };
    }

    static InspectionReport WithFiles(InspectionReport report, string folder, List<string> warnings)
    {
        var (files, tensors) = (new List<InspectedFile>(), new List<InspectedTensor>());
        foreach (var path in Directory.EnumerateFiles(folder).Where(Digests.HoldsTensors).Order(StringComparer.Ordinal))
        {
            using var file = SafetensorsFile.Open(path);
            files.Add(new(Path.GetFileName(path), new FileInfo(path).Length, file.Tensors.Count));
            tensors.AddRange(file.Tensors.Values.Select(entry => InspectionReport.Of(entry, Path.GetFileName(path))));
            warnings.AddRange(file.Warnings.Select(warning => $"{path}: {warning}"));
        }
        return (report with { Files = files }).WithTensors(tensors);
    }

    static InspectionReport WithEncoder(InspectionReport report, ArtefactManifest manifest, string folder)
    {
        using var scope = NewDisposeScope();
        try
        {
            var description = EncoderDescription.ReadFrom(manifest, folder);
            var source = Path.Combine(folder, ArtefactManifest.FileName);
            using var encoder = description.Build(source, META, ScalarType.Float32);
            using var file = SafetensorsFile.Open(Path.Combine(folder, EncoderFiles.WeightsName));
            return report with
            {
                ModelType = encoder.Tower.Config.ModelType,
                Config = ConfigEssentials.Of(System.Text.Json.JsonSerializer.SerializeToElement(description.Tower)),
                Load = LoadCheck.Of(
                    encoder, encoder.Keys, file.Tensors.ToDictionary(t => t.Key, t => new StoredTensor(t.Value, file)), file.Path),
            };
        }
        catch (GraftException error)
        {
            return report with { Load = LoadCheck.Refused(error) };
        }
    }
}
