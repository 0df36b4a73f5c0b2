using Grafting.Core.Training;

namespace Grafting.Tests.Training;

public class LearningRateScheduleTests
{
    [Test]
    public void Warms_up_in_a_line_and_ends_near_0()
    {
        var schedule = new LearningRateSchedule(1, WarmUpSteps: 4, Steps: 104);
        Assert.Multiple(() =>
        {
            Assert.That(Enumerable.Range(0, 5).Select(schedule.At), Is.EqualTo(new[] { 0.25, 0.5, 0.75, 1, 1 }));
            Assert.That(schedule.At(54), Is.EqualTo(0.5).Within(1e-12));
            Assert.That(schedule.At(103), Is.EqualTo(0.5 * (1 + Math.Cos(Math.PI * 0.99))).Within(1e-12));
        });
    }
}
