using System.CommandLine;
using System.Text.Json.Nodes;
using Grafting.Cli.Rendering;
using Grafting.Core;
using Grafting.Core.Data;
using Grafting.Core.Evaluation;
using Grafting.Core.Imaging;
using Grafting.Core.Models.Generation;
using Grafting.Core.Running;
using Grafting.Core.Text;
using Grafting.Core.Training;
using Grafting.Core.Transfer;
using Example = Grafting.Cli.Help.Example;

namespace Grafting.Cli.Commands;

/// <summary><c>graft chat</c>.</summary>
sealed class ChatCommand : GraftCommand
{
    readonly Argument<string> _question = new("question") { Description = "What to ask" };
    readonly Option<string[]> _image = new("--image", "-i")
    {
        Description = "Picture that the question is about. May be given several times",
        HelpName = "file",
    };
    readonly Option<string?> _graft = new("--graft", "-g")
    {
        Description = "Graft to ask [default: the last one made]",
        HelpName = "folder",
    };
    readonly Option<int> _tokens = new("--max-tokens")
    {
        Description = "Longest answer in tokens",
        HelpName = "N",
        DefaultValueFactory = _ => 256,
    };
    readonly Option<double> _temperature = new("--temperature")
    {
        Description = "0 takes the most likely token each time; above 0 draws",
        HelpName = "T",
        DefaultValueFactory = _ => 0,
    };
    readonly Option<double> _topP = new("--top-p")
    {
        Description = "Draw only from the most likely tokens that together reach this probability",
        HelpName = "P",
        DefaultValueFactory = _ => 1,
    };
    readonly Option<int> _seed = new("--seed") { Description = "Seed of the draws", HelpName = "N", DefaultValueFactory = _ => 1 };
    readonly DeviceOptions _device = new();

    public ChatCommand() : base(
        "chat",
        "Ask a graft about pictures.",
        new Example("graft chat --image x.png \"What colour is the circle?\"", "Asks the last graft."),
        new Example("graft chat --image x.png --image y.png \"Which of them has a circle?\"", "Shows two pictures."),
        new Example(
            "graft chat --image x.png --temperature 0.7 --seed 3 \"Is there a red circle?\"",
            "Draws the answer instead of taking the likeliest."))
    {
        Add(_question);
        Option[] options = [_image, _graft, _tokens, _temperature, _topP, _seed];
        foreach (var option in options) Add(option);
        _device.AddTo(this);
    }

    public override Report Run(ParseResult parsed, Session session)
    {
        var graft = GraftArtefact.Open(session.Workspace.Resolve(ArtefactKind.Graft, parsed.GetValue(_graft), "--graft", "graft transfer"));
        var sampling = new Sampling(parsed.GetValue(_temperature), parsed.GetValue(_topP), (ulong)parsed.GetValue(_seed)).Validate();
        var (device, type) = (_device.Device(parsed), _device.DType(parsed));
        var images = parsed.GetValue(_image) ?? [];
        // A picture that cannot be read should not wait for a large model to load.
        foreach (var image in images) ImageReader.Read(image);
        var question = parsed.GetRequiredValue(_question);
        var turn = Ask(question, images);
        var tokenizer = Tokenizer.Load(graft.Model);
        using var decoder = graft.LoadTarget(device, type);
        using var encoder = graft.LoadEncoder(device, type);
        var pictures = new PictureCache(new ImagePreprocessor(EncoderFiles.Preprocessing(graft.Folder, graft.Encoder)));
        var examinee = new Examinee(
            new TrainingModel(decoder, encoder, []), tokenizer, graft.Encoder.ChatTemplate(graft.Model), pictures,
            graft.Encoder.ImagePrompt);

        var answer = examinee.Reply([turn], images, parsed.GetValue(_tokens), sampling);
        var content = new JsonObject
        {
            ["graft"] = graft.Folder,
            ["images"] = new JsonArray([.. images.Select(image => JsonValue.Create(image))]),
            ["question"] = question,
            ["answer"] = answer,
        };
        return new Report("graft.chat/2", content, console => console.Profile.Out.Writer.WriteLine(answer));
    }

    /// <summary>Pictures stand before the question unless it says itself where.</summary>
    static Turn Ask(string question, string[] images)
    {
        var turn = new Turn(Role.User, question);
        if (turn.Pictures == 0) return new Turn(Role.User, string.Concat(images.Select(_ => $"{Turn.ImageMark}\n")) + question);
        return turn.Pictures == images.Length ? turn : throw Fault.Usage(
            $"the question has {turn.Pictures} marks {Turn.ImageMark} and there are {images.Length} pictures.",
            "Give --image once for each mark, or leave the marks out: the pictures then stand before the question.");
    }
}
