using System.Text.Json;
using Grafting.Core;
using Grafting.Core.Evaluation;

namespace Grafting.Tests.Evaluation;

public class TransferResultTests
{
    static readonly JsonSerializerOptions indented = new() { WriteIndented = true };

    [Test]
    public void The_document_is_the_schema_to_the_letter()
    {
        var pair = SystemScore.From([Answered("1", "color", "red", true, 0.25), Answered("1", "count", "two", true, 0.5)], seed: 1);
        var graft = SystemScore.From([Answered("1", "color", "red", true, 0.125), Answered("1", "count", "three", false, 1.5)], seed: 1);
        KeyValuePair<string, SystemScore>[] systems = [new("pair", pair), new("graft", graft)];
        var result = new TransferResult(
            "toy", "/s", "/b", "/g", systems, [new("graft-pair", graft.Minus(pair, seed: 1))],
            [new("stage 1", 1.2345), new("evaluation", 2)],
            TransferResult.ChooseExamples(systems, 1), "/g/report.html");
        Assert.That(result.ToJson().ToJsonString(indented), Is.EqualTo(
            """
            {
              "schema": "graft.transfer/1",
              "ok": true,
              "target": "toy",
              "surrogate": "/s",
              "bundle": "/b",
              "graft": "/g",
              "systems": {
                "pair": {
                  "exactMatch": {
                    "value": 100,
                    "low": 100,
                    "high": 100
                  },
                  "nll": {
                    "value": 0.375,
                    "low": 0.375,
                    "high": 0.375
                  },
                  "byType": {
                    "color": {
                      "count": 1,
                      "exactMatch": 100
                    },
                    "count": {
                      "count": 1,
                      "exactMatch": 100
                    }
                  },
                  "samples": 2
                },
                "graft": {
                  "exactMatch": {
                    "value": 50,
                    "low": 50,
                    "high": 50
                  },
                  "nll": {
                    "value": 0.8125,
                    "low": 0.8125,
                    "high": 0.8125
                  },
                  "byType": {
                    "color": {
                      "count": 1,
                      "exactMatch": 100
                    },
                    "count": {
                      "count": 1,
                      "exactMatch": 0
                    }
                  },
                  "samples": 2
                }
              },
              "differences": {
                "graft-pair": {
                  "value": -50,
                  "low": -50,
                  "high": -50,
                  "parity": false
                }
              },
              "seconds": {
                "stage 1": 1.23,
                "evaluation": 2
              },
              "questions": 2,
              "report": "/g/report.html",
              "examples": [
                {
                  "id": "1",
                  "image": "1.png",
                  "type": "color",
                  "question": "What color?",
                  "expected": "red",
                  "answers": {
                    "pair": {
                      "given": "red",
                      "correct": true,
                      "nll": 0.25
                    },
                    "graft": {
                      "given": "red",
                      "correct": true,
                      "nll": 0.125
                    }
                  }
                }
              ]
            }
            """.ReplaceLineEndings()));
    }

    [Test]
    public void Parity_is_an_interval_that_contains_zero()
    {
        Assert.That(new SystemDifference(new Interval(-1, -3, 1)).Parity, Is.True);
        Assert.That(new SystemDifference(new Interval(-2, -3, -1)).Parity, Is.False);
    }

    [Test]
    public void Systems_that_answered_different_questions_are_not_compared()
    {
        var one = SystemScore.From([Answered("1", "color", "red", true, 1)], 1);
        var two = SystemScore.From([Answered("2", "color", "red", true, 1)], 1);
        Assert.Throws<ArgumentException>(() => one.Minus(two, 1));
    }

    [Test]
    public void A_likelihood_that_is_no_number_is_named()
    {
        var fault = Assert.Throws<GraftException>(() => SystemScore.From([Answered("q7", "color", "red", true, double.NaN)], 1));
        Assert.That(
            (fault!.Kind, fault.Message), Is.EqualTo((ErrorKind.Numerics, "the likelihood of the answer \"red\" to question q7 is NaN.")));
    }

    [Test]
    public void Examples_take_the_kinds_in_turn_and_do_not_repeat_a_picture_while_there_are_others()
    {
        ScoredAnswer[] answers =
        [
            Answered("a", "color", "red", true, 1), Answered("b", "color", "red", true, 1), Answered("a", "count", "two", true, 1),
            Answered("c", "count", "two", true, 1),
        ];
        KeyValuePair<string, SystemScore>[] systems = [new("pair", SystemScore.From(answers, 1))];
        Assert.That(
            TransferResult.ChooseExamples(systems, 4).Select(example => example.Type + " " + example.Picture),
            Is.EqualTo(new[] { "color a.png", "color b.png", "count c.png", "count a.png" }));
    }

    static ScoredAnswer Answered(string id, string type, string given, bool correct, double nll) =>
        new(id, id + ".png", type, type == "color" ? "What color?" : "How many?", type == "color" ? "red" : "two", given, correct, nll);
}
