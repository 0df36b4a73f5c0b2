using System.CommandLine;
using System.Text.Json;
using Grafting.Cli.Help;
using Grafting.Cli.Rendering;
using Grafting.Core.Imaging;

namespace Grafting.Cli.Commands;

/// <summary><c>graft preprocess</c>.</summary>
sealed class PreprocessCommand : GraftCommand
{
    const int UsualSize = 336;

    readonly Argument<string[]> _images = new("image")
    {
        Description = "Pictures to prepare: JPEG, PNG, WebP, GIF (the first frame) or BMP files",
        Arity = ArgumentArity.OneOrMore,
    };

    readonly Option<string> _outputs = new("--outputs", "-o")
    {
        Description = "safetensors file to write",
        HelpName = "file",
        Required = true,
    };

    readonly Option<string?> _processor = new("--processor", "-p")
    {
        Description = "Checkpoint, bundle or graft folder, or its preprocessor_config.json or processor_config.json [default: CLIP's "
            + "numbers]",
        HelpName = "folder",
    };

    readonly Option<string?> _fit = new("--fit")
    {
        Description = "How pictures become squares: centreCrop (CLIP), padToSquare (LLaVA) or stretch (SigLIP) [default: as the processor "
            + "says, else centreCrop]",
        HelpName = "how",
    };

    readonly Option<int?> _size = new("--size")
    {
        Description = "Side of the squares in pixels [default: as the processor says, else 336]",
        HelpName = "pixels",
    };

    readonly Option<bool> _ignore = new("--ignore-orientation")
    {
        Description = "Leave pictures as stored instead of turning them upright by their EXIF orientation",
    };

    readonly Option<string?> _png = new("--png")
    {
        Description = "Folder that receives every square as a PNG file, too, to be looked at",
        HelpName = "folder",
    };

    public PreprocessCommand() : base(
        "preprocess",
        "Show what a vision tower sees of pictures: decode, turn upright, make square, cut into tiles where the processor does, and write "
            + "pixel_values (float32) with the same as 8-bit pixels into a safetensors file. Pixels are those of Pillow and of Hugging "
            + "Face's Pillow-based processors. Names, digests, codecs and settings go into the file's metadata.",
        new Example("graft preprocess cat.jpg dog.png --outputs pixels.safetensors", "With CLIP's numbers at 336 pixels."),
        new Example(
            "graft preprocess cat.jpg --processor clip-vit-large --outputs pixels.safetensors --png seen",
            "As a checkpoint says, with pictures to look at."),
        new Example("graft preprocess cat.jpg --fit padToSquare --size 224 --outputs pixels.safetensors", "As LLaVA-1.5 pads."))
    {
        _fit.AcceptOnlyFromAmong([.. Enum.GetValues<Fit>().Select(fit => JsonNamingPolicy.CamelCase.ConvertName(fit.ToString()))]);
        Add(_images);
        Add(_outputs);
        Add(_processor);
        Add(_fit);
        Add(_size);
        Add(_ignore);
        Add(_png);
    }

    public override Report Run(ParseResult parsed, Session session)
    {
        var config = parsed.GetValue(_processor) is { } processor ? PreprocessorConfig.Read(processor) : PreprocessorConfig.Clip(UsualSize);
        if (parsed.GetValue(_size) is { } size) config = config.Resized(size);
        if (parsed.GetValue(_fit) is { } fit) config = config.Fitted(Enum.Parse<Fit>(fit, ignoreCase: true));
        if (parsed.GetValue(_ignore)) config = config with { Orientation = ExifOrientation.Ignore };
        var output = parsed.GetRequiredValue(_outputs);
        var made = PixelFile.Write(new PixelRequest(parsed.GetRequiredValue(_images), config, output, parsed.GetValue(_png)));
        return new Report(
            "graft.preprocess/1",
            new
            {
                Outputs = Path.GetFullPath(output),
                made.File.Bytes,
                made.File.Sha256,
                made.Shape,
                made.Pictures,
                made.Codecs,
                Preprocessor = config.ToJson()
            },
            console => PixelTable.Write(console, made, Path.GetFullPath(output)));
    }
}
