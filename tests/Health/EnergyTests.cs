using Grafting.Core.Health;
using Grafting.Core.Health.Energy;
using Grafting.Tests.Support;
using static TorchSharp.torch;

namespace Grafting.Tests.Health;

public class EnergyTests
{
    [Test]
    public void Packages_are_added_up_and_zones_inside_them_are_not()
    {
        using var folder = new TempFolder();
        Zone(folder, "intel-rapl:0", "package-0", 5_000_000);
        Zone(folder, "intel-rapl:0:0", "core", 1_000_000);
        Zone(folder, "intel-rapl:1", "package-1", 100_000_000);
        Zone(folder, "intel-rapl:2", "psys", 7_000_000);
        var meter = Rapl.Meter(folder.Path);
        Zone(folder, "intel-rapl:0", "package-0", 8_500_000);
        Zone(folder, "intel-rapl:0:0", "core", 3_000_000);
        Zone(folder, "intel-rapl:1", "package-1", 100_250_000);
        Zone(folder, "intel-rapl:2", "psys", 20_000_000);
        Assert.That(meter.Read(), Is.EqualTo(new EnergyReading(3.75, "package-0 (RAPL) + package-1 (RAPL)")));
    }

    [Test]
    public void A_counter_that_began_again_is_read_on()
    {
        using var folder = new TempFolder();
        Zone(folder, "intel-rapl:0", "package-0", 262_000_000);
        var meter = Rapl.Meter(folder.Path);
        Zone(folder, "intel-rapl:0", "package-0", 1_000_000);
        meter.Sample();
        Zone(folder, "intel-rapl:0", "package-0", 3_000_000);
        Assert.That(meter.Read().Joules, Is.EqualTo(262.144 - 262 + 3).Within(1e-9));
    }

    [Test]
    public void What_cannot_be_read_is_not_told_and_says_why()
    {
        using var folder = new TempFolder();
        Assert.That(
            Rapl.Meter(folder["none"]).Read(),
            Is.EqualTo(new EnergyReading(null, "this system has no energy counters of the processor (powercap)")));
        Assert.That(
            Rapl.Meter(folder.Path).Read(),
            Is.EqualTo(new EnergyReading(null, "this system has no energy counter of a processor package (powercap)")));
        Zone(folder, "intel-rapl:0", "package-0", 1);
        var meter = Rapl.Meter(folder.Path);
        File.Delete(folder["intel-rapl:0/energy_uj"]);
        Assert.That(meter.Read(), Is.EqualTo(new EnergyReading(null, "package-0 (RAPL) could no longer be read")));
        // As for a user who is not the administrator: the zone is there, its energy is not.
        Assert.That(Rapl.Meter(folder.Path).Read(), Is.EqualTo(new EnergyReading(null, "package-0 (RAPL) cannot be read")));
    }

    [Test]
    public void A_processor_is_always_measured_or_explained()
    {
        var meter = EnergyMeter.For(CPU);
        meter.Sample();
        var reading = meter.Read();
        Assert.That(reading.Joules, Is.Null.Or.GreaterThanOrEqualTo(0));
        Assert.That(reading.Source, Is.Not.Empty);
    }

    [Test]
    public void The_matrix_rate_draws_no_random_number_and_keeps_the_threads()
    {
        random.manual_seed(5);
        var threads = get_num_threads();
        var rate = MatrixRate.Measure(CPU, ScalarType.Float32);
        using var scope = NewDisposeScope();
        var after = randn(4).data<float>().ToArray();
        random.manual_seed(5);
        Assert.Multiple(() =>
        {
            Assert.That(randn(4).data<float>().ToArray(), Is.EqualTo(after));
            Assert.That(get_num_threads(), Is.EqualTo(threads));
            Assert.That(rate.Threads, Is.EqualTo(threads));
            // Anything between a very slow core and a very large machine.
            Assert.That(rate.FlopsPerSecond, Is.InRange(1e7, 1e15));
            Assert.That(rate.Size, Is.AnyOf(256, 512, 1024, 2048));
        });
    }

    static void Zone(TempFolder folder, string zone, string name, long microjoules)
    {
        folder.Write($"{zone}/name", name + "\n");
        folder.Write($"{zone}/energy_uj", $"{microjoules}\n");
        folder.Write($"{zone}/max_energy_range_uj", "262144000\n");
    }
}
