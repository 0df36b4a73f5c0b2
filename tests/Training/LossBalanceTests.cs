using Grafting.Core.Text;
using Grafting.Core.Training;

namespace Grafting.Tests.Training;

/// <summary>
/// Answers of 1, 3 and 7 tokens, whose weights ln 2, ln 4 and ln 8 stand as 1 : 2 : 3, so that the factors below can be done in the head.
/// </summary>
public class LossBalanceTests
{
    static readonly StageConfig s_stage = new() { Name = "s", Steps = 1, ImageBatch = 1, LearningRate = 1, Train = [] };

    /// <summary>A picture (or not), a question of two tokens and its end, then an answer of so many tokens, its end included.</summary>
    static EncodedSample Sample(string id, bool picture, int answer, float template = 0)
    {
        int[] ids = [1, picture ? EncodedChat.ImageSlot : 2, 3, 4, .. Enumerable.Range(10, answer)];
        float[] weights = [0, 0, 0, template, .. Enumerable.Repeat(1f, answer)];
        return new EncodedSample(
            id, new EncodedChat(ids, weights) { Turns = [new(Role.User, 1, 4), new(Role.Assistant, 4, ids.Length)] },
            picture ? [Array.Empty<float>()] : []);
    }

    static EncodedSample[] Samples =>
        [Sample("long", true, 7), Sample("short", true, 1), Sample("middle", true, 3), Sample("text", false, 2)];

    /// <summary>The weights of each sample's labels times the step's 13 tokens, in the order of the samples.</summary>
    static List<float[]> Factors(LossBalance? balance, int microBatch = 10, int imageTokens = 2, params EncodedSample[] samples)
    {
        if (samples.Length == 0) samples = Samples;
        var total = samples.Sum(s => s.Chat.Weights.Sum());
        var batch = StepBatch.Build(samples, s_stage with { Balance = balance, MicroBatch = microBatch }, imageTokens);
        return
        [
            .. from part in batch.Parts
               from owner in part.Packed.TargetOwners.Distinct()
               select part.Packed.TargetWeights.Where((_, i) => part.Packed.TargetOwners[i] == owner).Select(w => w * total).ToArray(),
        ];
    }

    static void AssertFactors(List<float[]> factors, params float[][] expected)
    {
        Assert.That(factors, Has.Count.EqualTo(expected.Length));
        // Float32 weights, divided by the total and multiplied by it again.
        for (var i = 0; i < expected.Length; i++) Assert.That(factors[i], Is.EqualTo(expected[i]).Within(2e-6), $"sample {i}");
    }

    static float[] Of(int count, double factor) => [.. Enumerable.Repeat((float)factor, count)];

    [Test]
    public void Without_a_balance_every_token_weighs_1() => AssertFactors(Factors(null), Of(7, 1), Of(1, 1), Of(3, 1), Of(2, 1));

    [Test]
    public void A_short_answer_about_a_picture_weighs_as_its_logarithm_is_smaller() =>
        AssertFactors(Factors(new LossBalance()), Of(7, 1), Of(1, 3), Of(3, 1.5), Of(2, 1));

    [Test]
    public void The_order_is_a_power() =>
        AssertFactors(Factors(new LossBalance { Order = 2 }), Of(7, 1), Of(1, 9), Of(3, 2.25), Of(2, 1));

    [Test]
    public void Order_0_changes_nothing() => AssertFactors(Factors(new LossBalance { Order = 0 }), Of(7, 1), Of(1, 1), Of(3, 1), Of(2, 1));

    // Factors 1, 3, 1.5, and 3 for the text, which counts as an answer of one token: their mean is 2.125.
    [Test]
    public void The_mean_is_taken_out_before_the_floor() =>
        AssertFactors(Factors(new LossBalance { Normalise = true }), Of(7, 1), Of(1, 3 / 2.125), Of(3, 1), Of(2, 1));

