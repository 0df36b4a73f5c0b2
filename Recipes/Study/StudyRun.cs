using System.Collections.Concurrent;
using Grafting.Core;
using Grafting.Core.Running;
using Grafting.Recipes.Schema;

namespace Grafting.Recipes.Study;

/// <summary>What <c>graft study</c> is asked to do.</summary>
/// <param name="Folder">Of the study; what is there already is not made again.</param>
/// <param name="Report">Folder that receives the report.</param>
/// <param name="Only">Letters of the groups wanted; null for all.</param>
/// <param name="Jobs">Cells at a time, one thread each; results do not depend on it.</param>
public sealed record StudyRequest(string Folder, string Report, Recipe Recipe, StudyScale Scale, string? Only, int Jobs)
{
    public StudyRequest Validate()
    {
        Scale.Validate();
        Fault.IfOutside(Jobs, 1, 256, "--jobs");
        return this;
    }
}

/// <summary>What a study consists of and how much of it is done.</summary>
/// <param name="Done">By condition, cells that are there.</param>
/// <param name="SecondsLeft">Of one core, from the cells that are there; null where there is none yet.</param>
/// <param name="Assumed">Targets that are not analysed yet, whose cut is only assumed.</param>
public sealed record StudyOutlook(
    StudyPlan Plan, IReadOnlyDictionary<string, int> Done, double? SecondsLeft, IReadOnlyList<string> Assumed);

/// <summary>Runs a study: targets, analyses, surrogates, cells, report. What is there is kept; an interrupted study goes on.</summary>
public static class StudyRun
{
    /// <summary>The cells of a study, without making anything.</summary>
    public static StudyOutlook Expect(StudyRequest request)
    {
        request.Validate();
        var targets = new StudyTargets(request.Folder, "", request.Scale).Expect();
        var plan = StudyPlan.For(targets, request.Scale, request.Only);
        var seconds = new Dictionary<string, List<double>>(StringComparer.Ordinal);
        foreach (var cell in plan.Cells)
        {
            var path = Path.Combine(request.Folder, StudyPlace.CellFolder, cell.Key + ".json");
            if (CellResult.Read(path, null) is { } result)
                (seconds.TryGetValue(cell.Condition.Key, out var list) ? list : seconds[cell.Condition.Key] = []).Add(result.Seconds);
        }
        var known = seconds.SelectMany(pair => pair.Value).ToList();
        double? left = known.Count == 0 ? null : plan.Cells.GroupBy(cell => cell.Condition.Key).Sum(cells =>
            seconds.TryGetValue(cells.Key, out var done) ? (cells.Count() - done.Count) * done.Average() : cells.Count() * known.Average());
        return new StudyOutlook(
            plan, seconds.ToDictionary(pair => pair.Key, pair => pair.Value.Count, StringComparer.Ordinal), left,
            [.. targets.Where(target => target.Analysis is null).Select(target => target.Name)]);
    }

    /// <exception cref="GraftException">Stopped on request, to be gone on with; and whatever a training can fail with.</exception>
    public static StudyResults Run(StudyRequest request, IProgress<ProgressReport>? progress = null, StopRequest? stop = null)
    {
        request.Validate();
        Directory.CreateDirectory(request.Folder);
        using var held = Hold(request.Folder);
        var place = new StudyPlace(request.Folder, request.Scale);
        var recipe = request.Scale.Apply(request.Recipe);
        var maker = new StudyTargets(place.Folder, place.Data.Text, request.Scale);
        var targets = maker.Ensure(progress, stop);
        var plan = StudyPlan.For(targets, request.Scale, request.Only);
        StudyTarget TargetOf(StudyCondition condition) => targets.First(target => target.Key == condition.Target);
        foreach (var condition in plan.Groups.SelectMany(group => group.Conditions))
            maker.Cut(TargetOf(condition), condition, progress, stop);

        Directory.CreateDirectory(place.Cells);
        var results = new ConcurrentDictionary<string, CellResult>(StringComparer.Ordinal);
        var missing = new ConcurrentQueue<StudyCell>();
        foreach (var cell in plan.Cells)
        {
            if (CellResult.Read(place.FileOf(cell), Of(cell).Inputs) is { } done) results[cell.Key] = done;
            else missing.Enqueue(cell);
        }
        RunCells(request.Jobs, missing, Of, (cell, result) =>
        {
            result.Write(place.FileOf(cell));
            results[cell.Key] = result;
            progress?.Report(new ProgressReport("cells", results.Count, plan.Cells.Count, "cells", ("last", cell.Key)));
        }, stop);
        var outcome = new StudyResults(targets, plan, results, place.Test, request.Scale, recipe);
        StudyReport.Write(request.Report, outcome);
        return outcome;

        CellRun Of(StudyCell cell) => new(place, maker, TargetOf(cell.Condition), recipe, cell);
    }

    static void RunCells(
        int jobs, ConcurrentQueue<StudyCell> missing, Func<StudyCell, CellRun> of, Action<StudyCell, CellResult> done, StopRequest? stop)
    {
        using var promise = stop?.PromiseToSave();
        var failures = new ConcurrentQueue<Exception>();
        var threads = Enumerable.Range(0, Math.Min(jobs, missing.Count)).Select(_ => new Thread(Work)).ToList();
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();
        if (stop is { Requested: true })
            throw stop.Stopped("The cells that were done are kept; those in hand begin anew.", "Run the same command again to go on.");
        if (failures.TryPeek(out var failure)) System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);

        void Work()
        {
            while (failures.IsEmpty && stop is not { Requested: true } && missing.TryDequeue(out var cell))
            {
                try
                {
                    var result = of(cell).Run(stop);
                    lock (failures) done(cell, result);
                }
#pragma warning disable CA1031 // thrown again by the thread that waits for this one
                catch (Exception e)
#pragma warning restore CA1031
                {
                    failures.Enqueue(e);
                }
            }
        }
    }

    static FileStream Hold(string folder)
    {
        try
        {
            return new FileStream(Path.Combine(folder, ".lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e)
        {
            throw Fault.Usage($"another study runs in {folder} ({e.Message}).", "Wait for it, or give another --output.");
        }
    }
}
