using System.Globalization;
using Grafting.Core;
using Grafting.Core.Checkpoints;
using Grafting.Core.Training;
using Grafting.Core.Training.TensorBoard;
using Grafting.Recipes.Costs;
using Grafting.Recipes.Runs;

namespace Grafting.Recipes.Verification;

/// <summary>
/// Whether a run can be resumed: every checkpoint is whole and was made from the recipe that is there. Recipe, request and log are not
/// stamped, for the log grows with every step: the recipe is compared with the digest in the checkpoints, the others are read and checked
/// for sense.
/// </summary>
static class RunChecks
{
    public const string Kind = "run";

    const string NewRun = "Start a new run.";

    public static void Run(string folder, Findings findings)
    {
        Request(folder, findings);
        var root = Path.Combine(folder, CheckpointStore.FolderName);
        string[] checkpoints = Directory.Exists(root)
            ? [.. Directory.EnumerateDirectories(root).Where(path => !Path.GetFileName(path).StartsWith('.')).Order(StringComparer.Ordinal)]
            : [];
        if (checkpoints.Length == 0) findings.Note($"{folder}: has no checkpoint yet, so that the recipe was compared with nothing");
        int? newest = null;
        var recipes = new HashSet<string>();
        foreach (var checkpoint in checkpoints)
        {
            if (Checkpoint(checkpoint, findings) is not { } state) continue;
            newest = Math.Max(newest ?? 0, state.Step);
            recipes.Add(state.Recipe);
        }
        Recipe(folder, recipes, findings);
        Metrics(folder, newest, findings);
        foreach (var (path, damage) in TensorBoardLog.Check(folder))
            findings.Add(
                "events", path, damage is null ? [] : [$"{path}: {damage}."],
                "Remove it; only TensorBoard reads it, and the run can go on.");
        var cost = Path.Combine(folder, CostLedger.FileName);
        if (CostLedger.IsIn(folder) && findings.Try("cost", cost, () => CostLedger.Read(folder)) is not null) findings.Holds("cost", cost);
    }

    static TrainingState? Checkpoint(string folder, Findings findings)
    {
        if (findings.Manifest(folder, CheckpointStore.Kind) is not { } manifest) return null;
        findings.Files(folder, manifest);
        var path = Path.Combine(folder, CheckpointStore.StateFile);
        if (!File.Exists(path)) return null; // listed, and reported as missing
        var state = findings.Try("checkpoint", path, () => TrainingState.FromJson(File.ReadAllText(path), path));
        if (state is null) return null;
        List<string> problems = [];
        if (Path.GetFileName(folder) != string.Create(CultureInfo.InvariantCulture, $"step-{state.Step:D9}"))
            problems.Add($"{path}: is of step {state.Step}, and its folder is called {Printable.Quote(Path.GetFileName(folder))}.");
        if (state.Recipe != manifest.MadeBy.RecipeSha256)
            problems.Add($"{path}: names the recipe {state.Recipe}, {ArtefactManifest.FileName} beside it {manifest.MadeBy.RecipeSha256}.");
        findings.Add("checkpoint", folder, problems, $"Remove {folder} to go on from the checkpoint before it.");
        return state;
    }

    static void Request(string folder, Findings findings)
    {
        var path = Path.Combine(folder, RunRequest.FileName);
        var tuning = Path.Combine(folder, FineTuneRequest.Kept.FileName);
        if (File.Exists(tuning))
        {
            if (findings.Try("request", tuning, () => FineTuneRequest.Kept.Read(folder)) is not null) findings.Holds("request", tuning);
            return;
        }
        if (!File.Exists(path))
            findings.Note($"{folder}: has no {RunRequest.FileName}, so that 'graft train-encoder --resume' cannot go on with it");
        else if (findings.Try("request", path, () => RunRequest.Read(folder)) is not null)
            findings.Holds("request", path);
    }

    static void Recipe(string folder, HashSet<string> expected, Findings findings)
    {
        var path = Path.Combine(folder, RunFolder.RecipeName);
        if (!File.Exists(path))
        {
            findings.Fails("recipe", path, $"{path}: is missing; every run has one.", NewRun);
            return;
        }
        var actual = Digests.Sha256(path);
        var changes = Path.Combine(folder, RecipeHistory.FileName);
        if (findings.Try("recipe changes", changes, () => RecipeHistory.Read(folder)) is not { } history) return;
        if (history.Changes.Count > 0) findings.Holds("recipe changes", changes);
        findings.Add(
            "recipe",
            path,
            from digest in expected
            where history.Between(digest, actual) is null
            select $"{path}: is not the recipe that the checkpoints were made with: its SHA-256 is {actual}, they say {digest}.",
            "Restore it, or start a new run.");
    }

    static void Metrics(string folder, int? newest, Findings findings)
    {
        var path = Path.Combine(folder, RunFolder.MetricsName);
        const string Remedy = "Only reports and curves read it; the run can go on.";
        if (!File.Exists(path))
        {
            if (newest is not null)
                findings.Fails("metrics", path, $"{path}: is missing, though the run has reached step {newest}.", Remedy);
        }
        else if (findings.Try("metrics", path, () => Odd(path, newest)) is { } problems)
        {
            findings.Add("metrics", path, problems, Remedy);
        }
    }

    static List<string> Odd(string path, int? newest)
    {
        var (problems, step) = (new List<string>(), 0);
        foreach (var line in MetricsLog.Read(path))
        {
            step++;
            if (line["schema"]?.ToString() != MetricsLog.Schema)
                problems.Add(
                    $"{path}, line {step}: has the schema {Printable.Quote(line["schema"]?.ToString() ?? "")}, expected "
                        + $"{MetricsLog.Schema}.");
            if (line["step"]?.ToString() != step.ToString(CultureInfo.InvariantCulture))
                problems.Add($"{path}, line {step}: is of step {Printable.Quote(line["step"]?.ToString() ?? "")}, expected {step}.");
        }
        if (step < newest) problems.Add($"{path}: ends at step {step}, though there is a checkpoint of step {newest}.");
        return problems;
    }
}
