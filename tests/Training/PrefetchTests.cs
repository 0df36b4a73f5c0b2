using Grafting.Core.Training;

namespace Grafting.Tests.Training;

public class PrefetchTests
{
    [Test]
    public void Workers_never_change_the_order([Values(0, 1, 4)] int workers)
    {
        using var prefetch = new Prefetch<long>(i => { Thread.Sleep((int)(i * 7 % 5)); return i; }, first: 3, end: 40, workers);
        Assert.That(Enumerable.Range(3, 37).Select(_ => (int)prefetch.Take()), Is.EqualTo(Enumerable.Range(3, 37)));
    }

    [Test]
    public void An_error_reaches_the_reader_where_it_belongs()
    {
        using var prefetch = new Prefetch<long>(i => i == 2 ? throw new InvalidDataException("two") : i, 0, 4, workers: 3);
        Assert.That((prefetch.Take(), prefetch.Take()), Is.EqualTo((0L, 1L)));
        Assert.Throws<InvalidDataException>(() => prefetch.Take());
    }

    [Test]
    public void Nothing_is_in_the_making_once_it_is_disposed()
    {
        var (begun, ended) = (0, 0);
        var prefetch = new Prefetch<long>(
            i =>
            {
                Interlocked.Increment(ref begun);
                Thread.Sleep(20);
                Interlocked.Increment(ref ended);
                return i;
            },
            0,
            100,
            workers: 4);
        prefetch.Take();
        prefetch.Dispose();
        var then = Volatile.Read(ref begun);
        Assert.That((Volatile.Read(ref ended), then), Is.EqualTo((then, then)));
        Thread.Sleep(50);
        Assert.That(Volatile.Read(ref begun), Is.EqualTo(then));
    }

    [Test]
    public void An_error_of_an_item_that_nobody_takes_is_not_left_unobserved()
    {
        var unobserved = new List<Exception>();
        void Note(object? sender, UnobservedTaskExceptionEventArgs e)
        {
            if (e.Exception.InnerException is InvalidDataException) unobserved.Add(e.Exception);
        }
        TaskScheduler.UnobservedTaskException += Note;
        try
        {
            Leave();
            for (var i = 0; i < 3; i++)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= Note;
        }
        Assert.That(unobserved, Is.Empty);

        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
        static void Leave()
        {
            using var prefetch = new Prefetch<long>(i => i > 0 ? throw new InvalidDataException("late") : i, 0, 9, workers: 4);
            prefetch.Take();
        }
    }
}
