using System.Diagnostics;
using System.Text.Json.Nodes;
using Grafting.Core;
using Grafting.Core.Health;
using Grafting.Core.Health.Energy;
using Grafting.Core.Models;
using Grafting.Core.Running;
using Grafting.Core.Training;
using Grafting.Surrogates.Planning;

namespace Grafting.Recipes.Costs;

/// <summary>
/// Keeps a run's ledger while this process trains: writes it now and then, and when it is disposed, however the training ended. What the
/// log tells is counted anew each time, so that only energy, peaks and times of a process that was killed can be behind, by half a minute.
/// </summary>
public sealed class CostMeter : IDisposable
{
    static readonly TimeSpan Sampling = TimeSpan.FromSeconds(1), Writing = TimeSpan.FromSeconds(30);
    readonly string _run, _recipe;
    readonly CostModel _model;
    readonly Dictionary<string, (ModelMatrices Matrices, bool Recompute)> _stages;
    readonly IReadOnlyList<CostSession> _before;
    readonly IReadOnlyList<JsonObject> _logged;
    readonly TrainingModel _trained;
    readonly MatrixRate _rate;
    readonly EnergyMeter _energy;
    readonly Action<string>? _warn;
    readonly DeviceMemory _memory;
    readonly Timer _sampler;
    readonly Stopwatch _clock = Stopwatch.StartNew();
    RepeatedWork _repeated;
    bool _steps;
    TimeSpan _next = TimeSpan.Zero; // the first step writes what was lost before it, for the next process may be killed early too

    CostMeter(string run, string recipe, CostModel model, TrainingModel trained, IReadOnlyList<StageConfig> stages, Action<string>? warn)
    {
        (_run, _recipe, _model, _trained, _warn) = (run, recipe, model, trained, warn);
        _stages = stages.ToDictionary(stage => stage.Name, Matrices, StringComparer.Ordinal);
        (_before, _repeated) = CostLedger.IsIn(run) && CostLedger.Read(run) is var ledger
            ? (ledger.Sessions, ledger.Repeated)
            : ([], RepeatedWork.None);
        _logged = Metrics();
        _rate = MatrixRate.Measure(trained.Device, trained.Decoder.DType);
        _energy = EnergyMeter.For(trained.Device);
        _memory = new DeviceMemory(trained.Device);
        _sampler = new Timer(_ => Sample(), null, Sampling, Sampling);
    }

    /// <summary>Begins a session, with a measurement of the device that takes a third of a second.</summary>
    /// <param name="run">Folder of the run, held by this process; a ledger that is there is gone on with.</param>
    /// <param name="recipe">Its name.</param>
    /// <param name="trained">Loaded; which parts of it train is set anew by the trainer.</param>
    /// <param name="warn">Hears when the ledger cannot be written.</param>
    public static CostMeter Begin(
        string run, string recipe, CostModel model, TrainingModel trained, IReadOnlyList<StageConfig> stages,
        Action<string>? warn = null) =>
        new(run, recipe, model, trained, stages, warn);

    /// <summary>Progress that also lets the ledger be written now and then.</summary>
    public IProgress<ProgressReport> Watch(IProgress<ProgressReport>? progress) => new Watcher(this, progress);

    /// <summary>The ledger as it stands.</summary>
    public CostLedger Ledger()
    {
        Sample();
        var session = new CostSession(
            _trained.Device.ToString(), TensorLoading.HuggingFaceName(_trained.Decoder.DType), TorchProbe.Provider, _rate,
            _clock.Elapsed.TotalSeconds,
            ResidentMemory.Peak(), _memory.Peak, _energy.Read());
        var stages = StageCost.From(Metrics(), (name, counts) => ComputeNeed.Of(_stages[name].Matrices, counts, _stages[name].Recompute));
        return new CostLedger(_recipe, _model, stages, [.. _before, session], _repeated);
    }

    public void Dispose()
    {
        _sampler.Dispose();
        Write();
    }

    (ModelMatrices Matrices, bool Recompute) Matrices(StageConfig stage)
    {
        _trained.Choose(stage.Train);
        return (ModelMatrices.Of(_trained), stage.Recompute);
    }

    IReadOnlyList<JsonObject> Metrics()
    {
        var path = Path.Combine(_run, RunFolder.MetricsName);
        return File.Exists(path) ? MetricsLog.Read(path) : [];
    }

    void Sample()
    {
        _energy.Sample();
        _memory.Sample();
    }

    void Step()
    {
        if (!_steps) CountLost();
        _steps = true;
        if (_clock.Elapsed < _next) return;
        _next = _clock.Elapsed + Writing;
        Write();
    }

    /// <summary>A full disk is no reason to end a training, nor to cover up what ended it.</summary>
    void Write()
    {
        try
        {
            Ledger().Write(_run);
        }
        catch (GraftException fault) when (fault.Kind == ErrorKind.Resources)
        {
            _warn?.Invoke($"the cost ledger is behind: {fault.Message}");
        }
    }

    /// <summary>After the first step of a resumed run: what the log had of it and of later ones was lost.</summary>
    void CountLost()
    {
        var first = Metrics()[^1]["step"]!.GetValue<int>();
        var lost = _logged.Where(line => line["step"]!.GetValue<int>() >= first).ToList();
        if (lost.Count == 0) return;
        var kept = _logged.LastOrDefault(line => line["step"]!.GetValue<int>() < first)?["seconds"]!.GetValue<double>() ?? 0;
        _repeated += new RepeatedWork(lost.Count, lost[^1]["seconds"]!.GetValue<double>() - kept);
    }

    sealed class Watcher(CostMeter meter, IProgress<ProgressReport>? progress) : IProgress<ProgressReport>
    {
        public void Report(ProgressReport value)
        {
            if (value.Unit == "steps") meter.Step();
            progress?.Report(value);
        }
    }
}
