using System.CommandLine;
using Grafting.Cli.Help;
using Grafting.Cli.Rendering;
using Grafting.Core.Text.Templates;

namespace Grafting.Cli.Commands;

/// <summary><c>graft render</c>.</summary>
sealed class RenderCommand : GraftCommand
{
    readonly Argument<string> _chat = new("chat")
    {
        Description = "JSON file with messages: a list of {\"role\", \"content\"}, or an object that holds it as \"messages\", with what "
            + "else the template reads",
    };

    readonly Option<string> _model = new("--model", "-m")
    {
        Description = "Folder whose chat template and tokens are used",
        HelpName = "folder",
        Required = true,
    };
    readonly Option<string?> _template = new("--template") { Description = "Another template, in Jinja", HelpName = "file" };
    readonly Option<bool> _prompt = new("--add-generation-prompt")
    {
        Description = "Open the assistant's turn at the end, for a model to answer",
    };

    public RenderCommand() : base(
        "render",
        "Write a conversation as a model's chat template has it, to the letter. With --json also its tokens, and which of them are labels "
            + "in training.",
        new Example("graft render chat.json --model llama8b --add-generation-prompt", "What the model reads before it answers."),
        new Example(
            "graft render chat.json --model llama8b --template my.jinja --json",
            "With a template of your own; text, tokens and labels in one document."))
    {
        Add(_chat);
        Option[] options = [_model, _template, _prompt];
        foreach (var option in options) Add(option);
    }

    public override Report Run(ParseResult parsed, Session session)
    {
        var rendered = RenderedConversation.Of(
            parsed.GetRequiredValue(_chat), parsed.GetRequiredValue(_model), parsed.GetValue(_template), parsed.GetValue(_prompt));
        return new Report("graft.render/1", rendered, console => console.Profile.Out.Writer.WriteLine(rendered.Text));
    }
}
