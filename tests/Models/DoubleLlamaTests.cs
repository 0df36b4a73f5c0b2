using Grafting.Tests.Support;

namespace Grafting.Tests.Models;

/// <summary>The tests' own reference, against float64 numbers that others computed.</summary>
public class DoubleLlamaTests
{
    const double Rounding = 1e-9;

    [Test]
    public void States_and_probabilities_are_those_of_the_float64_reference()
    {
        var npz = Shared.Real("models/stories260K_reference.npz");
        using var model = new DoubleLlama(Shared.Real("models/stories260K"));
        var ids = Npz.Longs(npz, "ids").Values.Select(id => (int)id).ToArray();
        var borders = model.Borders(ids);
        var logits = Npz.Doubles(npz, "logits");
        Assert.Multiple(() =>
        {
            for (var border = 0; border <= model.Layers; border++)
                Assert.That(
                    borders[border].SelectMany(row => row), Is.EqualTo(Npz.Doubles(npz, $"hidden_{border}").Values).Within(Rounding),
                    $"border {border}");
            for (var row = 0; row < ids.Length; row++)
            {
                var logs = model.LogProbabilities(borders[^1][row]);
                var expected = logits.Values[(row * model.Vocabulary)..((row + 1) * model.Vocabulary)];
                // Log-probabilities are logits but for a constant.
                Assert.That(
                    logs.Zip(expected, (a, b) => a - b).Max() - logs.Zip(expected, (a, b) => a - b).Min(), Is.LessThan(Rounding),
                    $"row {row}");
            }
        });
    }
}
