using System.Globalization;
using System.Text.Json;
using Grafting.Core;
using Grafting.Surrogates.Analysis;

namespace Grafting.Tests.Surrogates.Analysis;

public class AnalysisResultTests
{
    internal static readonly AnalysisFacts Facts = new(
        "toy", "grafts/toy", "sha256:00", 12_345, "float32", "exact", ulong.MaxValue, "texts/genqa.jsonl", "sha256:11",
        "libtorch 1.13.1 (system)");

    [Test]
    public void Json_reads_back_bit_for_bit([Values(Family.Llama, Family.Straight)] Family family)
    {
        var written = AnalysisResult.Of(Facts, SyntheticCurves.Measurements(family, 4, samples: 9, noise: 0.4));
        var text = written.ToJson().ToJsonString();
        var read = AnalysisResult.FromJson(JsonElement.Parse(text));
        Assert.Multiple(() =>
        {
            Assert.That(read.ToJson().ToJsonString(), Is.EqualTo(text));
            Assert.That(read.Facts, Is.EqualTo(written.Facts));
            Assert.That(read.Measurements.Samples, Is.EqualTo(written.Measurements.Samples));
            Assert.That(read.Analysis.Proposal, Is.EqualTo(written.Analysis.Proposal));
            Assert.That(read.Analysis.NoProposal, Is.EqualTo(written.Analysis.NoProposal));
            foreach (var criterion in Enum.GetValues<Criterion>())
            {
                Assert.That(read.Measurements.Values[criterion], Is.EqualTo(written.Measurements.Values[criterion]));
                Assert.That(read.Analysis.Findings[criterion].Transition, Is.EqualTo(written.Analysis.Findings[criterion].Transition));
                Assert.That(read.Analysis.Findings[criterion].Mean, Is.EqualTo(written.Analysis.Findings[criterion].Mean));
            }
        });
    }

    [Test]
    public void The_document_has_these_names()
    {
        var json = AnalysisResult.Of(Facts, SyntheticCurves.Measurements(Family.Prototype, 1, samples: 40)).ToJson();
        Assert.Multiple(() =>
        {
            Assert.That(json.Select(pair => pair.Key), Is.EqualTo(new[]
            {
                "target", "layers", "samples", "tokens", "dtype", "arithmetic", "seed", "text", "library", "transition", "proposal",
                "no_proposal",
                "disagreements", "criteria", "curves",
            }));
            Assert.That(json["criteria"]!.AsObject().Select(pair => pair.Key), Is.EqualTo(
                new[] { "trajectory_kl", "vocabulary_kl", "top1_agreement", "block_influence" }));
            Assert.That(json["criteria"]!["trajectory_kl"]!.AsObject().Select(pair => pair.Key), Is.EqualTo(
                new[] { "unit", "transition", "reason", "evidence", "mean" }));
            Assert.That(json["transition"]!.ToJsonString(), Is.EqualTo("""{"layer":4,"low":4,"high":4,"support":1}"""));
            Assert.That(json["proposal"]!.ToJsonString(), Is.EqualTo("""{"first":4,"last":6}"""));
            Assert.That((ulong)json["seed"]!, Is.EqualTo(ulong.MaxValue));
        });
    }

    [TestCase("\"tokens\":12345", "\"tokens\":\"many\"", "the analysis is malformed")]
    [TestCase("\"tokens\":12345", "\"tokens\":0", "tokens is 0; expected at least 1.")]
    [TestCase("\"arithmetic\":\"exact\"", "\"arithmetic\":\"fast\"", "arithmetic is \"fast\"")]
    [TestCase("\"layers\":8", "\"layers\":9", "expected 9")]
    [TestCase("\"curves\"", "\"lines\"", "the analysis is malformed")]
    [TestCase("\"identity\":\"sha256:00\"", "\"identity\":null", "a text is null")]
    public void What_is_malformed_is_said(string here, string instead, string message)
    {
        var text = AnalysisResult.Of(Facts, SyntheticCurves.Measurements(Family.Prototype, 1, samples: 5)).ToJson().ToJsonString();
        var broken = text.Replace(here, instead, StringComparison.Ordinal);
        Assert.That(broken, Is.Not.EqualTo(text));
        var fault = Assert.Throws<GraftException>(() => AnalysisResult.FromJson(JsonElement.Parse(broken)));
        Assert.That(fault!.Kind, Is.EqualTo(ErrorKind.Input));
        Assert.That(fault.Message, Does.Contain(message));
    }

    [Test]
    public void The_table_holds_every_value_of_every_sample_and_layer()
    {
        var measurements = SyntheticCurves.Measurements(Family.Prototype, 1, samples: 3) with
        {
            Samples = ["plain", "a, \"b\"", "two\nlines"],
        };
        var csv = AnalysisResult.Of(Facts, measurements).ToCsv();
        var records = Csv(csv);
        Assert.Multiple(() =>
        {
            Assert.That(
                string.Join(',', records[0]), Is.EqualTo("sample,layer,trajectory_kl,vocabulary_kl,top1_agreement,block_influence"));
            Assert.That(records, Has.Count.EqualTo(1 + 3 * 8));
            Assert.That(csv, Does.EndWith("\r\n").And.Contain("\"a, \"\"b\"\"\",0,"));
            for (var i = 1; i < records.Count; i++)
            {
                var (sample, layer) = ((i - 1) / 8, (i - 1) % 8);
                Assert.That(
                    records[i][..2], Is.EqualTo(new[] { measurements.Samples[sample], layer.ToString(CultureInfo.InvariantCulture) }));
                Assert.That(records[i][2..].Select(field => double.Parse(field, CultureInfo.InvariantCulture)), Is.EqualTo(
                    Enum.GetValues<Criterion>().Select(criterion => measurements.Values[criterion][sample][layer])));
            }
        });
    }

    [Test]
    public void Numbers_have_a_point_whatever_the_language_of_the_machine()
    {
        var result = AnalysisResult.Of(Facts, SyntheticCurves.Measurements(Family.Prototype, 1, samples: 5));
        var texts = Texts(result);
        var before = CultureInfo.CurrentCulture;
        try
        {
            // Programs of ours know no language but the invariant one; a comma can still be set.
            var comma = (CultureInfo)CultureInfo.InvariantCulture.Clone();
            comma.NumberFormat.NumberDecimalSeparator = ",";
            comma.NumberFormat.NegativeSign = "~";
            CultureInfo.CurrentCulture = comma;
            Assert.That($"{1.5}", Is.EqualTo("1,5"));
            Assert.That(Texts(AnalysisResult.Of(Facts, result.Measurements)), Is.EqualTo(texts));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }

        static string[] Texts(AnalysisResult result) => [result.ToCsv(), result.ToJson().ToJsonString(), AnalysisReport.Render(result)];
    }

    /// <summary>Records of RFC 4180.</summary>
    static List<string[]> Csv(string text)
    {
        List<string[]> records = [];
        List<string> fields = [];
        var field = new System.Text.StringBuilder();
        var quoted = false;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (quoted)
            {
                if (c != '"') field.Append(c);
                else if (i + 1 < text.Length && text[i + 1] == '"') field.Append(text[i++]);
                else quoted = false;
            }
            else if (c == '"') quoted = true;
            else if (c == ',' || c == '\r')
            {
                fields.Add(field.ToString());
                field.Clear();
                if (c != '\r') continue;
                records.Add([.. fields]);
                fields.Clear();
                Assert.That(text[++i], Is.EqualTo('\n'));
            }
            else field.Append(c);
        }
        return records;
    }
}
