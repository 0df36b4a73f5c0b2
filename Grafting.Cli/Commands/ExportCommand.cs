using System.CommandLine;
using System.Text.Json.Nodes;
using Grafting.Cli.Help;
using Grafting.Cli.Rendering;
using Grafting.Core;
using Grafting.Core.Running;
using Grafting.Core.Transfer.Export;
using Grafting.Recipes.Runs;
using static TorchSharp.torch;

namespace Grafting.Cli.Commands;

/// <summary><c>graft export</c>.</summary>
sealed class ExportCommand : GraftCommand
{
    const string Schema = "graft.export/1";

    readonly Argument<string?> _artefact = new("artefact")
    {
        Description = "Graft, or bundle with its target [default: the last graft made]",
        Arity = ArgumentArity.ZeroOrOne,
    };

    readonly Option<string> _format = new("--format", "-f")
    {
        Description = "hf: a LLaVA folder for transformers, vLLM and SGLang; gguf: an mmproj file for llama.cpp; native: graft's own "
            + "files, elsewhere",
        HelpName = "hf|gguf|native",
        DefaultValueFactory = _ => "hf",
    };

    readonly Option<string> _architecture = new("--architecture", "-a")
    {
        Description =
            "With hf: llava, vipllava (for features behind the tower's last norm), or auto: the one that can express the features",
        HelpName = "name",
        DefaultValueFactory = _ => "auto",
    };

    readonly Option<string?> _output = new("--output", "-o")
    {
        Description = "Folder; with gguf a folder or a file that ends in .gguf [default: in the workspace, exports/<artefact>]",
        HelpName = "path",
    };

    readonly Option<string?> _dtype = new("--dtype")
    {
        Description = "Type of tower and projector: float32, bfloat16, float16; with gguf of matrices: float16, float32. The language "
            + "model keeps its own [default: float32; with gguf float16]",
        HelpName = "type",
    };

    readonly Option<bool> _link = new("--link")
    {
        Description = "With hf: share the disk blocks of the target's weights where the file system can, and copy the rest (the default)",
    };

    readonly Option<bool> _copy = new("--copy") { Description = "With hf: copy the target's weights, so that nothing is shared" };

    readonly Option<bool> _reference = new("--reference")
    {
        Description = "With hf: write tower, projector and settings, and refer to the target; only graft can load that",
    };

    readonly Option<string?> _image = new("--image-token")
    {
        Description = "With hf: unused special token of the vocabulary that stands for a picture [default: a known one]",
        HelpName = "token",
    };

    readonly Option<string?> _boundary = new("--boundary-tokens")
    {
        Description = "Two unused special tokens whose embeddings become the vectors before and after a picture [default: with hf "
            + "reserved ones of the vocabulary]",
        HelpName = "start,end",
    };

    readonly Option<bool> _dryRun = new("--dry-run") { Description = "Say what would be written, or why it cannot be, and write nothing" };

    public ExportCommand() : base(
        "export",
        "Write a graft for other programs, exactly or not at all: exit code 3 and the reason where a format cannot say what the encoder "
            + "does. The language model's weights are proved to be the target's, and what was written is read back and compared: the "
            + "embeddings of three pictures, and the logits of a prompt with a picture where the language model fits into memory.",
        new Example(
            "graft export --format hf", "The last graft as a LLaVA or VipLlava folder, sharing the target's blocks where the disk can."),
        new Example("graft export grafts/grafts/toy --format hf --copy --output toy-llava", "A folder that shares nothing."),
        new Example("graft export --format gguf --output models", "Tower and projector as models/mmproj-….gguf for llama.cpp."),
        new Example("graft export --dry-run", "Which class expresses it, with which tokens, and how large it becomes."))
    {
        Add(_artefact);
        Option[] options = [_format, _architecture, _output, _dtype, _link, _copy, _reference, _image, _boundary, _dryRun];
        foreach (var option in options) Add(option);
    }

    public override Report Run(ParseResult parsed, Session session)
    {
        var format = parsed.GetRequiredValue(_format);
        RefuseOptionsOf(parsed, format);
        var source = ExportSource.Open(
            session.Workspace.Resolve(ArtefactKind.Graft, parsed.GetValue(_artefact), "artefact", "graft transfer"));
        var name = Path.GetFileName(Path.TrimEndingDirectorySeparator(source.Folder));
        var output = parsed.GetValue(_output) ?? session.Workspace.NewPath(ArtefactKind.Export, name);
        var plan = parsed.GetValue(_dryRun);
        return format switch
        {
            "hf" => HuggingFace(parsed, session, source, output, plan),
            "gguf" => Gguf(parsed, source, output, plan),
            _ => Native(source, output, plan),
        };
    }

