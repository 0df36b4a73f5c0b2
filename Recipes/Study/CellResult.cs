using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Grafting.Core;
using Grafting.Core.Checkpoints;
using Grafting.Core.Evaluation;

namespace Grafting.Recipes.Study;

/// <summary>What one system answered.</summary>
/// <param name="Right">One character per question, in their order: 1 where the answer is right.</param>
/// <param name="Nll">Nats per answer.</param>
public sealed record SystemAnswers(string Right, double Nll)
{
    public static SystemAnswers From(IReadOnlyList<ScoredAnswer> answers) =>
        new(string.Concat(answers.Select(answer => answer.Correct ? '1' : '0')), answers.Average(answer => answer.Nll));

    /// <summary>100 for a right answer, 0 for a wrong one.</summary>
    [JsonIgnore]
    public double[] Points => [.. Right.Select(mark => mark == '1' ? 100.0 : 0.0)];
}

/// <summary>One point of a fine-tuning curve.</summary>
/// <param name="Fraction">Of the data that the graft is fine-tuned on.</param>
/// <param name="Steps">Of fine-tuning.</param>
/// <param name="Flops">Of everything that led here.</param>
/// <param name="TrainSeconds">Time that it took.</param>
/// <param name="Validation">Percent right on the validation questions.</param>
public sealed record FineTunedPoint(
    double Fraction, int Steps, double Flops, double TrainSeconds, SystemAnswers Answers, double Validation);

/// <summary>What came of one cell; a file of its own, so that a study goes on where it was stopped.</summary>
/// <param name="Inputs">Digest of recipe, data and target: a result of other inputs is made anew.</param>
/// <param name="Systems">
/// Answers to the test questions: <c>pair</c> (the encoder with the decoder that it was trained against), <c>graft</c> (with the target),
/// <c>blind</c> (graft with pictures exchanged) and <c>words</c> (the decoder that was trained against, told in words).
/// </param>
/// <param name="Validation">Percent right on the validation questions, by system.</param>
/// <param name="Flops">Of the training, see <see cref="StudyCost"/>.</param>
/// <param name="TrainSeconds">Time; everything else in this record is the same in every run on the same machine.</param>
/// <param name="AskSeconds">Time.</param>
/// <param name="Curve">Null where nothing is fine-tuned.</param>
public sealed record CellResult(
    string Schema, StudyCell Cell, string Inputs, IReadOnlyDictionary<string, SystemAnswers> Systems, IReadOnlyDictionary<string,
    double> Validation,
    double Flops, double TrainSeconds, double AskSeconds, IReadOnlyList<FineTunedPoint>? Curve = null)
{
    public const string Version = "graft.study.cell/1";

    internal static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        RespectRequiredConstructorParameters = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    [JsonIgnore]
    public double Seconds => TrainSeconds + AskSeconds;

    public void Write(string path) => AtomicFile.WriteText(path, JsonSerializer.Serialize(this, Format) + "\n");

    /// <summary>The result in a file; null where there is none, or it was made from other inputs.</summary>
    /// <param name="inputs">Those expected; null takes any.</param>
    /// <exception cref="GraftException">Input: the file is damaged.</exception>
    public static CellResult? Read(string path, string? inputs)
    {
        if (!File.Exists(path)) return null;
        try
        {
            var result = JsonSerializer.Deserialize<CellResult>(File.ReadAllText(path), Format);
            return result?.Schema == Version && (inputs is null || result.Inputs == inputs) ? result : null;
        }
        catch (JsonException e)
        {
            throw Fault.Input($"{path} is damaged: {e.Message}", "Delete it; the study makes it again.", e);
        }
    }
}
