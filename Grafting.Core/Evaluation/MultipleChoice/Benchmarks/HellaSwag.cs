using Grafting.Core.Text;
using System.Text.RegularExpressions;

namespace Grafting.Core.Evaluation.MultipleChoice.Benchmarks;

/// <summary>HellaSwag (Zellers et al., arXiv 1905.07830): which of four endings goes on with a description of everyday doings.</summary>
sealed partial class HellaSwag : ChoiceTask
{
    const int Endings = 4;

    public override string Name => "hellaswag";

    internal override IReadOnlyList<string> QuestionSplits => ["validation", "val", "valid"];

    internal override ChoiceQuestion Read(ChoiceRecord record)
    {
        var context = $"{record.Text("activity_label")}: {record.Text("ctx_a")} {PythonText.Capitalize(record.Text("ctx_b"))}";
        var list = record.Json["endings"];
        string[] endings = [.. list.Items().Select(ending => Clean(ending.Text()))];
        if (endings.Length != Endings) throw list.Wrong($"has {endings.Length} endings; {Endings} were expected.");
        return new ChoiceQuestion(record.Id("ind"), record.Place, "", [Clean(context)], endings, record.AnswerIndex("label", Endings));
    }

    /// <summary>
    /// Takes out the marks that WikiHow's articles have left: a title becomes a full stop, everything else in brackets goes.
    /// </summary>
    static string Clean(string text)
    {
        var whole = PythonText.Strip(text).Replace(" [title]", ". ", StringComparison.Ordinal);
        return Bracketed().Replace(whole, "").Replace("  ", " ", StringComparison.Ordinal);
    }

    [GeneratedRegex(@"\[.*?\]")]
    private static partial Regex Bracketed();
}
