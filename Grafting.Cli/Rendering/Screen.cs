using Grafting.Cli.Errors;
using Spectre.Console;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Grafting.Cli.Rendering;

/// <summary>
/// Where a command's words go: the result to standard output, once; everything else to standard error. With <c>--json</c> the result is
/// exactly one JSON document, whatever happens.
/// </summary>
sealed class Screen : IDisposable
{
    static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    readonly CliHost _host;
    readonly Verbosity _verbosity;
    int _finished;

    public Screen(CliHost host, Verbosity verbosity)
    {
        (_host, _verbosity) = (host, verbosity);
        Progress = new ProgressDisplay(verbosity.Quiet ? TextWriter.Null : host.Error, host.ErrorTerminal, host.Clock);
    }

    public ProgressDisplay Progress { get; }

    /// <summary>What happens, for those who watch; silent with <c>--quiet</c>.</summary>
    public void Say(string text)
    {
        if (!_verbosity.Quiet) Progress.WriteBetween(_ => _host.Error.WriteLine(text));
    }

    /// <summary>Only with <c>--verbose</c>.</summary>
    public void Detail(string text)
    {
        if (_verbosity.Verbose) Progress.WriteBetween(_ => _host.Error.WriteLine(text));
    }

    public void Warn(string text) => Progress.WriteBetween(_ => _host.Error.WriteLine($"{Paint("warning:", "33")} {text}"));

    /// <summary>Writes the result; only the first result or failure of a run is written.</summary>
    public void Show(Report report)
    {
        if (Interlocked.Exchange(ref _finished, 1) != 0) return;
        Progress.Dispose();
        if (_verbosity.Json) WriteJson(report.ToJson());
        else report.Render(ConsoleOf(_host.Output, _host.OutputTerminal));
        _host.Output.Flush();
    }

    public void Fail(Failure failure)
    {
        if (Interlocked.Exchange(ref _finished, 1) != 0) return;
        Progress.Dispose();
        if (_verbosity.Json) WriteJson(failure.ToJson());
        _host.Error.WriteLine($"{Paint(failure.Code == ExitCodes.Stopped ? "stopped:" : "error:", "31")} {failure.Message}");
        if (failure.Remedy is { } remedy) _host.Error.WriteLine($"  {remedy}");
        _host.Output.Flush();
    }

    public void Dispose() => Progress.Dispose();

    void WriteJson(JsonObject document) => _host.Output.WriteLine(document.ToJsonString(Readable));

    string Paint(string text, string code) => _host.ErrorTerminal.Colour ? $"\u001b[{code}m{text}\u001b[0m" : text;

    static IAnsiConsole ConsoleOf(TextWriter writer, Terminal terminal)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = terminal.Colour ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = terminal.Colour ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(writer),
        });
        console.Profile.Width = terminal.Width;
        return console;
    }
}

/// <param name="Json">The result as one JSON document on standard output.</param>
/// <param name="Verbose">Details, and stack traces of unexpected failures.</param>
/// <param name="Quiet">No progress and no notes; warnings and errors remain.</param>
sealed record Verbosity(bool Json, bool Verbose, bool Quiet);
