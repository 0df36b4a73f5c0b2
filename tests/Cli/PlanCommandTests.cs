using System.Text.Json;
using Grafting.Cli;
using Grafting.Tests.Support;

namespace Grafting.Tests.Cli;

public class PlanCommandTests
{
    static string Small(TempFolder folder, int width = 64, int inner = 128)
    {
        folder.Write("small/config.json", JsonSerializer.Serialize(new Dictionary<string, object>
        {
            ["model_type"] = "llama",
            ["hidden_size"] = width,
            ["intermediate_size"] = inner,
            ["num_hidden_layers"] = 10,
            ["num_attention_heads"] = 4,
            ["num_key_value_heads"] = 2,
            ["vocab_size"] = 300,
            ["torch_dtype"] = "float32",
        }));
        return folder["small"];
    }

    [Test]
    public void A_plan_needs_a_configuration_only_and_fits_110_columns()
    {
        using var folder = new TempFolder();
        var run = CliRun.Of("plan", "--target", "llama70b", "--device", "h100", "--recompute", "--all", "--workspace", folder["grafts"]);
        Assert.Multiple(() =>
        {
            Assert.That(run.Code, Is.Zero, run.Error);
            Assert.That(run.Output.Split('\n').Select(line => line.TrimEnd().Length), Has.All.LessThanOrEqualTo(110));
            Assert.That(
                run.Output,
                Does.Contain("at or after it (paper)").And.Contain("none recommended").And.Contain("579 image + 128 text tokens"));
            Assert.That(
                run.Output.Split('\n').Count(line => line.Contains("0-", StringComparison.Ordinal)), Is.GreaterThan(77),
                "--all shows each cut");
            Assert.That(folder.Entries(), Is.Empty);
        });
    }

    [TestCase("siglip_full", 18)]
    [TestCase("clip_full", 19)]
    public void A_plan_is_for_the_pictures_of_its_tower(string tower, int positions)
    {
        var run = CliRun.Of("plan", "--target", "llama8b", "--tower", Shared.Fixture($"vision/{tower}"));
        Assert.That(run.Code, Is.Zero, run.Error);
        Assert.That(run.Output, Does.Contain($"{positions} image + 128 text tokens"));
    }

    [Test]
    public void The_document_has_every_candidate_and_what_was_assumed()
    {
        var json = CliRun.Of("plan", "--target", "llama8b", "--device", "a100-80gb", "--json").Json();
        var recommended = json.GetProperty("recommended");
        Assert.Multiple(() =>
        {
            Assert.That(json.GetProperty("schema").GetString(), Is.EqualTo("graft.plan/1"));
            Assert.That(json.GetProperty("candidates").GetArrayLength(), Is.EqualTo(29));
            Assert.That(recommended.GetProperty("cut").GetString(), Is.EqualTo("--replace 17-30"));
            Assert.That(recommended.GetProperty("cost").GetProperty("hours").GetDouble(), Is.Positive);
            Assert.That(json.GetProperty("assumptions").GetProperty("limits").GetProperty("memory").GetInt64(), Is.EqualTo(80_000_000_000));
            Assert.That(json.GetProperty("baseline").GetProperty("parameters").GetInt64(), Is.EqualTo(8_030_261_248));
        });
    }

    [Test]
    public void Tiles_are_counted_for_the_tower_and_for_the_decoder()
    {
        var (whole, tiled) = (
            CliRun.Of("plan", "--target", "llama8b", "--json").Json(),
            CliRun.Of("plan", "--target", "llama8b", "--tiles", "4", "--json").Json());
        var work = tiled.GetProperty("assumptions").GetProperty("work");
        static double Flops(JsonElement plan) =>
            plan.GetProperty("candidates")[0].GetProperty("cost").GetProperty("stageOne").GetProperty("forward").GetDouble();
        Assert.Multiple(() =>
        {
            Assert.That(
                (work.GetProperty("squares").GetInt32(), work.GetProperty("imageTokens").GetInt32()), Is.EqualTo((5, (5 * 577) + 2)));
            Assert.That(Flops(tiled), Is.GreaterThan(4 * Flops(whole)));
            Assert.That(CliRun.Of("plan", "--target", "llama8b", "--tiles", "4").Output, Does.Contain("pictures in 4 tiles"));
        });
        var refused = CliRun.Of("plan", "--target", "llama8b", "--tiles", "4", "--rehearse", "4");
        Assert.That(
            (refused.Code, refused.Error.Contains("--tiles is 4; a rehearsal reads pictures whole", StringComparison.Ordinal)),
            Is.EqualTo((2, true)), refused.Error);
    }

