using Grafting.Core;
using Grafting.Core.Checkpoints;
using Grafting.Core.Running;
using Grafting.Core.Training;
using Grafting.Core.Transfer;
using Grafting.Recipes.Runs;
using Grafting.Surrogates;

namespace Grafting.Recipes.Costs;

/// <summary>Finds the run whose ledger is meant.</summary>
public static class CostlyRun
{
    /// <param name="given">A run, a bundle or a graft; null takes the workspace's last run.</param>
    /// <returns>Folder of the run.</returns>
    /// <exception cref="GraftException">Input: there is none, or the workspace does not know which run made the bundle.</exception>
    public static string Find(string? given, Workspace workspace)
    {
        if (given is null) return workspace.Resolve(ArtefactKind.Run, null, "RUN", "graft train-encoder");
        if (!Directory.Exists(given)) throw Fault.Input($"{Printable.Quote(given)} is not a folder.", "Give a run, a bundle or a graft.");
        if (CostLedger.IsIn(given) || !File.Exists(Path.Combine(given, ArtefactManifest.FileName))) return given;
        var manifest = ArtefactManifest.Read(given);
        var bundle = manifest.Kind switch
        {
            EncoderBundle.Kind => given,
            GraftArtefact.Kind => manifest.Sources.FirstOrDefault(source => source.Role == GraftArtefact.BundleRole)?.Path,
            _ => throw Fault.Input($"{given} is a {manifest.Kind}; a run, a bundle or a graft was expected."),
        };
        return Candidates(workspace).FirstOrDefault(run => bundle is not null && Made(run, bundle)) ?? throw Fault.Input(
            $"no run in {workspace.Folder} made {bundle ?? given}.",
            "Give the folder of the run itself, or the workspace that it is in with --workspace.");
    }

    /// <summary>What a run started from, as far as the workspace recorded it.</summary>
    public static IReadOnlyList<CostPart> Preparation(string run, Workspace workspace)
    {
        var surrogate = File.Exists(Path.Combine(run, RunRequest.FileName)) ? RunRequest.Read(run).Surrogate : null;
        var target = Directory.Exists(surrogate) ? SurrogateFolder.Open(surrogate, verify: false).Target.Path : null;
        return Costs.Preparation.Of(new RouteLog(workspace.Folder), surrogate, target);
    }

    static IEnumerable<string> Candidates(Workspace workspace)
    {
        var runs = Path.Combine(workspace.Folder, "runs");
        var last = workspace.Last(ArtefactKind.Run);
        return (last is null ? [] : new[] { last }).Concat(
            Directory.Exists(runs) ? Directory.EnumerateDirectories(runs).Order(StringComparer.Ordinal) : []);
    }

    static bool Made(string run, string bundle) =>
        File.Exists(Path.Combine(run, RunRequest.FileName)) && CostLedger.IsIn(run)
        && RunRequest.Read(run).Bundle == Path.GetFullPath(bundle)
        && File.Exists(Path.Combine(bundle, RunFolder.RecipeName))
        && File.ReadAllText(Path.Combine(run, RunFolder.RecipeName)) == File.ReadAllText(Path.Combine(bundle, RunFolder.RecipeName));
}
