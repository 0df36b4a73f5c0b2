using Grafting.Core.Evaluation.MultipleChoice.Benchmarks;

namespace Grafting.Core.Evaluation.MultipleChoice;

/// <summary>The benchmarks by name; a new one is one more line here.</summary>
public static class ChoiceTasks
{
    public static IReadOnlyList<ChoiceTask> All { get; } =
    [
        new Mmlu(),
        new HellaSwag(),
        new Arc("arc_easy"),
        new Arc("arc_challenge"),
        new Piqa(),
        new BoolQ(),
        new WinoGrande(),
        new OpenBookQa(),
    ];

    public static IEnumerable<string> Names => All.Select(task => task.Name);

    /// <exception cref="GraftException">Usage, listing the names that are known.</exception>
    public static ChoiceTask Find(string name) => All.FirstOrDefault(task => task.Name == name)
        ?? throw Fault.Usage($"{Printable.Quote(name)} is not a known task.", $"Known are {string.Join(", ", Names)}.");

    /// <summary>Tasks and their paths from <c>name=path</c>.</summary>
    /// <param name="option">Where the words come from, for messages.</param>
    /// <exception cref="GraftException">Usage: not of that form, an unknown name, or one that is given twice.</exception>
    public static IReadOnlyDictionary<ChoiceTask, string> Parse(IEnumerable<string> words, string option)
    {
        var paths = new OrderedDictionary<ChoiceTask, string>();
        foreach (var word in words)
        {
            if (word.Split('=', 2) is not [var name, { Length: > 0 } path])
                throw Fault.Usage(
                    $"{option} is {Printable.Quote(word)}; it must be <task>=<file or folder>.", $"E.g. {option} arc_easy=ARC-Easy.");
            if (!paths.TryAdd(Find(name), path)) throw Fault.Usage($"{option} names {name} twice.", "Name each task once.");
        }
        return paths;
    }
}
