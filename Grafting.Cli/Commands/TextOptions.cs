using System.CommandLine;
using Grafting.Core;
using Grafting.Core.Data;
using Grafting.Core.Text;
using Grafting.Recipes.Toy;

namespace Grafting.Cli.Commands;

/// <summary>Which text a language model reads.</summary>
/// <param name="samples">Passages read unless the user says otherwise.</param>
/// <param name="purpose">What the text is for, in the help.</param>
sealed class TextOptions(int samples, string purpose)
{
    readonly Option<string[]> _text = DataOptions.Several(
        $"{purpose}: files or patterns, .txt with paragraphs, or .json/.jsonl with {{\"text\"}}, conversations or messages",
        "scenes in words, for the built-in target",
        "--text");

    readonly Option<int> _samples = new("--samples")
    {
        Description = "Passages drawn from the text",
        HelpName = "N",
        DefaultValueFactory = _ => samples,
    };
    readonly Option<int> _maxLength = new("--max-length")
    {
        Description = "Longest passage in tokens; longer texts go on in further ones",
        HelpName = "N",
        DefaultValueFactory = _ => 512,
    };

    public void AddTo(Command command)
    {
        command.Add(_text);
        command.Add(_samples);
        command.Add(_maxLength);
    }

    public bool IsGiven(ParseResult parsed) => parsed.GetValue(_text) is { Length: > 0 };

    /// <summary>An upper bound, known without reading.</summary>
    public long MostTokens(ParseResult parsed) => (long)parsed.GetValue(_samples) * parsed.GetValue(_maxLength);

    /// <summary>The text in the tokens of a model, and what the user should know of it.</summary>
    /// <param name="model">Folder of the model.</param>
    /// <param name="heldOut">For the built-in target: scenes that no training has seen, instead of those that it was trained on.</param>
    public TextCorpus Load(ParseResult parsed, Session session, string model, bool heldOut, int seed)
    {
        var (passages, length) = (parsed.GetValue(_samples), parsed.GetValue(_maxLength));
        Fault.IfOutside(passages, 1, TextSelection.MostPassages, _samples.Name);
        Fault.IfOutside(length, 2, TextSelection.LongestPassage, _maxLength.Name);
        var tokenizer = Tokenizer.Load(model);
        var selection = new TextSelection(passages, length, (ulong)seed);
        var corpus = TextCorpus.Load(PathsOf(parsed, session, model, heldOut), tokenizer, ChatTemplate.For(tokenizer, model), selection);
        if (corpus.Pictured > 0)
            session.Screen.Warn($"{corpus.Path}: {corpus.Pictured} samples about pictures without a description were left out");
        return corpus;
    }

    string[] PathsOf(ParseResult parsed, Session session, string model, bool heldOut)
    {
        if (parsed.GetValue(_text) is { Length: > 0 } given) return given;
        if (!ToyData.IsFor(model)) throw Fault.Usage($"{model} needs a text to read.", "Give it with --text FILE.");
        var data = ToyData.Ensure(Path.Combine(session.Workspace.Folder, "data", "toy"));
        return [heldOut ? data.Test : data.Text];
    }
}
