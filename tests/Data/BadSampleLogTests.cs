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

    [TestCase(0.001, 999, 0)]
    [TestCase(0.001, 1000, 1)]
    [TestCase(0.001, 1999, 1)]
    [TestCase(0.001, 2000, 2)]
    [TestCase(0.29, 100, 29)]
    [TestCase(0.07, 100, 7)]
    [TestCase(0, 1_000_000, 0)]
    [TestCase(1, 5, 5)]
    public void The_budget_is_exact_at_its_border(double budget, int total, int allowed)
    {
        var log = new BadSampleLog("data.json", budget);
        log.SetTotal(total);
        for (var i = 0; i < allowed; i++) log.Add(new BadSample($"sample {i}", BadSampleReason.DamagedPicture, "no"));
        if (allowed == total) return;
        var error = Assert.Throws<GraftException>(() => log.Add(new BadSample("the last straw", BadSampleReason.DamagedPicture, "no")))!;
        Assert.That(error.Message, Does.Contain($"{allowed + 1} of {total} samples cannot be used"));
    }

    [Test]
    public void What_is_met_again_counts_once_and_is_told_once()
    {
        var (log, told) = (new BadSampleLog("data.json", 0.5), new List<string>());
        log.SetTotal(4);
        log.Found = bad => told.Add(bad.Where);
        for (var epoch = 0; epoch < 3; epoch++)
        {
            foreach (var where in (string[])["one", "two"]) log.Add(new BadSample(where, BadSampleReason.DamagedPicture, "no"));
        }
        Assert.That((log.Count, string.Join(' ', told)), Is.EqualTo((2, "one two")));
    }

    [Test]
    public void The_message_names_five_and_counts_the_rest()
    {
        var log = new BadSampleLog("data.json", 0);
        for (var i = 1; i <= 8; i++) log.Add(new BadSample($"line {i}", BadSampleReason.Malformed, "no"));
        var message = Assert.Throws<GraftException>(() => log.SetTotal(9))!.Message;
        Assert.That(message.Split('\n'), Is.EqualTo(new[]
        {
            "data.json: 8 of 9 samples cannot be used; none may be skipped (0 %):", "  line 1: no", "  line 2: no", "  line 3: no",
            "  line 4: no", "  line 5: no", "  and 3 more",
        }));
    }
}
