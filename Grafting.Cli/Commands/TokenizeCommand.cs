using System.CommandLine;
using Grafting.Cli.Help;
using Grafting.Cli.Rendering;
using Grafting.Core;
using Grafting.Core.Text;
using Grafting.Recipes;

namespace Grafting.Cli.Commands;

/// <summary><c>graft tokenize</c>.</summary>
sealed class TokenizeCommand : GraftCommand
{
    readonly Argument<string[]> _text = new("text")
    {
        Description = "Text to cut, or with --decode the ids; several words are joined by blanks; - reads it from standard input",
        Arity = ArgumentArity.ZeroOrMore,
    };

    readonly Option<string> _model = new("--model", "-m")
    {
        Description = "Whose tokens: a model folder, a file (tokenizer.json, tokenizer.model, *.tiktoken, vocab.json), a name from 'graft "
            + "targets', or org/name in the local Hugging Face cache",
        HelpName = "model",
        Required = true,
    };

    readonly Option<string?> _file = new("--file", "-f") { Description = "Instead of the text: a file that holds it", HelpName = "file" };
    readonly Option<bool> _decode = new("--decode") { Description = "The other way round: from ids to text" };
    readonly Option<bool> _plain = new("--no-special")
    {
        Description = "Without the tokens that the tokenizer puts around a text; with --decode, without any special token",
    };

    public TokenizeCommand() : base(
        "tokenize",
        "Show how a model's tokenizer cuts a text: the id of every token, its spelling, and the stretch of the text that it stands for "
            + "(first character and the one behind the last, in UTF-16 units).",
        new Example("graft tokenize --model toy \"a red circle\"", "The tokens of the built-in target."),
        new Example("graft tokenize --model llama8b --file notes.txt --json", "A whole file, for a program."),
        new Example("graft tokenize --model llama8b --decode 9906 1917", "The text behind ids."))
    {
        Add(_text);
        Option[] options = [_model, _file, _decode, _plain];
        foreach (var option in options) Add(option);
    }

    public override Report Run(ParseResult parsed, Session session)
    {
        var text = Text(parsed, session);
        var folder = Folder(parsed.GetRequiredValue(_model), session);
        var tokenizer = Tokenizer.Load(folder);
        var plain = parsed.GetValue(_plain);
        if (parsed.GetValue(_decode))
        {
            var ids = TokenizedText.ReadIds(text, tokenizer);
            var decoded = tokenizer.Decode(ids, skipSpecialTokens: plain);
            return new Report(
                "graft.tokenize/1", new { Model = folder, Count = ids.Length, Ids = ids, Text = decoded }, console =>
                    console.Profile.Out.Writer.WriteLine(decoded));
        }

        var tokenized = TokenizedText.Of(tokenizer, text, addSpecialTokens: !plain);
        return new Report(
            "graft.tokenize/1", new { Model = folder, tokenized.Tokens.Count, tokenized.Tokens }, console =>
                TokenList.Write(console, tokenized));
    }

    string Text(ParseResult parsed, Session session)
    {
        var (words, file) = (parsed.GetValue(_text) ?? [], parsed.GetValue(_file));
        if ((words.Length == 0) == (file is null))
            throw Fault.Usage("tokenize needs a text or --file, and not both.", "E.g. graft tokenize --model toy \"a red circle\".");
        if (file is not null) return TokenizedText.ReadFile(file);
        return words is ["-"] ? session.Host.Input.ReadToEnd() : string.Join(' ', words);
    }

    /// <summary>A folder or file needs no more than its tokenizer; a name is looked up as that of a target.</summary>
    static string Folder(string model, Session session) =>
        Path.Exists(model) ? model : new TargetResolver(session.Host.Variable, AppContext.BaseDirectory).Find(model).RequireFolder();
}
