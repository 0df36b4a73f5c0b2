namespace Grafting.Core.Evaluation.MultipleChoice;

/// <summary>
/// A multiple-choice benchmark: how its records are read and how its questions are put. Prompts, metrics and splits are those of the task
/// of the same name in EleutherAI's lm-evaluation-harness (<c>lm_eval/tasks</c>).
/// </summary>
public abstract class ChoiceTask
{
    public abstract string Name { get; }

    /// <summary>The likelihood per character is reported beside the plain one where the choices differ in length.</summary>
    public virtual IReadOnlyList<ChoiceMetric> Metrics => [ChoiceMetric.Accuracy, ChoiceMetric.NormalisedAccuracy];

    /// <summary>The first examples are taken, in order, and not drawn ones.</summary>
    public virtual bool FirstExamples => false;

    /// <summary>Text before examples and question.</summary>
    public virtual string Description(string subject) => "";

    /// <summary>Names of the split with the questions, in file or folder names, the most specific first.</summary>
    internal abstract IReadOnlyList<string> QuestionSplits { get; }

    /// <summary>Names of the split with the examples.</summary>
    internal virtual IReadOnlyList<string> ExampleSplits => ["train"];

    /// <summary>The benchmark is spread over several files, one a subject.</summary>
    internal virtual bool ManyFiles => false;

    /// <summary>Fields of a CSV file that has no line with their names.</summary>
    internal virtual IReadOnlyList<string>? CsvFields => null;

    /// <summary>The right answers may stand in a file <c>…-labels.lst</c> beside the questions.</summary>
    internal virtual bool HasLabelFile => false;

    /// <exception cref="GraftException">Input, naming file, line and field.</exception>
    internal abstract ChoiceQuestion Read(ChoiceRecord record);
}
