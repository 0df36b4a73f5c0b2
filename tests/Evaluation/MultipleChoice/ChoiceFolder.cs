using Grafting.Core.Evaluation.MultipleChoice;
using Grafting.Tests.Support;

namespace Grafting.Tests.Evaluation.MultipleChoice;

/// <summary>Files of a benchmark in a folder of their own, and what is made of them.</summary>
sealed class ChoiceFolder : IDisposable
{
    readonly TempFolder _folder = new();

    public string Path => _folder.Path;

    public string this[string name] => _folder[name];

    /// <param name="lines">Joined by line breaks.</param>
    public string Write(string name, params string[] lines) => _folder.Write(name, string.Join('\n', lines) + "\n");

    public ChoiceTest Load(string task, string? path = null, string? examples = null, int shots = 0, int? limit = null, ulong seed = 1) =>
        ChoiceTest.Load(ChoiceTasks.Find(task), path ?? Path, examples, shots, limit, seed);

    /// <summary>The only question of a file with these lines.</summary>
    public static (
        ChoiceQuestion Question, string[] Contexts, string[] Continuations) Single(string task, string name, params string[] lines)
    {
        using var folder = new ChoiceFolder();
        var test = folder.Load(task, folder.Write(name, lines));
        Assert.That(test.Questions, Has.Count.EqualTo(1));
        var texts = test.Texts(0).ToList();
        return (test.Questions[0], [.. texts.Select(text => text.Context)], [.. texts.Select(text => text.Continuation)]);
    }

    public void Dispose() => _folder.Dispose();
}
