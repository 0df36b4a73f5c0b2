using System.Runtime.InteropServices;
using Grafting.Core.Running;

namespace Grafting.Cli;

/// <summary>
/// Turns Ctrl-C, SIGTERM and SIGUSR1 (Slurm's notice before the end) into a <see cref="StopRequest"/>. A job that promised to save is
/// given the time it needs; any other has a moment to clean up. A second Ctrl-C or SIGTERM ends the program at once.
/// </summary>
sealed class Signals : IDisposable
{
    // Number of SIGUSR1 on Linux; the runtime has no name for it but accepts the number.
    const PosixSignal UserSignal1 = (PosixSignal)10;
    static readonly TimeSpan TimeToCleanUp = TimeSpan.FromSeconds(2);

    readonly StopRequest _stop;
    readonly Action<string> _say;
    readonly Action<int> _leave;
    readonly TimeProvider _clock;
    readonly List<PosixSignalRegistration> _registrations = [];
    ITimer? _deadline;

    /// <param name="say">Tells the user what happens.</param>
    /// <param name="leave">Ends the program with that exit code.</param>
    public Signals(StopRequest stop, Action<string> say, Action<int> leave, TimeProvider clock)
    {
        (_stop, _say, _leave, _clock) = (stop, say, leave, clock);
    }

    /// <summary>Exit code for the signal that came first; for jobs that end by cancellation.</summary>
    public int ExitCode { get; private set; } = ExitCodes.Interrupted;

    public void Listen()
    {
        if (OperatingSystem.IsWindows()) return;
        foreach (var signal in (PosixSignal[])[PosixSignal.SIGINT, PosixSignal.SIGTERM, UserSignal1])
        {
            _registrations.Add(PosixSignalRegistration.Create(signal, context =>
            {
                context.Cancel = true;
                Receive(context.Signal);
            }));
        }
    }

    public void Receive(PosixSignal signal)
    {
        var (name, code) = signal switch
        {
            PosixSignal.SIGINT => ("Ctrl-C", ExitCodes.Interrupted),
            PosixSignal.SIGTERM => ("SIGTERM", ExitCodes.Terminated),
            _ => ("SIGUSR1", ExitCodes.Terminated),
        };
        var notice = signal == UserSignal1;
        var again = _stop.Requested;
        if (again && notice) return;
        if (!again) ExitCode = code;
        _stop.Request(name);

        if (again)
        {
            _leave(code);
        }
        else if (_stop.WillSave)
        {
            _say($"{name}: finishing this step and saving; once more leaves at once");
        }
        else if (!notice)
        {
            _deadline = _clock.CreateTimer(_ => _leave(code), null, TimeToCleanUp, Timeout.InfiniteTimeSpan);
        }
    }

    public void Dispose()
    {
        foreach (var registration in _registrations) registration.Dispose();
        _deadline?.Dispose();
    }
}
