using Grafting.Core;
using Grafting.Core.Training;

namespace Grafting.Tests.Training;

public class TrainingStateTests
{
    static readonly TrainingState State = new(12, 1, 5, "train-encoder --recipe \"é\"", "abc", "def", 1.0 / 3);

    [Test]
    public void What_is_written_is_read_to_the_last_bit() => Assert.That(TrainingState.FromJson(State.ToJson(), "x"), Is.EqualTo(State));

    [Test]
    public void The_first_form_which_named_no_schema_is_still_read()
    {
        const string First = """
            {
              "step": 12,
              "stage": 1,
              "stageStep": 5,
              "command": "train-encoder --recipe \"\u00E9\"",
              "recipe": "abc",
              "data": "def",
              "seconds": 0.3333333333333333
            }
            """;
        Assert.That(TrainingState.FromJson(First, "x"), Is.EqualTo(State));
    }

    [TestCase("graft.training-state/2", "newer|reads up to version 1")]
    [TestCase("graft.training-state/", "unknown schema")]
    [TestCase("graft.training-state/one", "unknown schema")]
    [TestCase("graft.checkpoint/1", "unknown schema \"graft.checkpoint/1\"")]
    public void Another_schema_is_refused_and_named(string schema, string because)
    {
        var json = State.ToJson().Replace(State.Schema, schema, StringComparison.Ordinal);
        var fault = Assert.Throws<GraftException>(() => TrainingState.FromJson(json, "run/state.json"))!;
        Assert.That(fault.Kind, Is.EqualTo(ErrorKind.Input));
        Assert.That(fault.Message, Does.StartWith("run/state.json: ").And.Match(because));
    }

    [Test]
    public void A_newer_schema_asks_for_a_newer_program() => Assert.That(
        Assert.Throws<GraftException>(
            () => TrainingState.FromJson(State.ToJson().Replace("state/1", "state/2", StringComparison.Ordinal), "x"))!.Remedy,
        Does.Contain("update this program"));

    [TestCase("")]
    [TestCase("null")]
    [TestCase("[]")]
    [TestCase("{}")]
    [TestCase("{ \"schema\": 1 }")]
    [TestCase("{ \"schema\": null }")]
    [TestCase("not JSON")]
    public void Garbage_is_named(string json) => Assert.That(
        () => TrainingState.FromJson(json, "run/state.json"),
        Throws.TypeOf<GraftException>().With.Message.StartsWith("run/state.json: ").And.Property("Kind").EqualTo(ErrorKind.Input));

    [TestCase("\"step\": 12", "\"step\": \"12\"")]
    [TestCase("\"step\": 12", "\"step\": -1")]
    [TestCase("\"step\": 12", "\"step\": 4")]
    [TestCase("\"stage\": 1", "\"stage\": 1.5")]
    [TestCase("\"stage\": 1", "\"stage\": 1, \"stage\": 2")]
    [TestCase("\"recipe\": \"abc\"", "\"recipe\": null")]
    [TestCase("\"recipe\": \"abc\"", "\"receipt\": \"abc\"")]
    public void Values_that_make_no_sense_are_refused(string old, string replacement)
    {
        var json = State.ToJson();
        Assert.That(json, Does.Contain(old));
        Assert.That(
            () => TrainingState.FromJson(json.Replace(old, replacement, StringComparison.Ordinal), "x"), Throws.TypeOf<GraftException>());
    }
}
