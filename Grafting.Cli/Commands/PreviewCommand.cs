using System.CommandLine;
using Grafting.Cli.Help;
using Grafting.Cli.Rendering;
using Grafting.Core;
using Grafting.Core.Reporting.Preview;
using Grafting.Core.Text;
using Grafting.Core.Transfer;

namespace Grafting.Cli.Commands;

/// <summary><c>graft preview</c>.</summary>
sealed class PreviewCommand : GraftCommand
{
    readonly Argument<string[]> _data = DataOptions.Required("data");
    readonly Option<string> _model = new("--model", "--surrogate", "-m")
    {
        Description = "Folder with the tokenizer and the chat template",
        HelpName = "folder",
        Required = true,
    };
    readonly Option<string?> _images = DataOptions.Images();

    readonly Option<string> _template = new("--template")
    {
        Description = "Chat template: clean, own (the model's), or a Jinja file",
        HelpName = "template",
        DefaultValueFactory = _ => ChatTemplate.CleanName,
    };

    readonly Option<int> _samples = new("--samples", "-n")
    {
        Description = "Samples to show, with their pictures",
        HelpName = "N",
        DefaultValueFactory = _ => 5,
    };

    readonly Option<int> _check = new("--check")
    {
        Description = "Samples to check, with their pictures",
        HelpName = "N",
        DefaultValueFactory = _ => 1000,
    };

    readonly Option<bool> _all = new("--all") { Description = "Check all samples" };

    readonly Option<string?> _encoder = new("--encoder")
    {
        Description = "Bundle or graft whose pictures are counted: how many positions each takes",
        HelpName = "folder",
    };

    readonly Option<int?> _imageTokens = new("--image-tokens")
    {
        Description = "Positions that a picture takes [default: those of --encoder, else 1]",
        HelpName = "N",
    };

    readonly Option<int?> _maxLength = new("--max-length")
    {
        Description = "Longest conversation in positions [default: no limit]",
        HelpName = "N",
    };
    readonly Option<string?> _html = new("--html") { Description = "Also write the preview as one HTML file", HelpName = "file" };

    public PreviewCommand() : base(
        "preview",
        "Show samples as a model reads them in training: every token, and which are labels. Warns of samples with nothing to learn from, "
            + "cut conversations and pictures, placeholders that do not match the pictures, repeated samples and blank pictures.",
        new Example(
            "graft preview train.json --model grafts/surrogates/toy-6",
            "The first samples, labels in colour, and what is wrong with the file."),
        new Example(
            "graft preview train.json --model llama8b --template own --image-tokens 577 --max-length 4096 --all --html preview.html",
            "With the model's own template, the whole file; also as a page."))
    {
        Add(_data);
        Option[] options = [_model, _images, _template, _samples, _check, _all, _encoder, _imageTokens, _maxLength, _html];
        foreach (var option in options) Add(option);
    }

    public override Report Run(ParseResult parsed, Session session)
    {
        var request = new PreviewRequest(
            parsed.GetRequiredValue(_data), parsed.GetValue(_images), parsed.GetRequiredValue(_model), parsed.GetRequiredValue(_template),
            parsed.GetValue(_samples), Checked(parsed), ImageTokens(parsed), parsed.GetValue(_maxLength));
        var preview = DataPreview.Of(request, session.Screen.Progress);
        var html = parsed.GetValue(_html);
        if (html is not null) PreviewPage.Write(html, preview);
        var content = new
        {
            preview.Data,
            preview.Template,
            preview.Usable,
            preview.Checked,
            preview.Pictures,
            preview.ImageTokens,
            preview.Positions,
            preview.Labels,
            preview.Counts,
            preview.Warnings,
            Samples = preview.Samples.Select(sample => new { sample.Id, sample.Positions, sample.Labels, sample.Tokens }),
            Html = html,
        };
        return new Report("graft.preview/1", content, console => PreviewText.Write(console, preview));
    }

    int? Checked(ParseResult parsed)
    {
        if (!parsed.GetValue(_all)) return parsed.GetValue(_check);
        return parsed.GetResult(_check) is not { Implicit: false }
            ? null
            : throw Fault.Usage("--all and --check exclude each other.", "Give one of them.");
    }

    int ImageTokens(ParseResult parsed)
    {
        if (parsed.GetValue(_encoder) is not { } folder) return parsed.GetValue(_imageTokens) ?? 1;
        return parsed.GetValue(_imageTokens) is null
            ? EncoderFiles.PicturePositions(folder)
            : throw Fault.Usage("--encoder and --image-tokens exclude each other.", "Give one of them.");
    }
}
