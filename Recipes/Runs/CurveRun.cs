using System.Text.Json;
using Grafting.Core;
using Grafting.Core.Checkpoints;
using Grafting.Core.Data;
using Grafting.Core.Evaluation;
using Grafting.Core.Reporting;
using Grafting.Core.Running;
using Grafting.Core.Training;
using Grafting.Core.Transfer;

namespace Grafting.Recipes.Runs;

/// <summary>
/// Examines a model at the marks of its fine-tuning. The answers at each mark are kept in the run's folder, so that a resumed run asks none
/// of them again, and decides again what it decided before.
/// </summary>
sealed class CurveRun : IDisposable
{
    const string FolderName = "curve";
    public const string ReportName = "report.html";
    static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web) { RespectRequiredConstructorParameters = true };

    readonly FineTuneRequest _request;
    readonly CurveRequest _curve;
    readonly GraftArtefact _graft;
    readonly Examinee _examinee;
    readonly Dataset _data;
    readonly IReadOnlyList<Question> _questions;
    readonly IReadOnlyList<FineTuneMark> _places;
    readonly int _samples;
    readonly IProgress<ProgressReport>? _progress;
    readonly StopRequest? _stop;
    readonly List<CurveMark> _found = [];

    public CurveRun(
        FineTuneRequest request, GraftArtefact graft, FineTuneData data, Examinee examinee, IProgress<ProgressReport>? progress,
        StopRequest? stop)
    {
        (_request, _curve, _graft, _examinee, _samples, _progress, _stop) = (
            request, request.Curve!, graft, examinee, data.Count, progress, stop);
        _data = Dataset.Load(_curve.Data, _curve.Images, progress: progress);
        _questions = Question.Of(_data, _curve.MaxQuestions);
        _places = _curve.FromGraft ? [new FineTuneMark(0, 0, 0), .. data.Marks] : data.Marks;
        Marks = new TrainingMarks(_places.Select(place => place.Steps).ToHashSet(), Pass);
    }

    public TrainingMarks Marks { get; }

    /// <summary>The mark at which the run ended.</summary>
    public FineTuneMark Reached => _places[Found().Count - 1];

    /// <summary>The whole curve, with its report in the run's folder.</summary>
    public CurveResult Finish(string output, StageConfig stage, string provider)
    {
        var marks = Found();
        var last = Reached;
        var result = new CurveResult(
            _graft.Target,
            _graft.Folder,
            output,
            _request.Method.ToString().ToLowerInvariant(),
            _samples,
            marks,
            Flat: marks.Count < _places.Count,
            RateLeft: last.Steps < stage.Steps ? (stage with { LearningRate = 1 }).ToSchedule().At(last.Steps) : 0,
            Path.GetFullPath(Path.Combine(_request.Run, ReportName)));
        List<KeyValuePair<string, string>> facts =
        [
            new("recipe", _request.Recipe.Name),
            new("training data", _request.Data.InWords()),
            new("questions", _data.Path),
            new("device", $"{_request.Device}, {_request.DType}, {provider}"),
            new("seed", $"{_request.Recipe.Seed}"),
            new("run", _request.Run),
        ];
        CurveReport.Write(
            result.ReportPath, result, facts, TrainingCurve.From(MetricsLog.Read(Path.Combine(_request.Run, RunFolder.MetricsName))));
        return result;
    }

    public void Dispose() => _data.Dispose();

    /// <returns>Whether training goes on.</returns>
    bool Pass(TrainingState state)
    {
        var index = _places.Select(place => place.Steps).ToList().IndexOf(state.StageStep);
        if (!File.Exists(FileOf(index))) Examine(index, state);
        var marks = Found();
        if (marks.Count <= index)
            throw Fault.Input($"{FileOf(marks.Count)} is missing, though the run is beyond it.", "Restore it, or start a new run.");
        return !(_curve.StopWhenFlat && index < _places.Count - 1 && marks[index].Gain is { Points.Low: <= 0 });
    }

    void Examine(int index, TrainingState state)
    {
        IReadOnlyList<ScoredAnswer> answers;
        try
        {
            answers = _examinee.Ask($"the graft at {Percent(_places[index])} %", _questions, _progress, _stop);
        }
        catch (GraftException fault) when (fault.Kind == ErrorKind.Stopped)
        {
            throw _stop!.Stopped(
                $"Step {state.StageStep} is saved in {_request.Run}; its examination is not.", "Run 'graft transfer --resume' to go on.");
        }
        var kept = new Kept(Percent(_places[index]), _places[index].Samples, state.StageStep, state.Seconds, answers);
        Directory.CreateDirectory(Path.Combine(_request.Run, FolderName));
        AtomicFile.WriteText(FileOf(index), JsonSerializer.Serialize(kept, Format) + "\n");
    }

    /// <summary>What is known at every mark so far.</summary>
    List<CurveMark> Found()
    {
        while (_found.Count < _places.Count && File.Exists(FileOf(_found.Count)))
        {
            var kept = Read(FileOf(_found.Count));
            var score = SystemScore.From(kept.Answers, _curve.Seed);
            _found.Add(
                new CurveMark(
                    kept.Percent, kept.Samples, kept.Steps, kept.Seconds, score,
                    _found.Count == 0 ? null : score.Minus(_found[^1].Score, _curve.Seed)));
        }
        return _found;
    }

    string FileOf(int index) => Path.Combine(_request.Run, FolderName, FormattableString.Invariant($"step-{_places[index].Steps:D9}.json"));

    static Kept Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<Kept>(File.ReadAllText(path), Format) ?? throw new JsonException("it holds null");
        }
        catch (JsonException e)
        {
            throw Fault.Input($"{path} is damaged: {e.Message}", "Start a new run.", e);
        }
    }

    static double Percent(FineTuneMark mark) => Math.Round(100 * mark.Fraction, 6);

    /// <summary>What was found at one mark.</summary>
    sealed record Kept(double Percent, int Samples, int Steps, double Seconds, IReadOnlyList<ScoredAnswer> Answers);
}
