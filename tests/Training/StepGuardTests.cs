using Grafting.Core.Training;

namespace Grafting.Tests.Training;

public class StepGuardTests
{
    static StageConfig Stage(
        int window = 16, int budget = 10, GuardAction onSpike = GuardAction.Skip, GuardAction onNonFinite = GuardAction.Skip) =>
        Tiny.Stage("s", 1) with
        {
            OnSpike = new SpikeConfig { Action = onSpike, Window = window, Budget = budget },
            OnNonFinite = new NonFiniteConfig { Action = onNonFinite, Budget = budget },
        };

    /// <summary>Losses that rise and fall a little around a level.</summary>
    static double Around(double level, int i) => level * (1 + (0.02 * Math.Sin(i)));

    static GuardState After(StageConfig stage, int steps, double level = 2, GuardState? state = null)
    {
        state ??= new GuardState();
        for (var i = 0; i < steps; i++)
        {
            var judged = StepGuard.Judge(stage, state, Around(level, i), Around(1, i));
            Assert.That(judged.Reason, Is.Null, judged.Words);
            state = judged.State;
        }
        return state;
    }

    [TestCase(20, 1, "loss")]
    [TestCase(2, 40, "gradient norm")]
    public void A_spike_is_skipped_and_training_goes_on(double loss, double norm, string what)
    {
        var stage = Stage();
        var state = After(stage, 20);
        var spike = StepGuard.Judge(stage, state, loss, norm);
        Assert.Multiple(() =>
        {
            Assert.That(
                (spike.Reason, spike.Ends, spike.State.Spikes, spike.State.SkippedInStage), Is.EqualTo((SkipReason.Spike, false, 1, 1)));
            Assert.That(spike.Words, Does.StartWith(what).And.Contain("16 steps").And.Contain("6 standard deviations"));
            Assert.That(spike.State.Losses, Is.EqualTo(state.Losses), "a skipped step does not enter the window");
        });
        Assert.That(After(stage, 20, state: spike.State).SpikesInARow, Is.Zero);
    }

    [Test]
    public void Nothing_is_a_spike_before_half_a_window_is_there()
    {
        var stage = Stage(window: 16);
        Assert.Multiple(() =>
        {
            Assert.That(StepGuard.Judge(stage, After(stage, 7), 1e6, 1e6).Reason, Is.Null);
            Assert.That(StepGuard.Judge(stage, After(stage, 8), 1e6, 1e6).Reason, Is.EqualTo(SkipReason.Spike));
        });
    }

    [Test]
    public void Equal_losses_leave_room_for_a_rounding()
    {
        var (stage, state) = (Stage(), new GuardState());
        for (var i = 0; i < 16; i++) state = StepGuard.Judge(stage, state, 2, 1).State;
        Assert.Multiple(() =>
        {
            Assert.That(StepGuard.Judge(stage, state, 2.000001, 1).Reason, Is.Null);
            Assert.That(StepGuard.Judge(stage, state, 2.1, 1).Reason, Is.EqualTo(SkipReason.Spike));
        });
    }

    [TestCase(16, 100, 4)]
    [TestCase(128, 10, 10)]
    [TestCase(4, 100, 1)]
    public void A_level_that_stays_is_accepted_after_a_quarter_window_or_the_budget(int window, int budget, int skips)
    {
        var stage = Stage(window, budget);
        var state = After(stage, window);
        for (var i = 0; i < skips; i++)
        {
            var judged = StepGuard.Judge(stage, state, Around(50, i), 1);
            Assert.That((judged.Reason, judged.Ends), Is.EqualTo((SkipReason.Spike, false)));
            state = judged.State;
        }
        var accepted = StepGuard.Judge(stage, state, 50, 1);
        Assert.Multiple(() =>
        {
            Assert.That((accepted.Reason, accepted.NewLevel), Is.EqualTo(((SkipReason?)null, true)));
            Assert.That(accepted.State.Losses, Is.EqualTo(new[] { 50.0 }));
        });
        // Two steps, half of the smallest window, tell too little of how losses vary.
        if (window > 4) After(stage, 3 * window, level: 50, state: accepted.State);
    }

