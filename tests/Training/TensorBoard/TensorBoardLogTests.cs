using System.Text.Json.Nodes;
using Grafting.Core.Training;
using Grafting.Core.Training.TensorBoard;
using Grafting.Tests.Support;

namespace Grafting.Tests.Training.TensorBoard;

public class TensorBoardLogTests
{
    // RFC 3720, appendix B.4, in the order of the bytes on the wire; and the usual check value of CRC catalogues.
    static IEnumerable<TestCaseData> Vectors()
    {
        yield return Vector("32 zeros", new byte[32], 0x8A9136AA);
        yield return Vector("32 ones", [.. Enumerable.Repeat((byte)0xFF, 32)], 0x62A8AB43);
        yield return Vector("rising", [.. Enumerable.Range(0, 32).Select(i => (byte)i)], 0x46DD794E);
        yield return Vector("falling", [.. Enumerable.Range(0, 32).Select(i => (byte)(31 - i))], 0x113FDB5C);
        yield return Vector(
            "a SCSI read",
            Convert.FromHexString("01C00000000000000000000000000000140000000000040000000014000000182800000000000000" + "0200000000000000"),
            0xD9963A56);
        yield return Vector("digits", "123456789"u8.ToArray(), 0xE3069283);

        static TestCaseData Vector(string name, byte[] bytes, uint crc) => new TestCaseData(bytes, crc).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(Vectors))]
    public void Crc_32C_gives_the_published_values(byte[] bytes, uint expected) => Assert.That(Crc32C.Of(bytes), Is.EqualTo(expected));

    [Test]
    public void Every_figure_of_a_step_is_read_back_under_its_tag()
    {
        using var folder = new TempFolder();
        using var log = TensorBoardLog.Open(folder.Path, 0, new FixedClock(1_800_000_000.25));
        log.Add(new JsonObject
        {
            ["stage"] = "see",
            ["step"] = 300,
            ["loss"] = 1.5,
            ["imageLoss"] = 1.25,
            ["textLoss"] = 0.25,
            ["gradientNorm"] = 7,
            ["learningRate"] = 1e-3,
            ["validationLoss"] = 2.5,
            ["tokensPerSecond"] = 12345.6,
            ["seconds"] = 3.2,
        });
        // Not closed yet: what is written is there at once.
        var events = EventReader.Read(EventReader.Files(folder.Path).Single());
        Assert.Multiple(() =>
        {
            Assert.That(events[0].FileVersion, Is.EqualTo("brain.Event:2"));
            Assert.That(events[1].SessionStart, Is.True);
            Assert.That(events.Select(read => read.WallTime), Has.All.EqualTo(1_800_000_000.25), "seconds with their fraction");
            Assert.That(events, Has.Count.EqualTo(3));
            Assert.That(events[2].Step, Is.EqualTo(300));
            Assert.That(events[2].Scalars, Is.EquivalentTo(new Dictionary<string, float>
            {
                ["train/loss"] = 1.5f,
                ["train/imageLoss"] = 1.25f,
                ["train/textLoss"] = 0.25f,
                ["train/gradientNorm"] = 7,
                ["train/learningRate"] = 1e-3f,
                ["validation/loss"] = 2.5f,
                ["speed/tokensPerSecond"] = 12345.6f,
            }));
        });
    }

    [Test]
    public void The_name_has_the_parts_that_readers_take_it_apart_by()
    {
        using var folder = new TempFolder();
        using var log = TensorBoardLog.Open(folder.Path, 0, new FixedClock(1_800_000_000.9));
        Assert.That(
            Path.GetFileName(EventReader.Files(folder.Path).Single()),
            Does.Match($@"^events\.out\.tfevents\.1800000000\.[A-Za-z0-9_-]+\.{Environment.ProcessId}\.\d+$"));
    }

    [Test]
    public void A_file_that_goes_on_comes_last_even_where_the_clock_went_back()
    {
        using var folder = new TempFolder();
        foreach (var (time, last, steps) in new[] { (5000.0, 0, 4), (4000.0, 2, 3), (4000.0, 4, 1) })
        {
            using var log = TensorBoardLog.Open(folder.Path, last, new FixedClock(time));
            for (var step = last + 1; step <= last + steps; step++) log.Add(new JsonObject { ["step"] = step, ["loss"] = time + step });
        }
        Assert.That(
            EventReader.Shown(folder.Path).Select(step => (step.Key, step.Value["train/loss"])),
            Is.EqualTo(new[] { (1L, 5001f), (2, 5002), (3, 4003), (4, 4004), (5, 4005) }),
            "5 of the second run came after its last checkpoint, 4");
    }

    [Test]
    public void A_run_that_died_and_was_resumed_shows_the_losses_of_its_log_once_each()
    {
        using var folder = new TempFolder();
        foreach (var dieAt in new int?[] { 2, 7, 9, null })
        {
            using var tiny = new Tiny();
            using var run = Directory.Exists(folder["run"])
                ? RunFolder.Open(folder["run"], "test")
                : RunFolder.Create(folder["run"], "recipe", "test");
            var steps = 0;
            var dying = new OnProgress(report => { if (report.Done == dieAt) throw new InvalidOperationException("killed"); steps++; });
            void Train() => new Trainer(tiny.Model, run, new TrainerSettings(CheckpointEvery: 4, ValidateEvery: 5, Workers: 0)).Train(
                [(Tiny.Stage("align", 12, new TrainedPart { Part = "adapter" }), Tiny.Data)], "r", "d", dying);
            if (dieAt is null) Train();
            else Assert.Throws<InvalidOperationException>(Train);
        }
        var logged = MetricsLog.Read(folder["run/metrics.jsonl"]);
        var shown = EventReader.Shown(folder["run"]);
        Assert.Multiple(() =>
        {
            Assert.That(EventReader.Files(folder["run"]), Has.Length.EqualTo(4));
            Assert.That(shown.Keys, Is.EqualTo(Enumerable.Range(1, 12).Select(step => (long)step)));
            Assert.That(
                shown.Values.Select(step => step["train/loss"]),
                Is.EqualTo(logged.Select(line => (float)line["loss"]!.GetValue<double>())));
            Assert.That(
                shown.Where(step => step.Value.ContainsKey("validation/loss")).Select(step => step.Key), Is.EqualTo(new[] { 5L, 10, 12 }));
        });
    }

    [Test]
    public void Every_flipped_bit_is_found_and_a_file_cut_short_by_a_crash_is_whole()
    {
        using var folder = new TempFolder();
        using (var log = TensorBoardLog.Open(folder.Path, 0, new FixedClock(5000)))
            log.Add(new JsonObject { ["step"] = 1, ["loss"] = 2.5 });
        var path = EventReader.Files(folder.Path).Single();
        var whole = File.ReadAllBytes(path);
        string? Damage(byte[] bytes)
        {
            File.WriteAllBytes(path, bytes);
            return TensorBoardLog.Check(folder.Path).Single().Damage;
        }
        Assert.Multiple(() =>
        {
            for (var length = 0; length <= whole.Length; length++) Assert.That(Damage(whole[..length]), Is.Null, $"{length} bytes");
            for (var bit = 0; bit < 8 * whole.Length; bit++)
            {
                var changed = (byte[])whole.Clone();
                changed[bit / 8] ^= (byte)(1 << (bit % 8));
                Assert.That(Damage(changed), Does.Contain("its checksum does not match"), $"bit {bit}");
            }
        });
    }

    sealed class FixedClock(double seconds) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddSeconds(seconds);
    }
}
