using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Grafting.Core;
using Grafting.Core.Checkpoints;
using Grafting.Core.Data;
using Grafting.Core.Models;
using Grafting.Core.Models.Streaming;
using Grafting.Core.Running;
using Grafting.Core.Training;
using static TorchSharp.torch;
using Parameter = TorchSharp.Modules.Parameter;

namespace Grafting.Surrogates.Translators;

/// <summary>How close a surrogate is to its target on text that was left out.</summary>
/// <param name="Divergence">KL(target ‖ surrogate), nats per token.</param>
/// <param name="Hidden">Squared error of the states at the ranges' ends over their squared size.</param>
public sealed record DistillationScore(double Divergence, double Hidden)
{
    public JsonObject ToJson() => new() { ["divergence"] = Divergence, ["hidden"] = Hidden };
}

/// <summary>
/// Trains translators alone, on text, against the target: its hidden states at the end of each range, and its logits. The target itself was
/// run before, layer by layer (<see cref="StatePass"/>), so that only what stands behind the first translator is in memory.
/// </summary>
/// <remarks>
/// The loss is KL(target ‖ surrogate) per token plus, for every range, ‖state − target's state‖² over the mean of ‖target's state‖².
/// </remarks>
// n rows (tokens), v vocabulary, w residual width
public sealed class Distillation
{
    /// <summary>One batch in so many is never trained on.</summary>
    const int HoldOut = 8;

    readonly StatePass _states;
    readonly SurrogatePlan _plan;
    readonly TranslatorSet _translators;
    readonly DistillationConfig _config;
    readonly string _command;

    /// <param name="states">Hold the borders at both ends of every range, and the last.</param>
    public Distillation(StatePass states, SurrogatePlan plan, TranslatorSet translators, DistillationConfig config, string command)
    {
        (_states, _plan, _translators, _config, _command) = (states, plan, translators, config.Validate(), command);
        if (states.Batches.Count < 2)
        {
            throw Fault.Input(
                $"the text has {states.Tokens} tokens; training on it and checking on what was left out needs several batches of "
                    + $"{StatePass.BatchPositions} positions.",
                "Give more text.");
        }
    }

    IEnumerable<int> HeldOut => Enumerable.Range(0, _states.Batches.Count).Where(IsHeldOut);

    /// <summary>The middle of every stretch of batches, of any length of passages; the only middle where there are few.</summary>
    bool IsHeldOut(int batch) => batch % HoldOut == Math.Min(HoldOut, _states.Batches.Count) / 2;

    /// <returns>Scores before and after; the translators hold the result.</returns>
    /// <exception cref="GraftException">Stopped on request after saving; Numerics when the loss is not finite.</exception>
    public (DistillationScore Before, DistillationScore After) Run(IProgress<ProgressReport>? progress = null, StopRequest? stop = null)
    {
        using var promise = stop?.PromiseToSave();
        using var tail = new SurrogateTail(_states.Decoder, _plan, _translators);
        foreach (var parameter in _states.Decoder.Ends.parameters()) parameter.requires_grad = false;
        using var files = new OpenStates(_states, _plan);
        var parameters = _translators.All.SelectMany(t => t.Layer.named_parameters().Select(p =>
            KeyValuePair.Create(string.Create(CultureInfo.InvariantCulture, $"translator.{t.Index}.{p.name}"), p.parameter))).ToList();
        using var optimizer = new AdamW(_config.Optimizer, [new ParameterGroup("translator", 1, parameters)]);
        var before = Evaluate(tail, files);
        Train(tail, files, parameters, optimizer, progress, stop);
        return (before, Evaluate(tail, files));
    }

    void Train(
        SurrogateTail tail, OpenStates files, List<KeyValuePair<string, Parameter>> parameters, AdamW optimizer,
        IProgress<ProgressReport>? progress, StopRequest? stop)
    {
        var recipe = Digests.Sha256(System.Text.Encoding.UTF8.GetBytes($"{_config} {_plan.Cut} {_plan.Start.Name()}"));
        // Other settings begin anew, and do not go on with what these have left.
        var store = new CheckpointStore(Path.Combine(_states.Folder, $"distillation-{recipe[..16]}"));
        var state = new TrainingState(0, 0, 0, _command, recipe, _states.Id, 0);
        if (store.Latest() is { } saved)
        {
            saved.State.Check([recipe], _states.Id);
            state = saved.State;
            Restore(saved, parameters, optimizer);
        }
        var trained = Enumerable.Range(0, _states.Batches.Count).Where(batch => !IsHeldOut(batch)).ToArray();
        var order = new SampleOrder(_config.Seed, trained.Length);
        var schedule = _config.ToSchedule();
        var clock = Stopwatch.StartNew();
        var seconds = state.Seconds;
        while (state.Step < _config.Steps)
        {
            var loss = Step(tail, files, _states.Batches[trained[order.At(state.Step)]], [.. parameters.Select(p => p.Value)], state.Step);
            optimizer.Step(schedule.At(state.Step));
            state = state with { Step = state.Step + 1, StageStep = state.Step + 1, Seconds = seconds + clock.Elapsed.TotalSeconds };
            progress?.Report(new ProgressReport(
                "training the translators", state.Step, _config.Steps, "steps",
                ("loss", loss.ToString("F4", CultureInfo.InvariantCulture))));
            var stopping = stop is { Requested: true } && state.Step < _config.Steps;
            if (stopping || state.Step % _config.CheckpointEvery == 0 || state.Step == _config.Steps)
                store.Save(state, parameters.Select(p => TensorLoading.Source(p.Key, p.Value)), optimizer.Save());
            if (stopping)
            {
                throw stop!.Stopped(
                    $"Step {state.Step} of {_config.Steps} of the translators' training is kept in {_states.Folder}.",
                    "Run the same command again to go on.");
            }
        }
    }

