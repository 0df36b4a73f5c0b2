using System.CommandLine;
using System.CommandLine.Help;
using Grafting.Cli.Commands;
using Grafting.Cli.Errors;
using Grafting.Cli.Help;
using Grafting.Cli.Rendering;
using Grafting.Core.Running;

namespace Grafting.Cli;

/// <summary>
/// From arguments to an exit code: parses, runs the command, and turns every end into the words and codes of the contract.
/// </summary>
/// <param name="more">Commands beside those of the product; tests add one that fails.</param>
sealed class CommandLine(CliHost host, params GraftCommand[] more)
{
    readonly GlobalOptions _options = new();

    /// <summary>Words that begin with @ are prompts and paths, not files of arguments.</summary>
    public static ParserConfiguration Parsing { get; } = new() { ResponseFileTokenReplacer = null };

    public int Run(IReadOnlyList<string> arguments)
    {
        var parsed = BuildRoot().Parse(arguments, Parsing);
        var verbosity = _options.VerbosityOf(parsed);
        using var screen = new Screen(host, verbosity);
        using var signals = new Signals(host.Stop, screen.Warn, code => Leave(code, screen), host.Clock);
        if (host.Exit is not null) signals.Listen();
        try
        {
            if (UsageHelp.Complaint(parsed, arguments) is { } complaint) return End(screen, complaint);
            if (parsed is { Action: not HelpPageAction, CommandResult.Command: GraftCommand command })
            {
                var report = command.Run(parsed, new Session(host, screen, WorkspaceFor(parsed)));
                screen.Show(report);
                return report.ExitCode;
            }

            return parsed.Invoke(new InvocationConfiguration
            {
                Output = host.Output,
                Error = host.Error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            });
        }
#pragma warning disable CA1031 // the outermost frame: whatever comes here must end in an exit code and one document
        catch (Exception e)
#pragma warning restore CA1031
        {
            var failure = ErrorMap.Explain(e, signals.ExitCode) ?? Unexpected(e, arguments);
            if (verbosity.Verbose) host.Error.WriteLine(e);
            return End(screen, failure);
        }
    }

    /// <summary>The whole tree of commands; tests compare it with its approved text.</summary>
    public RootCommand BuildRoot()
    {
        var root = new RootCommand("graft trains a vision encoder on a small surrogate of a large language model and plugs it into the "
            + "large one, untrained (zero-shot vision-encoder grafting, arXiv 2505.22664).");
        _options.AddTo(root);
        root.Add(new TargetsCommand());
        root.Add(new AnalyzeCommand());
        root.Add(new BuildSurrogateCommand());
        root.Add(new PlanCommand());
        root.Add(new RecipesCommand());
        root.Add(new TrainEncoderCommand());
        root.Add(new TransferCommand());
        root.Add(new MergeCommand());
        root.Add(new ExportCommand());
        root.Add(new ImportCommand());
        root.Add(new EvaluateCommand());
        root.Add(new ChatCommand());
        root.Add(new RenderCommand());
        root.Add(new PreviewCommand());
        root.Add(new PreprocessCommand());
        root.Add(new CostCommand());
        root.Add(new TokenizeCommand());
        root.Add(new VerifyCommand());
        root.Add(new InspectCommand());
        root.Add(new ForwardCommand());
        root.Add(new DemoCommand());
        root.Add(new PretrainToyCommand());
        root.Add(new DebugCommand());
        root.Add(new StudyCommand());
        root.Add(new DoctorCommand());
        root.Add(new CompletionsCommand());
        root.Add(new HelpCommand(root));
        foreach (var command in more) root.Add(command);

        root.Action = new HelpPageAction(host, _options, asked: false);
        // The built-in ones also answer to -?, /? and /h, and write text only.
        foreach (var builtIn in root.Options.Where(o => o is HelpOption or VersionOption).ToArray()) root.Options.Remove(builtIn);
        root.Add(new HelpOption("--help", "-h")
        {
            Description = "Explain the command, with its options, their defaults, and examples",
            Action = new HelpPageAction(host, _options, asked: true),
        });
        root.Add(new Option<bool>("--version") { Description = "Print the version", Action = new VersionAction(host, _options) });
        return root;
    }

    Workspace WorkspaceFor(ParseResult parsed) =>
        new(parsed.GetValue(_options.Workspace) ?? (host.Variable("GRAFT_WORKSPACE") is { Length: > 0 } folder ? folder : "grafts"));

    static int End(Screen screen, Failure failure)
    {
        screen.Fail(failure);
        return failure.Code;
    }

    void Leave(int code, Screen screen)
    {
        screen.Fail(new Failure(code, "interrupted", "Interrupted before anything could be saved."));
        host.Exit?.Invoke(code);
    }

    Failure Unexpected(Exception exception, IReadOnlyList<string> arguments)
    {
        var log = FailureLog.Write(exception, arguments, host);
        return new Failure(
            ExitCodes.Unexpected,
            "unexpected",
            $"{exception.GetType().Name}: {exception.Message}",
            "This is a defect of graft. " + (log is null
                ? "No log could be written; --verbose prints the details."
                : $"Please report it with the details in {log}."));
    }
}
