namespace Grafting.Core.Training;

/// <summary>
/// Makes items ahead of time on worker threads and hands them out in order, so that neither the number of workers nor their speed
/// changes what is read.
/// </summary>
/// <param name="make">Makes the item of a position; pure and thread-safe.</param>
/// <param name="first">First position.</param>
/// <param name="end">One past the last.</param>
/// <param name="workers">Items in the making at a time; 0 makes each when it is asked for.</param>
public sealed class Prefetch<T>(Func<long, T> make, long first, long end, int workers) : IDisposable
{
    readonly Queue<Task<T>> _ahead = new();
    readonly CancellationTokenSource _ending = new();
    long _next = first;
    long _started = first;

    public T Take()
    {
        if (_next >= end) throw new InvalidOperationException("taken past the end");
        if (workers == 0) return make(_next++);
        while (_started < end && _ahead.Count < workers)
        {
            var position = _started++;
            _ahead.Enqueue(Task.Run(() => make(position), _ending.Token));
        }
        _next++;
        return _ahead.Dequeue().GetAwaiter().GetResult();
    }

    /// <summary>
    /// Starts no more items and waits for those in the making, which read files that their owner is about to close. What goes wrong with an
    /// item that nobody takes is nobody's error, but it is looked at: an exception left alone comes up again when the task is collected.
    /// </summary>
    public void Dispose()
    {
        _ending.Cancel();
        foreach (var task in _ahead)
        {
            ((IAsyncResult)task).AsyncWaitHandle.WaitOne();
            _ = task.Exception;
        }
        _ahead.Clear();
        _ending.Dispose();
    }
}
