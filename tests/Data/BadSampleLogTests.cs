using Grafting.Core;
using Grafting.Core.Data;

namespace Grafting.Tests.Data;

public class BadSampleLogTests
{
    [Test]
    public void Every_worker_that_meets_a_sample_beyond_the_budget_is_stopped()
    {
        var log = new BadSampleLog("data.json", 0);
        log.SetTotal(1);
        var bad = new BadSample("sample 'a'", BadSampleReason.DamagedPicture, "it is text");
        Assert.Throws<GraftException>(() => log.Add(bad));
        Assert.That(Assert.Throws<GraftException>(() => log.Add(bad))!.Message, Does.Contain("sample 'a'"));
        Assert.That(log.Count, Is.EqualTo(1));
    }
}
