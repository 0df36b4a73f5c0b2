namespace Grafting.Core.Running;

/// <summary>
/// How a caller asks a long job to end: the job looks at <see cref="Requested"/> between steps, saves, and leaves with
/// <see cref="Stopped"/>.
/// </summary>
/// <remarks>Raised from signal handlers, so every member may be called from any thread.</remarks>
public sealed class StopRequest : IDisposable
{
    readonly CancellationTokenSource _source = new();
    int _savers;

    public bool Requested => _source.IsCancellationRequested;

    /// <summary>What asked for the stop, for messages: "Ctrl-C", "SIGTERM"; null before.</summary>
    public string? Reason { get; private set; }

    /// <summary>For waits and reads that should end early.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>Whether a job now promises to save and leave by itself; otherwise a signal ends the program at once.</summary>
    public bool WillSave => Volatile.Read(ref _savers) > 0;

    public void Request(string reason)
    {
        Reason ??= reason;
        _source.Cancel();
    }

    /// <summary>Promises, until the result is disposed, that a request will be noticed within a step and everything saved.</summary>
    public IDisposable PromiseToSave()
    {
        Interlocked.Increment(ref _savers);
        return new Promise(this);
    }

    /// <summary>The exception to leave with once everything is saved.</summary>
    /// <param name="saved">What was saved and where, as a sentence.</param>
    /// <param name="remedy">The command that continues.</param>
    public GraftException Stopped(string saved, string remedy) =>
        new(ErrorKind.Stopped, $"Stopped by {Reason ?? "request"}. {saved}", remedy);

    public void Dispose() => _source.Dispose();

    sealed class Promise(StopRequest owner) : IDisposable
    {
        StopRequest? _owner = owner;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _owner, null) is { } owner) Interlocked.Decrement(ref owner._savers);
        }
    }
}