    [Test]
    public void What_is_not_finite_never_enters_the_window_nor_breaks_a_row_of_spikes()
    {
        var stage = Stage();
        var state = StepGuard.Judge(stage, After(stage, 16), 50, 1).State;
        foreach (var (loss, norm) in new[] { (double.NaN, 1.0), (1.0, double.PositiveInfinity), (1.0, double.NaN) })
        {
            var judged = StepGuard.Judge(stage, state, loss, norm);
            Assert.That((judged.Reason, judged.Ends), Is.EqualTo((SkipReason.NonFinite, false)));
            Assert.That(judged.State.Losses, Is.EqualTo(state.Losses));
            state = judged.State;
        }
        Assert.That((state.NonFinite, state.Spikes, state.SpikesInARow, state.SkippedInStage), Is.EqualTo((3, 1, 1, 4)));
    }

    [Test]
    public void One_skip_more_than_the_budget_ends_the_run_and_names_the_counts()
    {
        var stage = Stage(budget: 2);
        var state = new GuardState { Spikes = 1 };
        for (var i = 0; i < 2; i++) state = StepGuard.Judge(stage, state, double.NaN, 1).State;
        var judged = StepGuard.Judge(stage, state, double.NaN, 1);
        Assert.Multiple(() =>
        {
            Assert.That(judged.Ends);
            Assert.That(judged.Words, Does.Contain("budget of 2").And.Contain("2 not finite, 1 spikes"));
        });
    }

    [Test]
    public void Off_looks_at_no_spike_and_stop_ends_at_the_first()
    {
        var off = Stage(onSpike: GuardAction.Off);
        var stop = Stage(onSpike: GuardAction.Stop, onNonFinite: GuardAction.Stop);
        Assert.Multiple(() =>
        {
            Assert.That(After(off, 20).Losses, Is.Empty);
            Assert.That(StepGuard.Judge(off, new GuardState(), 1e30, 1e30).Reason, Is.Null);
            Assert.That(StepGuard.Judge(stop, After(stop, 20), 100, 1).Ends);
            Assert.That(StepGuard.Judge(stop, new GuardState(), double.NaN, 1).Ends);
        });
    }

    [Test]
    public void Another_stage_begins_a_new_window_and_keeps_the_counts()
    {
        var state = After(Stage(), 20) with { Spikes = 2, NonFinite = 3, SkippedInStage = 4, SpikesInARow = 1 };
        var next = state.NextStage();
        Assert.That(
            (next.Losses.Count, next.Norms.Count, next.Spikes, next.NonFinite, next.SkippedInStage, next.SpikesInARow),
            Is.EqualTo((0, 0, 2, 3, 0, 0)));
    }

    [Test]
    public void The_window_survives_a_checkpoint_bit_for_bit()
    {
        var state = new TrainingState(3, 0, 3, "c", "r", "d", 1)
        {
            Guard = After(Stage(), 20),
            EarlyStop = new EarlyStopState { Lowest = 1 / 3.0, Without = 2 },
        };
        var read = TrainingState.FromJson(state.ToJson(), "state.json");
        Assert.Multiple(() =>
        {
            Assert.That(read.Guard.Losses, Is.EqualTo(state.Guard.Losses));
            Assert.That(read, Is.EqualTo(state));
            Assert.That(read, Is.Not.EqualTo(state with { Guard = After(Stage(), 19) }));
        });
    }

    [Test]
    public void A_checkpoint_from_before_the_guard_is_read_as_one_without_skips()
    {
        const string Old = """{"step":7,"stage":1,"stageStep":3,"command":"c","recipe":"r","data":"d","seconds":1.5}""";
        Assert.That(TrainingState.FromJson(Old, "state.json").Updates, Is.EqualTo(3));
    }
}