    double Step(SurrogateTail tail, OpenStates files, PassageBatch batch, List<Parameter> parameters, int step)
    {
        using var scope = NewDisposeScope();
        GradientNorm.Reset(parameters);
        var (divergence, hidden) = Losses(tail, files, batch, step);
        var loss = divergence.add(hidden.mul(_config.HiddenWeight));
        var value = loss.item<float>();
        loss.backward();
        var norm = GradientNorm.Clip(parameters, _config.ClipNorm);
        if (!float.IsFinite(value) || !double.IsFinite(norm))
        {
            throw Fault.Numerics(
                FormattableString.Invariant(
                    $"training the translators, step {step + 1}: loss {value}, gradient norm {norm}. No update was made."),
                "Lower the learning rate with --distil-rate.");
        }
        return value;
    }

    DistillationScore Evaluate(SurrogateTail tail, OpenStates files)
    {
        using var _ = no_grad();
        var (divergence, hidden, rows) = (0.0, 0.0, 0L);
        foreach (var batch in HeldOut.Select(index => _states.Batches[index]))
        {
            using var scope = NewDisposeScope();
            var (kl, error) = Losses(tail, files, batch, 0);
            divergence += kl.item<float>() * batch.Rows;
            hidden += error.item<float>() * batch.Rows;
            rows += batch.Rows;
        }
        return new DistillationScore(divergence / rows, hidden / rows);
    }

    /// <returns>KL per token and the hidden states' error, both scalars.</returns>
    (Tensor Divergence, Tensor Hidden) Losses(SurrogateTail tail, OpenStates files, PassageBatch batch, int step)
    {
        var ends = new Dictionary<LayerRange, Tensor>();
        var final_nw = batch.Unpad(tail.Run(batch.Pad(files.Input.Read(batch)), batch.Positions(_states.Decoder.Ends.Device), ends));
        var hidden = ends.Select(end =>
        {
            var wanted_nw = files.Ends[end.Key].Read(batch).to(ScalarType.Float32);
            return batch.Unpad(end.Value).to(ScalarType.Float32).sub(wanted_nw).square().sum().div(wanted_nw.square().sum());
        }).Aggregate((sum, next) => sum.add(next));
        return (Divergence(final_nw, files.Last.Read(batch), step), hidden);
    }

    Tensor Divergence(Tensor final_nw, Tensor targetState_nw, int step)
    {
        // Of a batch with more rows than logits are held for, evenly spaced ones are compared.
        var every = (int)Math.Ceiling((double)final_nw.shape[0] / _states.Decoder.RowsAtOnce);
        if (every > 1)
        {
            var chosen = arange(step % every, final_nw.shape[0], every, ScalarType.Int64, final_nw.device);
            (final_nw, targetState_nw) = (final_nw.index_select(0, chosen), targetState_nw.index_select(0, chosen));
        }
        Tensor target_nv;
        using (no_grad()) target_nv = _states.Decoder.LogProbabilities(targetState_nw);
        var surrogate_nv = LayerStream.LogProbabilitiesOf(_states.Decoder.Ends.head(final_nw));
        return target_nv.exp().mul(target_nv.sub(surrogate_nv)).sum(-1).mean();
    }

    static void Restore(StoredCheckpoint saved, List<KeyValuePair<string, Parameter>> parameters, AdamW optimizer)
    {
        using var model = SafetensorsFile.Open(saved.ModelPath);
        using var moments = SafetensorsFile.Open(saved.OptimizerPath);
        foreach (var (name, parameter) in parameters) TensorLoading.Fill(parameter, new StoredTensor(model.Entry(name), model));
        optimizer.Load(moments, saved.State.Step);
    }

    /// <summary>The files of the states that the training reads.</summary>
    sealed class OpenStates(StatePass states, SurrogatePlan plan) : IDisposable
    {
        public StateFile Input { get; } = states.Open(plan.Replaced[0].First);

        public IReadOnlyDictionary<LayerRange, StateFile> Ends { get; } = plan.Replaced.ToDictionary(
            range => range, range => states.Open(range.Last + 1));

        public StateFile Last { get; } = states.Open(plan.Target.Layers);

        public void Dispose()
        {
            Input.Dispose();
            Last.Dispose();
            foreach (var file in Ends.Values) file.Dispose();
        }
    }
}
