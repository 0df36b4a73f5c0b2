using System.Globalization;
using System.Text.Json.Nodes;
using Grafting.Core;
using Grafting.Core.Data;
using Grafting.Tests.Support;

namespace Grafting.Tests.Data;

/// <summary>How JSON files are cut into records, whatever these hold.</summary>
public class JsonFileTests
{
    [Test]
    public void An_array_JSON_Lines_and_values_over_several_lines_are_read_alike([Values] bool byteOrderMark)
    {
        using var folder = new TempFolder();
        folder.Write("a.png", LlavaFiles.Picture);
        JsonObject[] samples = [.. Enumerable.Range(0, 5).Select(i => LlavaFiles.Sample($"s{i}"))];
        var indented = new System.Text.Json.JsonSerializerOptions { WriteIndented = true };
        string[] contents =
        [
            new JsonArray([.. samples.Select(sample => sample.DeepClone())]).ToJsonString(),
            new JsonArray([.. samples.Select(sample => sample.DeepClone())]).ToJsonString(indented) + "\n",
            string.Join('\n', samples.Select(sample => sample.ToJsonString())),
            string.Join("\r\n\r\n", samples.Select(sample => sample.ToJsonString())) + "\r\n",
            string.Join('\n', samples.Select(sample => sample.ToJsonString(indented))),
        ];
        foreach (var content in contents)
        {
            using var data = Dataset.Load(folder.Write("data.json", (byteOrderMark ? "\uFEFF" : "") + content));
            Assert.That(data.Select(sample => sample.Id), Is.EqualTo(new[] { "s0", "s1", "s2", "s3", "s4" }));
            Assert.That(data[3].Turns[0].Text, Is.EqualTo("<image>\nWhat is this?"));
        }
    }

    [Test]
    public void A_file_larger_than_the_reading_buffer_is_read_whole()
    {
        using var folder = new TempFolder();
        // One sample of 3 MB among many small ones; umlauts so that characters fall across the borders of the buffer.
        var text = new string('ä', 700_000);
        var path = LlavaFiles.Write(
            folder,
            Enumerable.Range(0, 3000).Select(i => LlavaFiles.Sample($"s{i}", answer: i == 1500 ? text + text : $"{i} {text[..200]}")));
        using var data = Dataset.Load(path);
        Assert.Multiple(() =>
        {
            Assert.That(new FileInfo(path).Length, Is.GreaterThan(4 << 20));
            Assert.That(data, Has.Count.EqualTo(3000));
            Assert.That(data[1500].Turns[1].Text, Has.Length.EqualTo(1_400_000));
            Assert.That(data[2999].Turns[1].Text, Does.StartWith("2999 ä"));
        });
    }

    [TestCase("[{\"id\": \"a\",}]", 1, 13)]
    [TestCase("[\n{\"id\": \"a\" \"image\": 1}]", 2, 12)]
    [TestCase("[\n{\"id\": \"a\"}\n{\"id\": \"b\"}]", 3, 1)]
    [TestCase("{\"id\": \"a\"}\n{\"id\"", 2, 6)]
    [TestCase("[]\n{}", 2, null)]
    [TestCase("hello", 1, 1)]
    [TestCase("[{\"id\": \"\u0001\"}]", 1, 10)]
    [TestCase("[{\"id\": \"a\"},\n{\"id\": NaN}]", 2, 8)]
    [TestCase("[{\"id\": -Infinity}]", 1, 10)]
    public void A_syntax_error_is_told_by_line_and_column(string content, int line, int? column)
    {
        using var folder = new TempFolder();
        var error = Assert.Throws<GraftException>(() => Dataset.Load(folder.Write("data.json", content)))!;
        Assert.That(error.Message, Does.Contain(string.Create(CultureInfo.InvariantCulture, $"line {line}")));
        if (column is not null)
            Assert.That(error.Message, Does.Contain(string.Create(CultureInfo.InvariantCulture, $"line {line}, column {column}:")));
    }

    [Test]
    public void What_is_nested_without_end_is_refused_with_its_place()
    {
        using var folder = new TempFolder();
        var path = folder.Write("data.json", "[{\"id\": \"a\"},\n" + new string('[', 100_000));
        Assert.That(
            Assert.Throws<GraftException>(() => Dataset.Load(path))!.Message,
            Does.Contain("line 2, column 64: not valid JSON").And.Contain("depth"));
    }

    [Test]
    public void A_sample_beyond_all_measure_is_refused_before_it_is_held()
    {
        using var folder = new TempFolder();
        var path = folder["data.jsonl"];
        using (var file = File.CreateText(path))
        {
            file.WriteLine(LlavaFiles.Sample("small", image: null).ToJsonString());
            file.Write("{\"id\": \"");
            for (var i = 0; i < 70; i++) file.Write(new string('a', 1 << 20));
        }
        Assert.That(
            Assert.Throws<GraftException>(() => Dataset.Load(path))!.Message,
            Does.Contain("the sample at line 2 is larger than 67108864 bytes"));
    }
}