    [Test]
    public void Hours_without_a_device_tell_the_speed_that_they_ask_for()
    {
        var run = CliRun.Of("plan", "--target", "llama70b", "--memory", "120GB", "--hours", "24", "--json");
        var best = run.Json().GetProperty("recommended");
        var cost = best.GetProperty("cost");
        Assert.Multiple(() =>
        {
            Assert.That(best.GetProperty("cut").GetString(), Is.EqualTo("--replace 40-78"));
            Assert.That(cost.GetProperty("hours").ValueKind, Is.EqualTo(System.Text.Json.JsonValueKind.Null));
            Assert.That(
                cost.GetProperty("speedNeeded").GetDouble(),
                Is.EqualTo(cost.GetProperty("flops").GetDouble() / 24 / 3600).Within(1e-6).Percent);
            Assert.That(
                CliRun.Of("plan", "--target", "llama70b", "--memory", "120GB", "--hours", "24").Output,
                Does.Contain("to be done in 24 hours"));
        });
    }

    [Test]
    public void Without_a_device_there_are_no_hours()
    {
        var run = CliRun.Of("plan", "--target", "llama8b");
        Assert.That(run.Output, Does.Contain("–").And.Contain("hours need --device NAME or --calibrate"));
    }

    [Test]
    public void Hours_can_be_measured_on_this_machine()
    {
        using var folder = new TempFolder();
        var json = CliRun.Of("plan", "--target", Small(folder), "--calibrate", "--transition", "4", "--json").Json();
        var calibration = json.GetProperty("calibration");
        // The same operations counted from the sizes: one layer and 300 rows of the head, forward and back.
        const double Tokens = 579 + 128;
        const double Layer = 2 * 64 * 64 + 2 * 64 * 32 + 3 * 64 * 128;
        const double Flops = (4 * Layer * Tokens) + (3 * 4 * Tokens * Tokens * 64) + (4 * 64 * 300.0 * 64);
        var speed = calibration.GetProperty("flopsPerSecond").GetDouble();
        var cost = json.GetProperty("candidates")[3].GetProperty("cost");
        Assert.Multiple(() =>
        {
            Assert.That(speed * calibration.GetProperty("medianSeconds").GetDouble(), Is.EqualTo(Flops).Within(1e-6).Percent);
            Assert.That(calibration.GetProperty("passes").GetInt32(), Is.InRange(1, 5));
            Assert.That(
                cost.GetProperty("hours").GetDouble(),
                Is.EqualTo(cost.GetProperty("flops").GetDouble() / speed / 3600).Within(1e-6).Percent);
            Assert.That(json.GetProperty("transition").GetProperty("measured").GetBoolean(), Is.True);
            Assert.That(json.GetProperty("recommended").GetProperty("keptPrefix").GetInt32(), Is.EqualTo(4));
        });
    }

    [Test]
    public void A_layer_that_does_not_fit_in_memory_is_not_measured()
    {
        using var folder = new TempFolder();
        var run = CliRun.Of("plan", "--target", Small(folder, 1 << 18, 1 << 20), "--calibrate", "--json");
        Assert.Multiple(() =>
        {
            Assert.That(run.Code, Is.EqualTo(ExitCodes.Resources));
            Assert.That(
                run.Json().GetProperty("message").GetString(),
                Does.StartWith("One layer of this target with its activations takes").And.Contain("GB free"));
        });
    }

    [TestCase("plan", "--target is missing", "")]
    [TestCase("plan --target llama8b --memory 80", "--memory is \"80\"", "80GB")]
    [TestCase("plan --target llama8b --hours -1 --device h100", "--hours is -1", "")]
    [TestCase("plan --target llama8b --device b52", "--device is \"b52\"", "a100-80gb")]
    [TestCase("plan --target llama8b --device h100 --calibrate", "--device and --calibrate", "")]
    [TestCase("plan --target llama8b --device h100 --utilisation 1.5", "--utilisation is 1.5", "")]
    [TestCase("plan --target llama8b --transition 32", "--transition is 32", "")]
    [TestCase("plan --target llama8b --text-tokens 0", "--text-tokens is 0", "")]
    [TestCase("plan --target llama8b --supervised-tokens 200", "--supervised-tokens is 200; it must be between 1 and 128", "")]
    [TestCase("plan --target llama8b --dtype int8", "--dtype is \"int8\"", "")]
    [TestCase("plan --target llama8b --rehearse 2", "--layers 2 is too few", "")]
    public void A_wrong_line_is_a_usage_error_in_one_document(string line, string message, string remedy)
    {
        var run = CliRun.Of([.. line.Split(' '), "--json"]);
        var json = run.Json();
        Assert.Multiple(() =>
        {
            Assert.That(run.Code, Is.EqualTo(ExitCodes.Usage));
            if (line != "plan") Assert.That(json.GetProperty("message").GetString(), Does.Contain(message));
            Assert.That(json.TryGetProperty("remedy", out var text) ? text.GetString() ?? "" : "", Does.Contain(remedy));
        });
    }

    [Test]
    public void A_tower_is_refused_as_a_target()
    {
        var run = CliRun.Of("plan", "--target", Shared.Real("configs/clip-vit-large-patch14"), "--json");
        Assert.That(run.Code, Is.EqualTo(ExitCodes.Input));
        Assert.That(run.Json().GetProperty("message").GetString(), Does.Contain("the model type \"clip\" is not a known decoder family"));
    }
}
