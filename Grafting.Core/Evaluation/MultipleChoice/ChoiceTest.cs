namespace Grafting.Core.Evaluation.MultipleChoice;

/// <summary>A benchmark's questions, ready to be put.</summary>
/// <param name="Files">Where the questions come from.</param>
/// <param name="Questions">In the order of the files.</param>
/// <param name="Examples">What stands before each.</param>
public sealed record ChoiceTest(
    ChoiceTask Task, IReadOnlyList<string> Files, IReadOnlyList<ChoiceQuestion> Questions, ChoiceExamples Examples)
{
    /// <param name="path">A file, or a folder as the benchmark's publisher lays it out.</param>
    /// <param name="examples">The same for the examples; null for the split that the harness takes, in the folder of the questions.</param>
    /// <param name="shots">Examples before each question.</param>
    /// <param name="limit">So many questions, of each subject where there are subjects; null for all.</param>
    /// <param name="seed">Of the drawn examples.</param>
    /// <exception cref="GraftException">
    /// Usage: a number out of range. Input: no such file, a malformed record, a split without answers, or fewer examples than wanted.
    /// </exception>
    public static ChoiceTest Load(ChoiceTask task, string path, string? examples, int shots, int? limit, ulong seed)
    {
        Fault.IfOutside(shots, 0, 1000);
        Fault.IfOutside(limit ?? 1, 1, int.MaxValue, nameof(limit));
        var files = ChoiceFiles.Require(path, task.QuestionSplits, task.ManyFiles);
        ChoiceQuestion[] questions = [.. files.SelectMany(file => ChoiceReader.Read(task, file))];
        if (limit is { } most)
        {
            var taken = new Dictionary<string, int>(StringComparer.Ordinal);
            questions = [.. questions.Where(question => (taken[question.Subject] = taken.GetValueOrDefault(question.Subject) + 1) <= most)];
        }
        var pool = shots == 0 ? [] : ExampleFiles(task, path, examples).SelectMany(file => ChoiceReader.Read(task, file));
        var chosen = new ChoiceExamples(pool, shots, task.FirstExamples, seed);
        foreach (var question in questions.DistinctBy(question => question.Subject)) chosen.Require(question);
        return new ChoiceTest(task, files, questions, chosen);
    }

    /// <summary>Context and continuation of every choice of a question, as the model reads them.</summary>
    /// <param name="index">Of the question.</param>
    public IEnumerable<(string Context, string Continuation)> Texts(int index)
    {
        var question = Questions[index];
        var examples = string.Concat(Examples.For(question, index).Select(example => example.AsExample));
        return question.Texts(Task.Description(question.Subject) + examples);
    }

    static IReadOnlyList<string> ExampleFiles(ChoiceTask task, string path, string? examples)
    {
        if (examples is not null) return ChoiceFiles.Require(examples, task.ExampleSplits, task.ManyFiles);
        // The published layouts keep the splits of one file either beside it or in a folder beside its own.
        var folder = Directory.Exists(path) ? path : Path.GetDirectoryName(Path.GetFullPath(path))!;
        if (ChoiceFiles.Find(folder, task.ExampleSplits, task.ManyFiles) is { Count: > 0 } beside) return beside;
        var above = Directory.Exists(path) ? null : Path.GetDirectoryName(folder);
        if (above is not null && ChoiceFiles.Find(above, task.ExampleSplits, task.ManyFiles) is { Count: > 0 } found) return found;
        throw Fault.Input(
            $"{task.Name}: {folder} has no examples: no file of the split {string.Join(" or ", task.ExampleSplits)}.",
            "Name their file or folder, or ask without examples.");
    }
}
