using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Grafting.Core;

namespace Grafting.Surrogates.Analysis;

/// <summary>What was measured how.</summary>
/// <param name="Target">Name.</param>
/// <param name="TargetPath">Folder of the checkpoint.</param>
/// <param name="TargetIdentity">A digest that is the same wherever the target lies.</param>
/// <param name="Tokens">Of all samples.</param>
/// <param name="DType">In which the target ran, e.g. <c>float32</c>.</param>
/// <param name="Arithmetic"><c>exact</c>, or <c>zero</c> for the published code's rounding and clamping.</param>
/// <param name="Seed">Of the choice of samples and of the resampling.</param>
/// <param name="TextPath">The text that was read.</param>
/// <param name="TextFingerprint">Digest of that text.</param>
/// <param name="Library">Tensor library with its version.</param>
public sealed record AnalysisFacts(
    string Target, string TargetPath, string TargetIdentity, long Tokens, string DType, string Arithmetic, ulong Seed, string TextPath,
    string TextFingerprint, string Library)
{
    /// <exception cref="GraftException">Of kind Input: there is no token, or the arithmetic is unknown.</exception>
    public AnalysisFacts Validate()
    {
        if (Tokens < 1) throw Fault.Input(string.Create(CultureInfo.InvariantCulture, $"tokens is {Tokens}; expected at least 1."));
        if (Arithmetic is not ("exact" or "zero"))
            throw Fault.Input($"arithmetic is {Printable.Quote(Arithmetic)}; expected \"exact\" or \"zero\".", "Run graft analyze again.");
        return this;
    }
}

/// <summary>Everything that <c>graft analyze</c> found.</summary>
public sealed record AnalysisResult(AnalysisFacts Facts, LayerMeasurements Measurements, TransitionAnalysis Analysis)
{
    /// <exception cref="GraftException">Facts or measurements are malformed, or a value is not finite.</exception>
    public static AnalysisResult Of(AnalysisFacts facts, LayerMeasurements measurements) =>
        new(facts.Validate(), measurements, TransitionAnalysis.Of(measurements, facts.Seed));

    /// <summary>
    /// Facts, then the finding of each criterion with the mean and its 95 % interval at every layer, then the curves of every sample.
    /// Numbers are written so that they read back bit for bit.
    /// </summary>
    public JsonObject ToJson() => AnalysisJson.Write(this);

    /// <exception cref="GraftException">Of kind Input: malformed; says what is.</exception>
    public static AnalysisResult FromJson(JsonElement json)
    {
        try
        {
            return AnalysisJson.Read(json);
        }
        catch (Exception error) when (error is KeyNotFoundException or InvalidOperationException or FormatException or JsonException)
        {
            throw Fault.Input($"the analysis is malformed: {error.Message}", "Run graft analyze again.", error);
        }
    }

    /// <summary>The curves as a table for other programs (RFC 4180, numbers with a point): one line per sample and layer.</summary>
    public string ToCsv()
    {
        var csv = new StringBuilder("sample,layer").AppendJoin("", Criteria.All.Select(criterion => "," + criterion.Key())).Append("\r\n");
        for (var sample = 0; sample < Measurements.Samples.Count; sample++)
        {
            for (var layer = 0; layer < Measurements.Layers; layer++)
            {
                csv.Append(CsvField(Measurements.Samples[sample])).Append(CultureInfo.InvariantCulture, $",{layer}");
                foreach (var criterion in Criteria.All)
                    csv.Append(CultureInfo.InvariantCulture, $",{Measurements.Values[criterion][sample][layer]:R}");
                csv.Append("\r\n");
            }
        }
        return csv.ToString();
    }

    static string CsvField(string text) =>
        text.AsSpan().IndexOfAny(",\"\r\n") < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
