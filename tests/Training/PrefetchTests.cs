using Grafting.Core.Training;

namespace Grafting.Tests.Training;

public class PrefetchTests
{
    [Test]
    public void Workers_never_change_the_order([Values(0, 1, 4)] int workers)
    {
        var prefetch = new Prefetch<long>(i => { Thread.Sleep((int)(i * 7 % 5)); return i; }, first: 3, end: 40, workers);
        Assert.That(Enumerable.Range(3, 37).Select(_ => (int)prefetch.Take()), Is.EqualTo(Enumerable.Range(3, 37)));
    }

    [Test]
    public void An_error_reaches_the_reader_where_it_belongs()
    {
        var prefetch = new Prefetch<long>(i => i == 2 ? throw new InvalidDataException("two") : i, 0, 4, workers: 3);
        Assert.That((prefetch.Take(), prefetch.Take()), Is.EqualTo((0L, 1L)));
        Assert.Throws<InvalidDataException>(() => prefetch.Take());
    }
}