    [Test]
    public void The_correct_form_does_not_depend_on_how_the_step_is_split([Values(1, 2, 3)] int microBatch, [Values] bool normalise)
    {
        var balance = new LossBalance { Normalise = normalise };
        AssertFactors(Factors(balance, microBatch), [.. Factors(balance)]);
    }

    [Test]
    public void Labels_of_the_template_keep_their_weight_and_do_not_count()
    {
        EncodedSample[] samples = [Sample("long", true, 7, 0.5f), Sample("short", true, 1, 0.5f)];
        AssertFactors(Factors(new LossBalance(), samples: samples), [0.5f, .. Of(7, 1)], [0.5f, 3]);
    }

    [Test]
    public void Every_answer_of_a_conversation_is_weighed_by_itself()
    {
        int[] ids = [1, EncodedChat.ImageSlot, 2, 10, 3, 11, 12, 13, 14, 15, 16, 17];
        float[] weights = [0, 0, 0, 1, 0, 1, 1, 1, 1, 1, 1, 1];
        var chat = new EncodedChat(ids, weights)
        {
            Turns = [new(Role.User, 1, 3), new(Role.Assistant, 3, 4), new(Role.User, 4, 5), new(Role.Assistant, 5, 12)],
        };
        AssertFactors(Factors(new LossBalance(), samples: [new EncodedSample("two", chat, [Array.Empty<float>()])]), [3, .. Of(7, 1)]);
    }

    [Test]
    public void Samples_that_do_not_tell_their_answers_are_not_balanced_in_silence([Values] bool compat)
    {
        var sample = Sample("x7", true, 2);
        sample = sample with { Chat = sample.Chat with { Turns = [] } };
        Assert.That(
            Assert.Throws<ArgumentException>(() => Factors(new LossBalance { Compat = compat }, samples: [sample]))!.Message,
            Does.Contain("x7"));
    }

    // Positions with a picture of 2: begin 1, picture 2, question 2, answer n. 'long' takes 7 and is the longest, 'short' 6 and 1 of
    // padding.
    [Test]
    public void The_published_form_counts_masked_positions_pictures_and_padding()
    {
        EncodedSample[] samples = [Sample("long", true, 2), Sample("short", true, 1)];
        AssertFactors(Factors(new LossBalance { Compat = true }, samples: samples), Of(2, 1), Of(1, Math.Log(8) / Math.Log(7)));
        var mean = (1 + (Math.Log(8) / Math.Log(7)) + (Math.Log(8) / Math.Log(2))) / 3;
        Assert.That(mean, Is.GreaterThan(Math.Log(8) / Math.Log(7)), "the padding alone has a factor above the mean");
        AssertFactors(Factors(new LossBalance { Compat = true, Normalise = true }, samples: samples), Of(2, 1), Of(1, 1));
    }

    // The question's labelled end splits: 5 positions and 2; 5, 1 and 1 of padding. Largest is 5.
    [Test]
    public void The_published_form_splits_behind_every_labelled_end_and_weighs_labels_of_the_template_too()
    {
        EncodedSample[] samples = [Sample("long", true, 2, 0.5f), Sample("short", true, 1, 0.5f)];
        AssertFactors(
            Factors(new LossBalance { Compat = true }, samples: samples),
            [0.5f, .. Of(2, Math.Log(6) / Math.Log(3))], [0.5f, (float)(Math.Log(6) / Math.Log(2))]);
    }

    [Test]
    public void The_published_form_depends_on_how_the_step_is_split()
    {
        EncodedSample[] samples = [Sample("long", true, 2), Sample("short", true, 1), Sample("text", false, 4)];
        var balance = new LossBalance { Compat = true };
        AssertFactors(Factors(balance, 3, samples: samples), Of(2, Math.Log(8) / Math.Log(8)), Of(1, Math.Log(8) / Math.Log(7)), Of(4, 1));
        AssertFactors(Factors(balance, 1, samples: samples), Of(2, 1), Of(1, 1), Of(4, 1));
    }
}
