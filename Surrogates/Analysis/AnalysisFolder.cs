using System.Text.Json;
using Grafting.Core;
using Grafting.Core.Checkpoints;

namespace Grafting.Surrogates.Analysis;

/// <summary>An analysis on disk: <c>analysis.json</c>, <c>layers.csv</c>, <c>report.html</c>.</summary>
public sealed record AnalysisFolder(string Folder, AnalysisResult Result)
{
    public const string Kind = "analysis";
    public const string ReportName = "report.html";
    const string JsonName = "analysis.json";
    const string Schema = "graft.analysis/1";
    const string CsvName = "layers.csv";
    const int MaxBytes = 1 << 30;

    static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public string ReportPath => Path.Combine(Folder, ReportName);

    /// <summary>Writes the folder, whole or not at all.</summary>
    public static AnalysisFolder Write(string folder, AnalysisResult result, Origin origin, bool replace = false)
    {
        AtomicFolder.Commit(
            folder,
            staging =>
            {
                var json = result.ToJson();
                json.Insert(0, "schema", Schema);
                File.WriteAllText(Path.Combine(staging, JsonName), json.ToJsonString(Indented) + "\n");
                File.WriteAllText(Path.Combine(staging, CsvName), result.ToCsv());
                AnalysisReport.Write(Path.Combine(staging, ReportName), result);
                new ArtefactManifest(
                    Kind, origin)
                { Sources = [new("target", result.Facts.TargetPath, result.Facts.TargetIdentity)] }.Write(staging);
            },
            replace);
        return new AnalysisFolder(folder, result);
    }

    /// <exception cref="GraftException">Input: not an analysis, or a file is missing or changed.</exception>
    public static AnalysisFolder Open(string folder)
    {
        ArtefactManifest.Read(folder, Kind).Verify(folder);
        return new AnalysisFolder(folder, AnalysisResult.FromJson(StrictJson.ReadObject(Path.Combine(folder, JsonName), MaxBytes)));
    }

    /// <summary>The cut that this analysis proposes for a target, after a check that the target is the one that was analysed.</summary>
    /// <exception cref="GraftException">Input: another target, or no cut is proposed, with the reason.</exception>
    public LayerRange CutOf(string target)
    {
        if (TargetTensors.Identity(target) != Result.Facts.TargetIdentity)
        {
            throw Fault.Input(
                $"{Folder} is an analysis of {Result.Facts.TargetPath}, not of {target}.",
                "Run 'graft analyze' on this target, or name its analysis with --analysis.");
        }
        return Result.Analysis.Proposal
            ?? throw Fault.Input($"{Folder} proposes no cut. {Result.Analysis.NoProposal}", "Choose one with --layers or --replace.");
    }
}
