using System.Globalization;
using Grafting.Core.Evaluation;
using Grafting.Core.Evaluation.MultipleChoice;
using Grafting.Recipes.Runs;
using Grafting.Surrogates.Analysis;
using Spectre.Console;
using Wording = Grafting.Core.Reporting.Wording;

namespace Grafting.Cli.Rendering;

/// <summary>The results of language models on a text and on benchmarks as tables.</summary>
static class LanguageTable
{
    public static void Write(IAnsiConsole console, LanguageResult result)
    {
        if (result.Text is { } text) Write(console, text);
        if (result.Exam is { } exam) Write(console, exam);
        else foreach (var (name, folder) in result.Models) console.Profile.Out.Writer.WriteLine($"{name}: {Path.GetFullPath(folder)}");
    }

    static void Write(IAnsiConsole console, LanguageQuality text)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns("on text", "every token");
        if (text.Answers is not null) table.AddColumn("answers");
        Row("target: loss, nats/token", score => score.TargetLoss);
        Row("surrogate: loss, nats/token", score => score.SurrogateLoss);
        Row("surrogate − target: loss", score => score.LossDifference);
        Row("KL(target ‖ surrogate), nats/token", score => score.Divergence);
        Row("same likeliest token, %", score => score.Agreement, 100);
        table.AddRow(["tokens", .. Scores(text).Select(score => $"{score.Tokens}")]);
        console.Write(table);
        console.Profile.Out.Writer.WriteLine($"{text.Passages} passages, over which the 95 % intervals are");

        void Row(string what, Func<LanguageScore, Interval> of, double scale = 1) =>
            table.AddRow([what, .. Scores(text).Select(score => Figures(of(score), scale))]);
    }

    static IEnumerable<LanguageScore> Scores(LanguageQuality text) => text.Answers is { } answers ? [text.All, answers] : [text.All];

    static void Write(IAnsiConsole console, LanguageExam exam)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns("task", "questions", "metric");
        foreach (var model in exam.Models) table.AddColumn(new TableColumn($"{model.Name} %").RightAligned());
        foreach (var difference in exam.Tasks[0].Differences)
            table.AddColumn(difference.Name.Replace("-", " − ", StringComparison.Ordinal));
        foreach (var task in exam.Tasks)
        {
            var scores = task.Scores.Select(model => model.Value).ToList();
            foreach (var (metric, _) in scores[0].Metrics)
                table.AddRow(
                    [
                        task.Task, $"{task.Questions}", metric.Name(), .. Cells(scores, metric),
                        .. task.Differences.Select(d => Points(d, metric)),
                    ]);
            foreach (var subject in scores[0].Subjects.Select(entry => entry.Key))
            {
                var parts = scores.Select(score => score.Subjects.First(entry => entry.Key == subject).Value).ToList();
                foreach (var (metric, _) in parts[0].Metrics)
                    table.AddRow(
                        [
                            Markup.Escape($"  {subject}"), $"{parts[0].Answers.Count}", metric.Name(), .. Cells(parts, metric),
                            .. task.Differences.Select(_ => ""),
                        ]);
            }
        }
        console.Write(table);

        var writer = console.Profile.Out.Writer;
        writer.WriteLine(
            $"{exam.Shots} examples before each question; ± is the standard error; differences in points with their 95 % intervals");
        foreach (var model in exam.Models)
            writer.WriteLine(FormattableString.Invariant($"{model.Name}: {model.Path}, {model.Layers} layers, {model.Seconds:F1} s"));
    }

    static IEnumerable<string> Cells(IEnumerable<TaskScore> scores, ChoiceMetric metric) => scores.Select(score =>
        One(score[metric].Percent.Value) + (score[metric].StandardError is { } error ? $" ± {One(error)}" : ""));

    static string Points(TaskDifference difference, ChoiceMetric metric) =>
        Wording.Figures(difference.Points.First(entry => entry.Key == metric).Value, One);

    static string Figures(Interval interval, double scale)
    {
        var digits = Math.Abs(scale * interval.Value) < 0.1 ? "0.00000" : "0.000";
        return Wording.Figures(interval, value => (scale * value).ToString(digits, CultureInfo.InvariantCulture));
    }

    static string One(double value) => value.ToString("F1", CultureInfo.InvariantCulture);
}
