using Grafting.Cli.Rendering;
using Grafting.Core.Running;

namespace Grafting.Tests.Cli;

public class ProgressDisplayTests
{
    static readonly Terminal Screen = new(Interactive: true, Colour: false, Width: 100);

    [Test]
    public void A_terminal_shows_one_line_with_rate_and_time_left()
    {
        var (text, clock) = (new StringWriter(), new ManualClock());
        using (var display = new ProgressDisplay(text, Screen, clock))
        {
            display.Report(Step(0));
            clock.Advance(TimeSpan.FromSeconds(10));
            display.Report(Step(50));
            Assert.That(
                text.ToString(), Does.EndWith("training [############............]  50% 50/100 steps, 5 steps/s, 0:10 left, loss 1.50"));
        }

        Assert.That(text.ToString(), Does.Not.Contain("\n50").And.EndWith(Environment.NewLine));
    }

    [Test]
    public void A_file_gets_a_plain_line_now_and_then_and_the_last_state()
    {
        var (text, clock) = (new StringWriter(), new ManualClock());
        using (var display = new ProgressDisplay(text, Terminal.File, clock))
        {
            for (var step = 0; step <= 100; step++)
            {
                if (step > 0) clock.Advance(TimeSpan.FromSeconds(0.25));
                display.Report(Step(step));
            }
        }

        var lines = text.ToString().TrimEnd().Split(Environment.NewLine);
        Assert.Multiple(() =>
        {
            Assert.That(lines, Has.Length.EqualTo(3));
            Assert.That(lines[^1], Does.StartWith("training 100% 100/100 steps, 4").And.Contain("took 0:25"));
            Assert.That(text.ToString(), Does.Not.Contain('\r').And.Not.Contain('\u001b'));
        });
    }

    [Test]
    public void A_resumed_stage_does_not_count_what_was_done_before()
    {
        var (text, clock) = (new StringWriter(), new ManualClock());
        using var display = new ProgressDisplay(text, Screen, clock);
        display.Report(Step(90));
        clock.Advance(TimeSpan.FromSeconds(5));
        display.Report(Step(95));
        Assert.That(text.ToString(), Does.Contain("1 steps/s, 0:05 left"));
    }

    [Test]
    public void A_note_does_not_tear_the_line()
    {
        var (text, clock) = (new StringWriter(), new ManualClock());
        using var display = new ProgressDisplay(text, Screen, clock);
        display.Report(Step(1));
        display.WriteBetween(writer => writer.Write("note\n"));
        Assert.That(text.ToString(), Does.Contain("\r\u001b[Knote\n\r\u001b[Ktraining"));
    }

    [Test]
    public void It_may_be_fed_from_many_threads()
    {
        var text = new StringWriter();
        using (var display = new ProgressDisplay(text, Screen, TimeProvider.System))
        {
            Parallel.For(0, 1000, step => display.Report(Step(step % 100)));
        }

        Assert.That(text.ToString(), Does.EndWith(Environment.NewLine));
    }

    [TestCase(0, "0 B")]
    [TestCase(1023, "1023 B")]
    [TestCase(1536, "1.50 KB")]
    [TestCase(15_728_640, "15.0 MB")]
    [TestCase(141_107_412_992, "131 GB")]
    public void Bytes_are_given_with_three_digits(long bytes, string text) => Assert.That(Quantity.Bytes(bytes), Is.EqualTo(text));

    [TestCase(0.5, "0.50")]
    [TestCase(9999, "9999")]
    [TestCase(12_345, "12.3 k")]
    [TestCase(8_030_261_248, "8.03 G")]
    public void Counts_are_given_with_three_digits(double count, string text) => Assert.That(Quantity.Count(count), Is.EqualTo(text));

    static ProgressReport Step(int done) => new("training", done, 100, "steps", ("loss", "1.50"));

    sealed class ManualClock : TimeProvider
    {
        long _ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _ticks;

        public void Advance(TimeSpan time) => _ticks += time.Ticks;
    }
}