    Report HuggingFace(ParseResult parsed, Session session, ExportSource source, string output, bool plan)
    {
        var mode = Mode(parsed);
        var request = new ExportRequest(
            output, mode == DecoderMode.Link ? "export --format hf" : $"export --format hf --{mode.ToString().ToLowerInvariant()}")
        {
            Architecture = Architecture(parsed),
            DType = DType(parsed, "float32"),
            Decoder = mode,
            ImageToken = parsed.GetValue(_image),
            BoundaryTokens = Boundary(parsed),
            Parts = ExportParts.Of(source),
        };
        var export = plan ? HuggingFaceWriter.Plan(source, request) : HuggingFaceWriter.Write(source, request, session.Screen.Progress);
        if (!plan) session.Workspace.Remember(ArtefactKind.Export, export.Output);
        return new Report(Schema, ExportTable.Content(export, plan), console => ExportTable.Write(console, export));
    }

    Report Gguf(ParseResult parsed, ExportSource source, string output, bool plan)
    {
        var export = Mmproj.Write(source, output, DType(parsed, "float16"), Boundary(parsed), write: !plan);
        return new Report(Schema, ExportTable.Content(export, plan), console => ExportTable.Write(console, export, plan));
    }

    static Report Native(ExportSource source, string output, bool plan)
    {
        if (!plan) NativeCopy.Write(source, output);
        var content = new JsonObject
        {
            ["format"] = "native",
            ["dryRun"] = plan,
            ["output"] = Path.GetFullPath(output),
            ["from"] = Path.GetFullPath(source.Folder),
        };
        return new Report(
            Schema, content,
            console => console.Profile.Out.Writer.WriteLine(
                plan ? "Dry run: nothing was written." : $"export: {Path.GetFullPath(output)}"));
    }

    void RefuseOptionsOf(ParseResult parsed, string format)
    {
        if (format is not ("hf" or "gguf" or "native")) throw Fault.Usage($"--format is '{format}'; it must be hf, gguf or native.");
        Option[] others = format switch
        {
            "hf" => [],
            "gguf" => [_architecture, _link, _copy, _reference, _image],
            _ => [_architecture, _dtype, _link, _copy, _reference, _image, _boundary],
        };
        if (others.FirstOrDefault(option => parsed.GetResult(option) is { Implicit: false }) is { } given)
            throw Fault.Usage($"{given.Name} does not apply to --format {format}.", "Leave it out.");
    }

    LlavaArchitecture? Architecture(ParseResult parsed) => parsed.GetRequiredValue(_architecture) switch
    {
        "auto" => null,
        "llava" => LlavaArchitecture.Llava,
        "vipllava" => LlavaArchitecture.VipLlava,
        var other => throw Fault.Usage($"--architecture is '{other}'; it must be auto, llava or vipllava."),
    };

    DecoderMode Mode(ParseResult parsed)
    {
        var chosen = ((Option<bool> Option, DecoderMode Mode)[])[
            (_link, DecoderMode.Link), (_copy, DecoderMode.Copy), (_reference, DecoderMode.Reference),
        ];
        return chosen.Where(choice => parsed.GetValue(choice.Option)).ToArray() switch
        {
            [] => DecoderMode.Link,
            [var one] => one.Mode,
            var several => throw Fault.Usage(
                $"{string.Join(" and ", several.Select(choice => choice.Option.Name))} exclude each other.", "Give one of them."),
        };
    }

    ScalarType DType(ParseResult parsed, string fallback) => (parsed.GetValue(_dtype) ?? fallback) switch
    {
        "float32" => ScalarType.Float32,
        "bfloat16" => ScalarType.BFloat16,
        "float16" => ScalarType.Float16,
        var other => throw Fault.Usage($"--dtype is '{other}'; it must be float32, bfloat16 or float16."),
    };

    (string Start, string End)? Boundary(ParseResult parsed) => parsed.GetValue(_boundary) switch
    {
        null => null,
        var text => text.Split(',') is [{ Length: > 0 } start, { Length: > 0 } end] && start != end
            ? (start, end)
            : throw Fault.Usage($"--boundary-tokens is '{text}'; two different tokens with a comma between them were expected."),
    };
}
