using System.Runtime.InteropServices;
using Grafting.Cli;
using Grafting.Core;
using Grafting.Core.Running;

namespace Grafting.Tests.Cli;

public class SignalTests
{
    const PosixSignal UserSignal1 = (PosixSignal)10;

    readonly List<string> _said = [];
    readonly List<int> _left = [];

    [SetUp]
    public void Clear()
    {
        _said.Clear();
        _left.Clear();
    }

    [TestCase(PosixSignal.SIGINT, "Ctrl-C")]
    [TestCase(PosixSignal.SIGTERM, "SIGTERM")]
    [TestCase(UserSignal1, "SIGUSR1")]
    public void A_job_that_saves_is_asked_and_not_ended(PosixSignal signal, string name)
    {
        using var stop = new StopRequest();
        using var signals = new Signals(stop, _said.Add, _left.Add, TimeProvider.System);
        using var promise = stop.PromiseToSave();
        signals.Receive(signal);
        Assert.Multiple(() =>
        {
            Assert.That(stop.Requested, Is.True);
            Assert.That(stop.Stopped("Saved.", "again").Message, Is.EqualTo($"Stopped by {name}. Saved."));
            Assert.That(stop.Stopped("Saved.", "again").Kind, Is.EqualTo(ErrorKind.Stopped));
            Assert.That(_said.Single(), Does.StartWith(name));
            Assert.That(_left, Is.Empty);
        });
    }

    [TestCase(PosixSignal.SIGINT, ExitCodes.Interrupted)]
    [TestCase(PosixSignal.SIGTERM, ExitCodes.Terminated)]
    public void The_second_signal_leaves_at_once(PosixSignal signal, int code)
    {
        using var stop = new StopRequest();
        using var signals = new Signals(stop, _said.Add, _left.Add, TimeProvider.System);
        using var promise = stop.PromiseToSave();
        signals.Receive(signal);
        signals.Receive(signal);
        Assert.That(_left, Is.EqualTo(new[] { code }));
    }

    [Test]
    public void A_repeated_notice_of_the_batch_system_changes_nothing()
    {
        using var stop = new StopRequest();
        using var signals = new Signals(stop, _said.Add, _left.Add, TimeProvider.System);
        signals.Receive(UserSignal1);
        signals.Receive(UserSignal1);
        Assert.That(_left, Is.Empty);
    }

    [Test]
    public void A_job_that_cannot_save_gets_a_moment_to_clean_up()
    {
        using var stop = new StopRequest();
        using var signals = new Signals(stop, _said.Add, _left.Add, TimeProvider.System);
        signals.Receive(PosixSignal.SIGINT);
        Assert.That(_left, Is.Empty);
        Assert.That(stop.Token.IsCancellationRequested, Is.True);
        Assert.That(() => _left, Is.EqualTo(new[] { ExitCodes.Interrupted }).After(5000, 50));
    }
}
