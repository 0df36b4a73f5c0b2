using System.Text.Json.Nodes;
using Grafting.Core;
using Grafting.Core.Checkpoints;
using Grafting.Core.Training;
using Grafting.Tests.Support;

namespace Grafting.Tests.Training;

public class MetricsLogTests
{
    TempFolder folder = null!;

    string Log => folder["metrics.jsonl"];

    [SetUp]
    public void Make() => folder = new TempFolder();

    [TearDown]
    public void Remove() => folder.Dispose();

    static JsonObject Line(int step) => new() { ["step"] = step, ["text"] = new string('x', step) };

    int[] Steps() => [.. MetricsLog.Read(Log).Select(m => m["step"]!.GetValue<int>())];

    void Add(int lastStep, params int[] steps)
    {
        using var log = MetricsLog.Open(Log, lastStep);
        foreach (var step in steps) log.Add(Line(step));
    }

    [Test]
    public void Every_line_can_be_read_while_the_log_is_open()
    {
        using var log = MetricsLog.Open(Log, 0);
        log.Add(Line(1));
        Assert.That(Steps(), Is.EqualTo(new[] { 1 }));
        log.Add(Line(2));
        Assert.That(Steps(), Is.EqualTo(new[] { 1, 2 }));
    }

    [Test]
    public void Opened_again_it_ends_at_the_checkpoint()
    {
        Add(0, 1, 2, 3, 4);
        Add(2, 3);
        Assert.That(Steps(), Is.EqualTo(new[] { 1, 2, 3 }));
        Add(0, 1);
        Assert.That(Steps(), Is.EqualTo(new[] { 1 }));
    }

    [Test]
    public void What_a_crash_left_beyond_the_checkpoint_need_not_make_sense()
    {
        Add(0, 1, 2);
        File.AppendAllText(Log, "\0\0\0\n{\"step\": \n" + Line(9).ToJsonString());
        Add(2, 3);
        Assert.That(Steps(), Is.EqualTo(new[] { 1, 2, 3 }));
    }

    [Test]
    public void Damage_before_the_checkpoint_names_the_line()
    {
        Add(0, 1, 2, 3);
        File.WriteAllText(Log, File.ReadAllText(Log).Replace("\"step\":2", "\"step\"2", StringComparison.Ordinal));
        Assert.That(() => MetricsLog.Open(Log, 3), Throws.TypeOf<GraftException>().With.Message.StartsWith($"{Log}, line 2 is not JSON"));
    }

    [Test]
    public void A_full_disk_keeps_lines_waiting_and_a_part_of_a_line_is_written_over()
    {
        using var disk = new SmallDisk(24);
        var path = disk["metrics.jsonl"];
        using var log = MetricsLog.Open(path, 0);
        log.Add(Line(1));
        File.WriteAllBytes(disk["filler"], new byte[8 << 10]);
        for (var step = 2; step <= 9; step++) log.Add(new JsonObject { ["step"] = step, ["text"] = new string('x', 1500) });
        Assert.That(() => log.Sync(), Throws.TypeOf<GraftException>().With.Property("Kind").EqualTo(ErrorKind.Resources));
        Assert.That(new FileInfo(path).Length, Is.GreaterThan(0));
        File.Delete(disk["filler"]);
        log.Sync();
        Assert.That(MetricsLog.Read(path).Select(m => m["step"]!.GetValue<int>()), Is.EqualTo(Enumerable.Range(1, 9)));
    }

    [Test]
    public void Sync_reaches_the_disk()
    {
        using var log = MetricsLog.Open(Log, 0);
        log.Add(Line(1));
        var steps = new List<FileStep>();
        using (FileSteps.Observe((step, _) => steps.Add(step))) log.Sync();
        Assert.That(steps, Is.EqualTo(new[] { FileStep.Sync }));
    }
}
